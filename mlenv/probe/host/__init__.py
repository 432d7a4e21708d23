"""The host: hardware, system software, kernel, containers, and libraries outside of Python."""
