"""A policy file as a value; what is wrong with one is said with file, key and remedy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mlenv.errors import UsageError
from mlenv.facts.pattern import lazy
from mlenv.matrix.toml_file import one_line, parse_toml, read_text
from mlenv.policy.forms import Problem, find_problems
from mlenv.policy.model import Policy
from mlenv.report.redact import mask_text
from mlenv.typed import convert

SCHEMA = 1
_PLACE = lazy(r"\(at line (\d+)")
_DATE = lazy(r"\d{4}-\d|expires")


def read_policy(path: Path) -> Policy:
    """The policy at ``path``; :class:`UsageError` names the file, the key and the remedy."""
    return parse_policy(read_text(path), origin=str(path))


def find_beside(policy_path: Path, name: str) -> Path:
    """A file that a policy names (``env.lock``, ``performance.baseline``), seen from the policy's folder."""
    return policy_path.parent / Path(name).expanduser()


def parse_policy(text: str, *, origin: str) -> Policy:
    """The policy that a TOML text states; ``origin`` names it in errors."""
    data = _parse(text, origin)
    problems = list(_find_all(data))
    if problems:
        raise _refuse(problems, origin)
    try:
        return convert(data, Policy)
    except msgspec.ValidationError as error:
        raise UsageError(f"{origin}: {one_line(str(error))}", hint="`mlenv schema policy` shows its form") from None


def _parse(text: str, origin: str) -> dict[str, Any]:
    """The tables of a file; an error of TOML itself comes with the line that it stands in."""
    try:
        return parse_toml(text, dict[str, Any], origin=origin)
    except UsageError as error:
        found = _PLACE.search(error.message)
        if found is None:
            raise
        line = "".join(text.split("\n")[int(found[1]) - 1 : int(found[1])])
        said = one_line(mask_text(line.strip()))[:80]
        remedy = "a day is written as in 2027-03-31" if _DATE.search(line) else 'a text stands in quotes, as in "cuda"'
        raise UsageError(f"{error.message}: `{said}`", hint=remedy) from None


def _find_all(data: dict[str, Any]) -> Iterator[Problem]:
    schema = data.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        yield Problem("schema", f"is {str(schema)[:9]}, and this mlenv knows {SCHEMA}", "update mlenv")
        return
    yield from find_problems(data, Policy)
    yield from _find_contradictions(data)


def _find_contradictions(data: dict[str, Any]) -> Iterator[Problem]:
    """What each key alone does not show."""
    env, performance, waivers = data.get("env"), data.get("performance"), data.get("waive")
    if isinstance(env, dict) and env.get("extra_packages") is not None and "lock" not in env:
        yield Problem("env.extra_packages", "has no lock to compare with", 'add lock = "pylock.toml" to [env]')
    if isinstance(performance, dict) and "baseline_tolerance" in performance and "baseline" not in performance:
        yield Problem("performance.baseline_tolerance", "has no baseline", 'add baseline = "rates.json"')
    for index, waiver in enumerate(waivers if isinstance(waivers, list) else ()):
        check = waiver.get("check") if isinstance(waiver, dict) else None
        if isinstance(check, str) and check and not check.strip("*?.[]! "):
            yield Problem(f"waive[{index}].check", f"{check!r} would waive everything", "name one check")


def _refuse(problems: list[Problem], origin: str) -> UsageError:
    first, *others = problems
    more = f"; also wrong: {', '.join(f'`{one_line(other.key)}`' for other in others[:5])}" if others else ""
    message = f"{origin}: `{one_line(first.key)}` {one_line(first.text)}"
    if first.remedy:
        message += f": {one_line(first.remedy)}"
    return UsageError(message, hint=f"`mlenv schema policy` prints every key and its form{more}")
