"""The plain calls of ``probe`` and ``doctor``, which need no reading of options.

Scripts and people call these two most, and loading click takes a fifth of such a call.  What is not
understood here is click's to read: the words below mean exactly what they mean there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlenv.cli.settings import DataOptions, OutputOptions, ProbeOptions

SWITCHES = {"-q": "quiet", "--quiet": "quiet", "-v": "verbose", "--verbose": "verbose", "--no-color": "no_color"}
FORMS = ("text", "json")


def find_plain_call(words: Sequence[str], environ: Sequence[str]) -> Callable[[], int] | None:
    """The command that the words call, where they ask for no more than the looks of the report.

    ``environ`` holds the names of the variables: one that is an option needs click too.
    """
    if words[:1] not in (["probe"], ["doctor"]) or "MLENV_MATRIX" in environ:
        return None
    looks = parse_looks(words[1:])
    if looks is None:
        return None
    if words[0] == "doctor":
        from mlenv.cli.diagnosis import Sources, examine

        return lambda: examine(ProbeOptions(), Sources(), DataOptions(), looks)
    from mlenv.cli.snapshot import show_machine

    return lambda: show_machine(ProbeOptions(), DataOptions(), looks)


# doctor --format json -q
def parse_looks(words: Sequence[str]) -> OutputOptions | None:
    """How the command is to speak, None where a word asks for something else."""
    found: dict[str, object] = {}
    rest = iter(words)
    for word in rest:
        form = next(rest, "") if word == "--format" else word.removeprefix("--format=")
        if word in SWITCHES:
            found[SWITCHES[word]] = True
        elif word.startswith("--format") and form in FORMS and word in ("--format", f"--format={form}"):
            found["form"] = form
        else:
            return None
    return OutputOptions(**found)  # type: ignore[arg-type]
