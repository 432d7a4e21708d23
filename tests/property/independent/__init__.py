"""A checker of plans that shares no code with the resolver.

It reads ``compat_matrix/`` and machine files itself, with the standard library and ``packaging``
alone, and knows the rules from the docstrings of the rows and from ``docs/resolver.md``.
"""
