"""Diagnosis: a registry of checks, one file per subject.

A check is a pure function of a :class:`~mlenv.checks.registry.Case` and the matrix; it yields
findings and never touches the world.
"""
