"""A plan is data before it is action: what is shown is what is run."""
