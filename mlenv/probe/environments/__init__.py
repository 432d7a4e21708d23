"""The parts of an environment's reading: one subject a file.  :mod:`mlenv.probe.environment` puts them together."""
