"""What works with what: the rows of ``compat_matrix/`` as typed values, loaded by one door."""
