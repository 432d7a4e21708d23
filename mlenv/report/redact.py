"""Masking secrets before anything is written down."""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.facts.pattern import lazy
from mlenv.facts.reading import Reading

MASK = "****"
_ADDRESS = lazy(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_BARE = lazy(r"^[^\s/@:]+:[^\s@]*@(?=[^\s@]+$)")
_PORT = lazy(r":\d{1,5}$")


def mask_url(url: str) -> str:
    """An address without its user name, password or token.

    ``https://me:secret@host/simple`` gives ``https://****@host/simple``; a proxy may come without
    a scheme (``me:secret@proxy:3128``).
    """
    scheme, found, rest = url.partition("://")
    if not found:
        return _BARE.sub(f"{MASK}@", url)
    if "@" not in rest:
        return url
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return f"{scheme}://{MASK}@{rest[authority.rindex('@') + 1 :]}"
    if ":" in authority and not _PORT.search(authority):
        # A password with an unescaped slash: everything up to the last @ may be part of it.
        return f"{scheme}://{MASK}@{rest[rest.rindex('@') + 1 :]}"
    return url


def mask_text(text: str) -> str:
    """A text with the credentials in all its addresses masked."""
    if "://" in text:
        return _ADDRESS.sub(lambda match: mask_url(match.group()), text)
    return _BARE.sub(f"{MASK}@", text) if "@" in text else text


def mask_machine(machine: Machine) -> Machine:
    """A machine as it may be written down: no credential is left in it."""
    return msgspec.structs.replace(
        machine,
        packages=_mask_configuration(machine.packages),
        variables=tuple(msgspec.structs.replace(row, value=mask_text(row.value)) for row in machine.variables),
        readings=tuple(_mask_reading(reading) for reading in machine.readings),
    )


def _mask_configuration(packages: PackageConfiguration) -> PackageConfiguration:
    masked: dict[str, object] = {}
    for name in packages.__struct_fields__:
        value = getattr(packages, name)
        if isinstance(value, Setting):
            masked[name] = _mask_setting(value)
        elif value:
            masked[name] = tuple(_mask_setting(setting) for setting in value)
    return msgspec.structs.replace(packages, **masked)


def _mask_setting(setting: Setting) -> Setting:
    return msgspec.structs.replace(setting, value=mask_text(setting.value), origin=mask_text(setting.origin))


def _mask_reading(reading: Reading) -> Reading:
    return msgspec.structs.replace(reading, source=mask_text(reading.source), detail=mask_text(reading.detail))
