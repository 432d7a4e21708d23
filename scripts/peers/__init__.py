"""What ``compare_peers.py`` is made of: described machines, stand-ins, the tools, the judge, the table."""
