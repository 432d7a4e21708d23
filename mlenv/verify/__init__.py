"""Proof that an environment works: one child process of it per framework.

``runner`` starts the children, ``payloads`` is what runs inside them with nothing of mlenv
installed, ``judge`` turns how a child ended into results.
"""
