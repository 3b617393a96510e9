"""Turns a study into a draft report whose every sentence can be walked back to pixels."""
