"""Stands on this machine's loopback address: a package index that misbehaves, tiny packages, a proxy."""
