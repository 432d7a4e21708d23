"""A cache of uv in which something was damaged: noticed, dropped, and fetched anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mlenv.errors import ExitStatus

from .aftermath import Expected, judge
from .trial import Settings, Trial
from .world import NEW, World

Damage = Callable[[Path], None]


def trials(settings: Settings) -> Iterator[Trial]:
    """Every kind of file in the cache, damaged in every way."""
    kinds = {"a module": _modules, "a large file": _large_files, "metadata": _metadata, "an archive": _archives}
    ways: dict[str, Damage] = {"flipped": _flip, "emptied": _empty, "cut": _cut, "gone": _remove}
    for name, find in kinds.items():
        for way, damage in ways.items():
            if (name == "an archive") == (way != "gone"):
                continue
            if settings.small and (name, way) not in (("a module", "flipped"), ("a large file", "emptied")):
                continue
            yield Trial(case=f"damaged cache: {name}", variant=way, act=partial(_try, find, damage))
    for suffix in (".rkyv", ".http", ".msgpack"):
        for way, damage in ways.items():
            act = partial(_try, partial(_with_suffix, suffix), damage)
            if not settings.small:
                yield Trial(case=f"damaged cache: {suffix}", variant=way, act=act)


def _try(find: Callable[[World], list[Path]], damage: Damage, world: World) -> list[str]:
    world.restore("warm")
    found = find(world)
    if not found:
        return ["the cache has no such file"]
    for path in found:
        damage(path)
    return judge(world, world.run(), Expected(statuses=(ExitStatus.OK,)))


def _in_archives(world: World, pattern: str) -> list[Path]:
    """Files of the new release: what the old environment uses is not touched."""
    return [path for folder in _archives(world) for path in folder.glob(pattern)]


def _modules(world: World) -> list[Path]:
    return _in_archives(world, "lower.py")


def _large_files(world: World) -> list[Path]:
    return _in_archives(world, "large.bin")


def _metadata(world: World) -> list[Path]:
    return _in_archives(world, "*.dist-info/METADATA")


def _archives(world: World) -> list[Path]:
    return [info.parent for info in world.cache.glob(f"archive-v*/*/*-{NEW}.dist-info")]


def _with_suffix(suffix: str, world: World) -> list[Path]:
    return sorted(world.cache.rglob(f"*{suffix}"))


def _flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    if body:
        body[len(body) // 2] ^= 0xFF
    path.write_bytes(body)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    body = path.read_bytes()
    path.write_bytes(body[: len(body) // 2])


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
