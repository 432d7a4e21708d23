"""The compatibility matrix for reading: tables, verdicts with the rows behind them, differences."""
