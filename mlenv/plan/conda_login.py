"""Channels that want a login: addresses without it, and the file that tells the manager.

What stands in a command can be read by everybody on the machine, so a login never does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from mlenv.plan.places import PROJECT_FOLDER

CONDARC_FILE = f"{PROJECT_FOLDER}/condarc"
"""A file of a plan that ``CONDARC`` has to name while its commands run (see
:func:`mlenv.plan.conda_variables.conda_environ`)."""

_ADDRESS = re.compile(r"https?://[^\s\"<>]+")
_TOKEN = re.compile(r"(?<=/)t/[^/]+/")
_SECRET = re.compile(r"(?<=/t/)[^/]+")


# https://me:secret@mirror.example/t/tk-123/conda-forge
def without_login(url: str) -> str:
    """An address without user, password and token."""
    return _TOKEN.sub("", re.sub(r"(?<=://)[^/@]*@", "", url))


def strip_logins(text: str) -> str:
    """A text with the logins of all its addresses left out: it works where they come from elsewhere (``~/.netrc``)."""
    return _ADDRESS.sub(lambda match: without_login(match.group()), text)


def mask_tokens(text: str) -> str:
    """A text with the tokens in all its addresses masked, which only addresses of channels have."""
    return _ADDRESS.sub(lambda match: _SECRET.sub("****", match.group()), text)


def has_login(channel: str) -> bool:
    """Whether a channel is an address with a user, password or token in it."""
    return without_login(channel) != channel


def argument_of(channel: str) -> str:
    """What a command calls a channel: one with a login by its name, of which the file knows the rest."""
    return channel.rstrip("/").rpartition("/")[2] if has_login(channel) else channel


def render_condarc(channels: Sequence[str]) -> str:
    """Where the channels with a login are, for conda, mamba and micromamba; empty where there are none."""
    rows = [channel.rstrip("/").rpartition("/") for channel in channels if has_login(channel)]
    if not rows:
        return ""
    # A text of YAML: every string of JSON is one.
    lines = [f"  {json.dumps(name)}: {json.dumps(base)}" for base, _, name in rows]
    return "".join(f"{line}\n" for line in ("custom_channels:", *lines))
