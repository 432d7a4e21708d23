"""Scripts that run in a child process: what loads a vendor library or takes long.

Each has a ``main`` that prints one line, ``mlenv-<name>:`` and JSON, and ends with status 0
whatever it found.  They import next to nothing, so that a child costs little more than a Python.
"""
