"""Python interpreters, package managers, and where these take packages from."""
