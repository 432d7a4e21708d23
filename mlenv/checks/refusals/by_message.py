"""Rules of what the message itself names: a range of Pythons, tags, files."""

from __future__ import annotations

from mlenv.checks.interpreters import AskedPython
from mlenv.checks.messages import value
from mlenv.checks.refusals.refusal import Refusal, Verdict
from mlenv.checks.registry import Case
from mlenv.checks.situation import has_musl, is_apple_silicon
from mlenv.checks.wheel_tag import Tag
from mlenv.facts.version import at_least, numbers, series
from mlenv.matrix.load import Matrix


def by_requirement(_case: Case, _matrix: Matrix, refusal: Refusal, _python: AskedPython) -> Verdict | None:
    """``3.8.10 not in '>=3.9'``: the project's own statement."""
    here, wanted = value(refusal.clue, "python"), value(refusal.clue, "range")
    if not here or not wanted:
        return None
    floors = [part.strip(" >=") for part in wanted.split(",") if part.strip().startswith(">")]
    old = any(not at_least(here, floor) for floor in floors)
    bounds = f"it states Python {wanted}, and Python {here} runs here"
    return Verdict(slug="python-too-old" if old else "python-too-new", grade="named", reason=bounds)


def by_tags(case: Case, _matrix: Matrix, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """What the wheels are for, and what is here."""
    if is_apple_silicon(case) and any(tag.system == "macos" and tag.processor == "x86_64" for tag in refusal.here):
        return Verdict(
            slug="rosetta-x86-python", grade="shown", reason="the Python is one for Intel on Apple's processor"
        )
    for tag in refusal.here:
        verdict = _of_tag(tag, refusal)
        if verdict is not None:
            return verdict
    return _of_file(case, refusal, python)


def _of_tag(tag: Tag, refusal: Refusal) -> Verdict | None:
    if tag.free_threaded:
        return Verdict(slug="python-free-threaded-no-wheel", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.libc == "musl":
        return Verdict(slug="musl-no-wheel", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.processor == "x86":
        return Verdict(slug="python-32bit", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.system == "macos" and tag.processor == "x86_64" and _no_tag(refusal, "macos", "x86_64"):
        return Verdict(slug="macos-x86-no-wheel", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.processor == "aarch64" and tag.system != "macos" and _no_tag(refusal, tag.system, "aarch64"):
        return Verdict(slug="arm-no-wheel", grade="named", reason=f"no wheel is for {tag.text}")
    if tag.python and refusal.tags:
        listed = [other.python for other in refusal.tags if other.python]
        if listed and tag.python not in listed:
            newer = all(numbers(tag.python) > numbers(other) for other in listed)
            slug = "python-too-new" if newer else "python-too-old"
            return Verdict(
                slug=slug, grade="named", reason=f"the wheels are for Python {', '.join(dict.fromkeys(listed))}"
            )
    return None


def _no_tag(refusal: Refusal, system: str, processor: str) -> bool:
    """Whether the wheels that are named are for others, as far as any are."""
    return not any(tag.system == system and tag.processor in (processor, "any") for tag in refusal.tags)


def _of_file(case: Case, refusal: Refusal, python: AskedPython) -> Verdict | None:
    """A wheel that was named by its file, held against the machine."""
    files = [tag for tag in refusal.tags if tag.package]
    if not files:
        return None
    tag, machine = files[0], case.machine
    if tag.system == "linux" and tag.libc == "glibc" and has_musl(case):
        return Verdict(slug="musl-no-wheel", grade="shown", reason="the file is for glibc, and this system has musl")
    if tag.processor == "x86_64" and python.bits == 32:
        return Verdict(slug="python-32bit", grade="shown", reason="the file is for 64 bits, and this Python has 32")
    libc = machine.os.libc
    if tag.glibc and libc and libc.family == "glibc" and not at_least(libc.version, tag.glibc):
        reason = f"the file asks for glibc {tag.glibc}, and this system has {libc.version}"
        return Verdict(slug="glibc-too-old", grade="shown", reason=reason)
    if (
        tag.system == "macos"
        and is_apple_silicon(case)
        and tag.processor == "aarch64"
        and python.architecture == "x86_64"
    ):
        return Verdict(
            slug="rosetta-x86-python", grade="shown", reason="the file is for Arm, and this Python for Intel"
        )
    if tag.python and python.version and series(python.version) != tag.python and not tag.stable:
        newer = numbers(series(python.version)) > numbers(tag.python)
        reason = f"the file is for Python {tag.python}, and Python {series(python.version)} runs here"
        return Verdict(slug="python-too-new" if newer else "python-too-old", grade="shown", reason=reason)
    return None
