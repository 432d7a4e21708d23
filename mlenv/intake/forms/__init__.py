"""Readers of foreign reports, one per form; all pure."""
