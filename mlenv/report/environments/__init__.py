"""Environments for reading: their generations, one of them in full, and what changed between two."""
