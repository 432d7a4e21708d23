"""What of a diagnosis can be mended in the user's own environment, and how; pure.

A mending is a change of what the environment is asked to hold.  The installer then makes it anew beside
the old one and proves it; what needs root, a restart or other hardware is never a mending.
"""
