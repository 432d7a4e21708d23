"""mlenv as one file: what it carries, how it is made, and how it begins on a machine with nothing but a Python."""
