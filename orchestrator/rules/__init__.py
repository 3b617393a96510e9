"""Tables of rules with source and version, and the code that applies them. No model takes part."""
