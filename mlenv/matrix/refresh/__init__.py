"""The data brought up to date: what the sources list now, laid into the rows.

Every function here takes what was read as a value and gives new rows back; what was read by hand
(GPU code, ceilings, constraints, notes) is never overwritten by what a listing cannot know.
"""
