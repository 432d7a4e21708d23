"""A bundle among ``--find-links``: its lock is what is installed, its Python is what is fetched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlenv.cli.settings import RequestOptions
from mlenv.errors import NoPlanError, UsageError
from mlenv.facts.machine import Machine
from mlenv.matrix.load import Matrix

if TYPE_CHECKING:
    from mlenv.bundle.opening import Bundle
    from mlenv.plan.locked import LockedRequest


@contextmanager
def opened_bundle(asked: RequestOptions) -> Iterator[Bundle | None]:
    """The bundle among the places of wheels, unpacked where it is an archive; None where there is none.

    :class:`UsageError` for a bundle that is damaged, and for two of them.
    """
    places = [Path(place) for place in asked.find_links if "://" not in place and _is_bundle(Path(place))]
    if not places:
        yield None
        return
    if len(places) > 1:
        raise UsageError(f"--find-links {places[1]}: is a second bundle", hint="name one at a time")
    from mlenv.bundle.opening import open_bundle

    with tempfile.TemporaryDirectory(prefix="mlenv-bundle-") as scratch:
        yield open_bundle(places[0], Path(scratch))


def _is_bundle(place: Path) -> bool:
    if not place.exists():
        return False
    from mlenv.bundle.opening import is_bundle

    return is_bundle(place)


def asks_otherwise(asked: RequestOptions, bundle: Bundle) -> bool:
    """Whether the command line asks for something else than what the bundle was made for."""
    made_for = bundle.manifest.request
    if not asked.profiles and not asked.extras:
        return False
    same = (asked.profiles, asked.extras) == (made_for.profiles, made_for.extras)
    return not same or asked.accelerator not in (None, made_for.accelerator)


def demand_fit(bundle: Bundle, machine: Machine) -> None:
    """:class:`NoPlanError` with the reasons where a bundle is for other machines than this one."""
    from mlenv.bundle.fitting import fit

    reasons = fit(bundle, machine)
    if reasons:
        lines = "".join(f"\n  {reason}" for reason in reasons)
        raise NoPlanError(
            f"{bundle.path}: is not for this machine{lines}",
            hint="make one with `mlenv bundle --machine FILE`, where FILE describes this machine",
        )


def read_bundled(bundle: Bundle, python: str | None, matrix: Matrix) -> LockedRequest:
    """The lock of a bundle, whose files lie in it; :class:`UsageError` for variables that are the user's alone."""
    from mlenv.facts.guarded_variables import find_guarded
    from mlenv.plan.locked import LockedRequest
    from mlenv.resolve.request import check_python

    manifest = bundle.manifest
    problem = next(find_guarded(manifest.plan.variables), None)
    if problem is not None:
        raise UsageError(f"{bundle.path}: {problem}", hint="make the bundle anew, with `mlenv bundle`")
    return LockedRequest(
        origin=str(bundle.path),
        text=bundle.lock_text,
        lock=bundle.lock,
        python=check_python(python) or manifest.target.python,
        profile=" ".join(manifest.request.profiles),
        variables=manifest.plan.variables,
        frameworks=frozenset(matrix.distributions),
    )


def with_wheels(asked: RequestOptions, bundle: Bundle) -> RequestOptions:
    """The request with the bundle's folder of wheels in the place of the bundle."""
    others = [place for place in asked.find_links if "://" in place or not _is_bundle(Path(place))]
    return msgspec.structs.replace(asked, find_links=(*others, str(bundle.wheels)))
