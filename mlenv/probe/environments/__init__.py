"""Python environments: one subject a file, and ``environment`` puts them together."""
