"""What the checks know of language: a lexicon, the scope of negation, and the claims of a sentence."""
