"""Many machines' reports read as one: what is wrong where, and which machine is not like the others.

Reports are read one after the other, of each only what is needed here is decoded, and little of it is kept;
so ten thousand reports need no more than the sum of their verdicts.  Nothing here asks a machine anything.
"""
