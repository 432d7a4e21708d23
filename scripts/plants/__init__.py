"""Faults that are planted into environments, and what `mlenv verify` must say of each."""
