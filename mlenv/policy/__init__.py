"""Policies: what an organisation demands of a machine and its environments, as data.

``read`` makes a value of the file, ``judge`` holds facts and results to it rule by rule, ``waivers``
lays accepted failures over them, ``explain`` says it in words and ``draft`` writes one from a
machine at hand.  Everything but opening the file is pure.
"""
