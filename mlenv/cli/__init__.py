"""The command line: one file per command; a command's file is imported when it is called.

``group`` is where click reads the words.  What a command does with them needs no click: it stands
in a file of its own where the plain call of the command has to be quick (``plain``).
"""
