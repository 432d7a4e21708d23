"""What payloads of PyTorch and of those that build on it share."""
