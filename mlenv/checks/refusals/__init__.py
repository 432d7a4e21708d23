"""Why an installer found nothing that fits: the refusal put together, and the fact that decides."""
