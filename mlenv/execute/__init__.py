"""Acting on the world: an environment is built beside the old one, proven, and switched in.

An environment path (``.venv``) is a link to a *generation*, a folder of its own beside it
(``.venv.generations/3``).  What was there before stays untouched until the link moves, and the
link moves in one atomic step.
"""
