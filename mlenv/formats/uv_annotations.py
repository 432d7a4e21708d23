"""Who asked for what, from the comments that ``uv pip compile --annotation-style line`` writes."""

from __future__ import annotations

import re

# markupsafe==3.0.4         # via jinja2
# numpy==2.5.5              # via jax, jaxlib, -r requirements.in, mlenv-environment (pyproject.toml)
LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:==|@)\s*\S+.*?#\s*via\s+(.+)")


def parse_uv_annotations(text: str) -> dict[str, tuple[str, ...]]:
    """Who asks for each package, by its normalised name; the project itself with its own name."""
    found = (LINE.match(line) for line in text.splitlines())
    return {_name(match[1]): tuple(_name(word) for word in match[2].split(",")) for match in found if match}


def _name(text: str) -> str:
    bare = re.sub(r"\s*\(.*", "", text).strip()
    return re.sub(r"[-_.]+", "-", re.sub(r"\[.*", "", bare)).lower()
