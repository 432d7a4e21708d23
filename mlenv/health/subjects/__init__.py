"""The judgements, one file per subject; each function yields signals with the same id."""
