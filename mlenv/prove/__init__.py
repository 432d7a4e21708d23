"""Whether a plan holds: the package resolver says so, or names what clashes."""
