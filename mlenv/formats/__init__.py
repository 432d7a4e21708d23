"""Texts of other programs as facts: one file per format, and every parser pure.

The probe reads them from the programs that it starts, an intake from what somebody pasted.
A ``parse_`` function takes the text and never raises: what is not of its form is left out, and
where nothing is of its form the answer is empty.  What the text does not say stays unknown.
"""
