"""What the installed distributions state of themselves: requirements, Pythons, wheel tags."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.consistency.folders import beside, is_own, read_text
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.pattern import lazy
from mlenv.system.host import Host

_FOLDED = lazy(r"\r?\n[ \t]+")
_FIELD = lazy(r"(?mi)^(name|version|requires-dist|requires-python):[ \t]*([^\r\n]*)")
_BLANK = lazy(r"\r?\n\r?\n")
_TAG = lazy(r"(?m)^Tag:[ \t]*(\S+)")


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution and what its metadata states.

    ``requires`` are requirement lines as they are written.  ``readable`` says that there is a file
    of metadata, ``named`` that it has the two fields that every one must have.  ``own`` says that
    the distribution lies in the environment itself.
    """

    distribution: Distribution
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    tags: tuple[str, ...] = ()
    readable: bool = True
    named: bool = True
    own: bool = True

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.distribution.name} {self.distribution.version}"


def read_installed(host: Host, environment: Environment) -> dict[str, Installed]:
    """By name, the distributions that Python would take, each with its metadata."""
    first = {dist.name: dist for dist in reversed(environment.distributions)}
    found = {name: _read(host, dist, environment) for name, dist in first.items()}
    return dict(sorted(found.items()))


def _read(host: Host, dist: Distribution, environment: Environment) -> Installed:
    own = environment.kind == "system" or is_own(dist, environment)
    text, extra = _read_texts(host, dist.path or "")
    if text is None:
        return Installed(distribution=dist, readable=False, own=own)
    fields = list(parse_fields(text))
    names = {name for name, _ in fields}
    return Installed(
        distribution=dist,
        requires=(*(value for name, value in fields if name == "requires-dist"), *parse_egg_requirements(extra)),
        requires_python=next((value for name, value in fields if name == "requires-python"), ""),
        tags=tuple(_TAG.findall(read_text(host, beside(dist.path or "", "WHEEL")) or "")) if _is_modern(dist) else (),
        named={"name", "version"} <= names,
        own=own,
    )


def _is_modern(dist: Distribution) -> bool:
    return (dist.path or "").endswith(".dist-info")


def _read_texts(host: Host, path: str) -> tuple[str | None, str]:
    """The file of metadata, and of an egg the file of its requirements."""
    if path.endswith(".dist-info"):
        return read_text(host, beside(path, "METADATA")), ""
    folder = beside(path, "EGG-INFO") if path.endswith(".egg") else path
    text = read_text(host, beside(folder, "PKG-INFO"))
    if text is None:
        return read_text(host, path) if path else None, ""
    return text, read_text(host, beside(folder, "requires.txt")) or ""


# > Metadata-Version: 2.4
# > Name: transformers
# > Version: 4.57.1
# > Requires-Python: >=3.9.0
# > Requires-Dist: numpy>=1.17
# >
# > # 🤗 Transformers
def parse_fields(text: str) -> Iterator[tuple[str, str]]:
    """The fields that matter here, in lower case; the description below the first empty line is left out."""
    head = _head_of(text)
    for match in _FIELD.finditer(_FOLDED.sub(" ", head)):
        yield match[1].lower(), match[2].strip()


def _head_of(text: str) -> str:
    end = _BLANK.search(text)
    return text[: end.start()] if end else text


# > requests>=2
# >
# > [:python_version < "3.11"]
# > tomli
# >
# > [test]
# > pytest
def parse_egg_requirements(text: str) -> Iterator[str]:
    """The requirements of an egg's requires.txt as today's lines; those of its extras are left out."""
    marker = ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            marker = line.strip("[]")
        elif line and not line.startswith("#") and (not marker or marker.startswith(":")):
            yield f"{line} ; {marker[1:]}" if marker else line
