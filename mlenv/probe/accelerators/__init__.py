"""Accelerators of every vendor: a reader for each source, and one list out of all of them."""
