"""The forms of a plan: scripts and files that other tools read.  Each is a pure function of a sheet."""
