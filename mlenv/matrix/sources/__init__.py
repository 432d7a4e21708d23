"""Readers of public sources, one module per source; only ``mlenv matrix update`` loads them."""
