"""What single words of people and programs mean: systems, versions, Pythons, GPUs, sizes; all pure."""
