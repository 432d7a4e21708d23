"""Everything that a plan needs, in one folder or archive, for a machine without network."""
