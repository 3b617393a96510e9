"""How well identity is kept out: free text and burned-in text, measured on made-up notes and drawn names."""
