"""Whether an environment is in order, as its files show it: nothing of it is imported or run."""
