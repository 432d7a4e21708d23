"""How a check ends where it does not pass."""


class Failure(Exception):  # noqa: N818 - a verdict, not an error
    """A check's own verdict; ``reason`` is a slug, the text is for people."""

    def __init__(self, reason, detail):
        super().__init__(detail)
        self.reason = reason


class Skipped(Exception):  # noqa: N818 - a verdict, not an error
    """The check does not concern this environment; the text says why."""


class Stopped(Exception):  # noqa: N818 - a verdict, not an error
    """A check did not pass and is noted: what comes after it would only repeat the fault."""


def misplaced(asked, found):
    """The failure of a computation that ran elsewhere than on the device that was asked for."""
    if found.lower().startswith("cpu"):
        return Failure("cpu-fallback", f"silently computed on the CPU: {asked} was asked for")
    return Failure("wrong-device", f"computed on {found} where {asked} was asked for")
