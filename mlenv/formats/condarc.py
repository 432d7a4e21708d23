"""``.condarc``: where conda and mamba find a channel that is called by its name.

Only the few keys that move a channel are read, in the way that the tools write the file; a file
that is written otherwise says nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mlenv.facts.pattern import lazy

_KEY = lazy(r"^(?P<indent> *)(?P<key>[^\s:#][^:]*?)\s*:(?:\s+(?P<value>.*))?$")
_ITEM = lazy(r"^ *- +(?P<value>\S.*)$")


class Condarc(msgspec.Struct, frozen=True, kw_only=True):
    """``alias`` stands before every name; ``custom`` and ``mirrored`` are addresses of single channels."""

    alias: str = ""
    custom: dict[str, str] = {}
    mirrored: dict[str, str] = {}

    def address_of(self, channel: str) -> str:
        """The address of a channel; its name where nothing moves it, or where it is an address already."""
        if "://" in channel or channel.startswith((".", "/")):
            return channel
        if channel in self.mirrored:
            return self.mirrored[channel]
        base = self.custom.get(channel) or self.alias
        return f"{base.rstrip('/')}/{channel}" if base else channel


def join_condarcs(files: Sequence[Condarc]) -> Condarc:
    """Several files as one; a later one outranks those before it."""
    joined = Condarc()
    for file in files:
        joined = Condarc(
            alias=file.alias or joined.alias,
            custom={**joined.custom, **file.custom},
            mirrored={**joined.mirrored, **file.mirrored},
        )
    return joined


# channel_alias: https://mirror.example/conda
# custom_channels:
#   conda-forge: https://mirror.example/forge
# mirrored_channels:
#   conda-forge:
#     - https://mirror.example/conda-forge
def parse_condarc(text: str) -> Condarc:
    """What a file says of the addresses of channels; of several mirrors the first."""
    alias, custom, mirrored = "", dict[str, str](), dict[str, str]()
    for path, value in _values(text):
        if path == ("channel_alias",):
            alias = value
        elif len(path) == 2 and path[0] == "custom_channels":
            custom[path[1]] = value
        elif len(path) == 2 and path[0] == "mirrored_channels":
            mirrored.setdefault(path[1], value)
    return Condarc(alias=alias, custom=custom, mirrored=mirrored)


def _values(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """(keys, value) for each plain value of at most two levels, list items too."""
    top = second = ""
    for line in text.splitlines():
        item, key = _ITEM.match(line), _KEY.match(line)
        if item:
            yield tuple(name for name in (top, second) if name), _plain(item["value"])
        elif key:
            name, value = _plain(key["key"]), _plain(key["value"] or "")
            top, second = (name, "") if not key["indent"] else (top, name)
            if value:
                yield tuple(name for name in (top, second) if name), value


def _plain(value: str) -> str:
    """A scalar without its comment and quotes."""
    return value.partition(" #")[0].strip().strip("'\"")
