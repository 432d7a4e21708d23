"""The doors to the world: processes, files, the network, the clock.

Only the probe, the executor, the verifier, the matrix sources, the supply and the command line
come through here.
"""
