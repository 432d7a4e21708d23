"""Masking secrets before anything is written down."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from mlenv.facts.machine import Machine
from mlenv.facts.packages import PackageConfiguration, Setting
from mlenv.facts.pattern import lazy
from mlenv.facts.reading import Reading

MASK = "****"
_ADDRESS = lazy(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s\"/?#]*@)?[^\s\"'<>]+")  # a password may hold a single quote
_BARE = lazy(r"^[^\s/@:]+:[^\s@]*@(?=[^\s@]+$)")
_PATH = lazy(r"\b(https?:)/(?!/)[^\s/@]*:[^\s@]*@")  # an address that was taken for a path
_SCHEME = lazy(r"[A-Za-z][A-Za-z0-9+.-]*://")
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
    if ":/" in text and "@" in text:
        text = _PATH.sub(rf"\1/{MASK}@", text)
    if "://" in text:
        return _ADDRESS.sub(lambda match: mask_url(match.group()), text)
    return _BARE.sub(f"{MASK}@", text) if "@" in text else text


def mask_value(value: str) -> str:
    """A setting's value with its credentials masked: as an address where it is one, whatever letters it holds."""
    return mask_url(value) if _SCHEME.match(value) else mask_text(value)


def strip_url(url: str) -> str:
    """An address with nothing in place of its user name, password or token.

    It works where the login comes from elsewhere (``~/.netrc``).
    """
    return mask_url(url).replace(f"{MASK}@", "", 1) if mask_url(url) != url else url


def strip_text(text: str) -> str:
    """A text with the credentials in all its addresses left out."""
    return _ADDRESS.sub(lambda match: strip_url(match.group()), text) if "://" in text else text


def strip_configuration(packages: PackageConfiguration) -> PackageConfiguration:
    """Where packages come from, without a credential: for what is made to be passed on."""
    return _each_setting(packages, strip_url)


def mask_machine(machine: Machine) -> Machine:
    """A machine as it may be written down: no credential is left in it."""
    return msgspec.structs.replace(
        machine,
        packages=_mask_configuration(machine.packages),
        variables=tuple(msgspec.structs.replace(row, value=mask_text(row.value)) for row in machine.variables),
        readings=tuple(_mask_reading(reading) for reading in machine.readings),
    )


def _mask_configuration(packages: PackageConfiguration) -> PackageConfiguration:
    return _each_setting(packages, mask_value)


def _each_setting(packages: PackageConfiguration, change: Callable[[str], str]) -> PackageConfiguration:
    changed: dict[str, object] = {}
    for name in packages.__struct_fields__:
        value = getattr(packages, name)
        if isinstance(value, Setting):
            changed[name] = _change_setting(value, change)
        elif value:
            changed[name] = tuple(_change_setting(setting, change) for setting in value)
    return msgspec.structs.replace(packages, **changed)


def _change_setting(setting: Setting, change: Callable[[str], str]) -> Setting:
    return msgspec.structs.replace(setting, value=change(setting.value), origin=change(setting.origin))


def _mask_reading(reading: Reading) -> Reading:
    return msgspec.structs.replace(reading, source=mask_text(reading.source), detail=mask_text(reading.detail))
