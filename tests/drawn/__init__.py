"""Drawings of radiographs with known ground truth, for the tests and the demonstration."""
