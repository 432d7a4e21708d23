"""The rows of ``images.toml``: what a container for an environment starts from."""

from __future__ import annotations

import datetime as dt

import msgspec

from mlenv.matrix.rows import Accelerator, Platform, Row


class ContainerImage(Row, frozen=True, kw_only=True):
    """An image that an environment can be built on.

    ``image`` is its name with a tag, in which ``{python}``, ``{cuda}`` and ``{rocm}`` stand for the
    plan's; ``python`` says that it has that Python, ``{python}`` being a series such as 3.12.
    ``releases`` are those of ROCm that it is published for, newest first (empty for any).
    ``glibc`` is its C library's version.  ``has`` are ids of ``needs.toml`` that it satisfies;
    Debian's packages for other needs are installed with apt.
    """

    id: str
    title: str
    image: str
    python: bool = False
    releases: tuple[str, ...] = ()
    glibc: str
    accelerators: tuple[Accelerator, ...]
    platforms: tuple[Platform, ...]
    has: tuple[str, ...] = ()
    source: tuple[str, ...]
    note: str = ""


class ContainerUse(Row, frozen=True, kw_only=True):
    """What a container needs from its host to reach an accelerator.

    ``options`` are those of ``docker run``, ``variables`` are set in the image, ``host`` says in a
    sentence what must be there; ``{driver}`` in it stands for the lowest driver.
    """

    accelerator: Accelerator
    options: str = ""
    variables: dict[str, str] = msgspec.field(default_factory=dict)
    host: str
    source: tuple[str, ...]


class ContainerImages(Row, frozen=True, kw_only=True):
    """``images.toml``: what containers start from, the first that fits being taken, and what their hosts need."""

    checked_on: dt.date
    sources: dict[str, str]
    image: tuple[ContainerImage, ...]
    use: tuple[ContainerUse, ...]
