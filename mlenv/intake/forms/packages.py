"""Names and versions of Python packages as installers and lists write them."""

from __future__ import annotations

from mlenv.facts.environment import Distribution
from mlenv.facts.pattern import lazy
from mlenv.facts.report import Wanted

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,80}[A-Za-z0-9])?"
_VERSION = r"v?(?:[0-9]{1,4}!)?[0-9][A-Za-z0-9.+_-]{0,80}"
_SEPARATORS = lazy(r"[-_.]+")
_ROW = lazy(rf"\s{{0,12}}(?P<name>{_NAME})\s+(?P<version>{_VERSION})(?:\s+(?P<rest>\S.{{0,300}}))?\s*")
_PIN = lazy(
    rf"\s{{0,12}}(?P<name>{_NAME})(?:\[[\w, .-]{{0,80}}\])?\s?===?\s?(?P<version>{_VERSION})\s*(?:;.{{0,200}})?"
)
_WANTED = lazy(
    rf"(?P<name>{_NAME})(?:\[[^\]\n]{{0,80}}\])?\s?(?P<rest>(?:[=~!<>]=?=?\s?[\w.*+!-]{{1,60}},?\s?){{0,4}})"
)
_EXACT = lazy(r"===?\s?([\w.+!-]{1,60})(?![\w*])")
_WHEEL = lazy(
    rf"(?P<name>{_NAME})-(?P<version>[0-9][\w.+!%]{{0,80}}?)(?:-[0-9]\w{{0,20}})?-(?:cp|py"
    rf"|pp)[\w.]{{1,40}}-[\w.]{{1,40}}-[\w.]{{1,120}}\.whl"
)
_WORD = lazy(r"[A-Za-z]")


def normalise_name(name: str) -> str:
    """The name in its one form: lower case, hyphens."""
    return _SEPARATORS.sub("-", name).lower()


def distribution(name: str, version: str, path: str | None = None, installer: str | None = None) -> Distribution:
    """An installed distribution under its normalised name."""
    return Distribution(name=normalise_name(name), version=version.lstrip("v"), path=path, installer=installer)


# torch              2.5.1+cu124
# mypackage          0.1.0        /home/user/mypackage
# torch==2.5.1
def parse_row(line: str) -> tuple[str, str] | None:
    """Name and version of one row of a list, None for another line; a third column is a place."""
    match = _PIN.fullmatch(line) or _ROW.fullmatch(line)
    if match is None or _WORD.search(match["name"]) is None:
        return None
    rest = match.groupdict().get("rest") or ""
    return (match["name"], match["version"]) if not rest or "/" in rest or "\\" in rest else None


def parse_wanted(text: str, index: str | None = None) -> Wanted | None:
    """A requirement as one types it, or the file of a wheel; None for what is neither."""
    wheel = parse_wheel(text)
    if wheel:
        return Wanted(name=wheel[0], version=wheel[1], index=index)
    text = text.split(" @ ", 1)[0].split(";", 1)[0].strip().strip("'\"")
    match = _WANTED.fullmatch(text)
    if match is None or not _WORD.search(match["name"]):
        return None
    exact = _EXACT.search(match["rest"])
    return Wanted(name=normalise_name(match["name"]), version=exact[1] if exact else None, index=index)


# torch-1.7.1-cp38-cp38-manylinux1_x86_64.whl
def parse_wheel(text: str) -> tuple[str, str] | None:
    """Name and version that the file of a wheel states."""
    match = _WHEEL.search(text)
    return (normalise_name(match["name"]), match["version"].replace("%2B", "+")) if match else None
