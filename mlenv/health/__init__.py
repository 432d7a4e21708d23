"""The health of GPUs as signals: a machine and the rows of ``health.toml`` in, judgements out; pure."""
