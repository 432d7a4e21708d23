"""An environment that was read inside an image, as this machine names its files."""

from __future__ import annotations

from typing import Protocol, TypeVar

import msgspec

from mlenv.facts.environment import Environment


class _Placed(Protocol):
    @property
    def path(self) -> str | None: ...


FACT = TypeVar("FACT", bound=_Placed)


def _move(fact: FACT, path: str | None) -> FACT:
    return msgspec.structs.replace(fact, path=path)  # type: ignore[type-var]


def move_out(environment: Environment, root: str) -> Environment:
    """The same environment with every path below ``root``, where the image is mounted."""
    replace = msgspec.structs.replace

    def place(path: str | None) -> str | None:
        return path if path is None or not path.startswith("/") else root + path

    def move(facts: tuple[FACT, ...] | None) -> tuple[FACT, ...] | None:
        return None if facts is None else tuple(_move(fact, place(fact.path)) for fact in facts)

    return replace(
        environment,
        path=place(environment.path),
        executable=place(environment.executable),
        home=place(environment.home),
        user_site=place(environment.user_site),
        manifest=place(environment.manifest),
        distributions=move(environment.distributions),
        shadows=move(environment.shadows),
        overlaps=move(environment.overlaps),
        openmp=move(environment.openmp),
        libraries=move(environment.libraries),
        readings=tuple(replace(reading, source=place(reading.source)) for reading in environment.readings),
    )
