"""mlenv takes a machine from bare to a proven machine-learning environment."""

__version__ = "0.1.0"
