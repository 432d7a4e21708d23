"""What the texts of frameworks, drivers and installers say: signatures of messages, by subject.

A clue is what a message states, not yet its cause: the same message has different causes on different
machines, and the checks put the two together.
"""
