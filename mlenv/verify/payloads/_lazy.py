"""Siblings that only a deeper level needs, without cost for the others."""

import importlib
import sys


def load(name):
    """A sibling module; nothing is written beside mlenv's own files, by whatever Python this is."""
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return importlib.import_module("." + name, __package__)
    finally:
        sys.dont_write_bytecode = written
