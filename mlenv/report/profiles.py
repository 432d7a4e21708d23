"""Profiles for reading: ``mlenv profiles`` and ``mlenv profiles show``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from mlenv.matrix.rows import Profile
from mlenv.report.document import Document

PROFILES_SCHEMA = "mlenv.profiles/1"
LEAST_WORDS = 24
"""The columns that a text has at least, however narrow the terminal."""
_DEVICES = {
    "auto": "the best one of this computer that works, else the processor",
    "gpu": "a GPU, of NVIDIA, AMD, Intel or Apple; no plan without one",
    "cpu": "the processor",
    "cuda": "an NVIDIA GPU; no plan without one",
    "rocm": "an AMD GPU; no plan without one",
    "xpu": "an Intel GPU; no plan without one",
    "mps": "the GPU of an Apple computer; no plan without one",
    "tpu": "a TPU; no plan without one",
}


class ProfilesDocument(Document, frozen=True, kw_only=True):
    """All profiles, or one."""

    profiles: tuple[dict[str, object], ...]


def render_profiles(profiles: Sequence[Profile], width: int) -> str:
    """One paragraph for each profile: its name and what it is for; empty where there is none."""
    column = max((len(profile.name) for profile in profiles), default=0) + 2
    return "".join(_entry(profile.name, profile.summary or profile.title, column, width) for profile in profiles)


def render_profile(profile: Profile, width: int, asked: str) -> str:
    """One profile, asked for by name or path: what it installs, on which device, and what that takes."""
    lines = tuple(_lines(profile))
    column = max(len(label) for label, _ in lines) + 4
    head = [f"{profile.name}: {profile.title}", *textwrap.wrap(profile.summary, max(width - 1, LEAST_WORDS)), ""]
    body = [_entry(f"  {label}", text, column, width) for label, text in lines]
    return "\n".join(head) + "\n" + "".join(body) + f"\nmlenv install --profile {asked}\n"


def _lines(profile: Profile) -> Iterator[tuple[str, str]]:
    if profile.frameworks:
        yield "installs", ", ".join(profile.frameworks)
    for group in profile.first_of:
        yield "and one of", f"{', '.join(group)} (the first that fits; `--with {group[-1]}` chooses that one)"
    if profile.optional:
        yield "where it fits", ", ".join(profile.optional)
    yield "device", _DEVICES[profile.accelerator]
    yield from (("sets", f"{name}={value}") for name, value in profile.environment.items())
    for member, variables in profile.environment_with.items():
        yield from (("sets", f"{name}={value} with {member}") for name, value in variables.items())
    if profile.extends:
        yield "extends", ", ".join(profile.extends)
    if profile.download_gb is not None and profile.disk_gb is not None:
        yield "takes", f"about {profile.download_gb:g} GB to download and {profile.disk_gb:g} GB on disk at most"


def _entry(label: str, text: str, column: int, width: int) -> str:
    """A label and a text beside it, wrapped below itself; a name that fills its column stands alone."""
    words = textwrap.wrap(text, max(width - 1 - column, LEAST_WORDS), break_on_hyphens=False) or [""]
    first, *rest = words
    return "\n".join([f"{label:<{column}}{first}".rstrip(), *(" " * column + line for line in rest)]) + "\n"
