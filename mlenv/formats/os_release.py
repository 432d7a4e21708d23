"""The small files and lines in which a system names itself.

The form of os-release: https://www.freedesktop.org/software/systemd/man/latest/os-release.html
"""

from __future__ import annotations

import re

import msgspec

from mlenv.facts.pattern import lazy

# Both come from one-line files; what is longer is something else.
_LONGEST_LINE = 1000
_ESCAPED = lazy(r"\\([\"\\$`])")
_RED_HAT = lazy(r"([A-Za-z]{1,40})\b.{0,200}?\brelease (\d[\d.]{0,20})")
_PLIST_VERSION = lazy(r"<key>ProductVersion</key>\s{0,20}<string>\s{0,20}(\d[\d.]{0,20})")
_SW_VERS = lazy(r"^ProductVersion:[ \t]{0,20}(\d[\d.]{0,20})", re.MULTILINE)


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """A Linux distribution by its own words.

    ``name`` is the identifier in lower case (``ubuntu``), ``like`` are the distributions that it
    comes from, the nearest first; ``edition`` is its variant (``server``), ``title`` the name for
    people.  Rolling releases have no ``version``.
    """

    name: str | None = None
    version: str | None = None
    like: tuple[str, ...] = ()
    edition: str | None = None
    title: str | None = None


# > ID=debian
# > VERSION_ID="12"
def parse_os_release(text: str) -> dict[str, str]:
    """The fields of an os-release or lsb-release file, without quotes; empty values are left out."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#") and (plain := _unquote(value.strip())):
            fields[key] = plain
    return fields


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        plain = value[1:-1]
        return _ESCAPED.sub(r"\1", plain) if "\\" in plain else plain
    return value


# > PRETTY_NAME="AlmaLinux 9.1 (Lime Lynx)"
# > ID="almalinux"
# > ID_LIKE="rhel centos fedora"
# > VERSION_ID="9.1"
#
# > DISTRIB_ID=Ubuntu
# > DISTRIB_RELEASE=22.04
def parse_distribution(text: str) -> Distribution:
    """The distribution that an os-release or lsb-release file names."""
    fields = parse_os_release(text)
    name = fields.get("ID") or fields.get("DISTRIB_ID")
    return Distribution(
        name=name.lower() if name else None,
        version=fields.get("VERSION_ID") or fields.get("DISTRIB_RELEASE"),
        like=tuple(fields.get("ID_LIKE", "").lower().split()),
        edition=fields.get("VARIANT_ID"),
        title=fields.get("PRETTY_NAME") or fields.get("DISTRIB_DESCRIPTION"),
    )


# CentOS release 6.10 (Final)
# Red Hat Enterprise Linux Server release 7.2 (Maipo)
def parse_red_hat_release(text: str) -> Distribution:
    """Name and version from the one line that systems before os-release had."""
    line = text.strip()[:_LONGEST_LINE].partition("\n")[0].strip()
    match = _RED_HAT.match(line)
    if not match:
        return Distribution()
    name = match[1].lower()
    return Distribution(name="rhel" if name == "red" else name, version=match[2], title=line)


# Linux version 5.8.0-63-generic (buildd@lcy01) (gcc ...) #71-Ubuntu SMP Tue Jul 13 15:59:12 UTC 2021
# Linux node7 6.8.0-45-generic #45-Ubuntu SMP ... x86_64 GNU/Linux
# Darwin mac 18.7.0 Darwin Kernel Version 18.7.0: ...; root:xnu-4903.278.19~1/RELEASE_X86_64 x86_64
def parse_kernel(text: str) -> str | None:
    """The release of the kernel, from /proc/version or from the line of ``uname -a``."""
    words = text.strip()[:_LONGEST_LINE].split(maxsplit=3)
    if len(words) < 3 or words[0] not in ("Linux", "Darwin"):
        return None
    return words[2] if words[2][0].isdigit() else None


# > <key>ProductVersion</key>
# > <string>14.5</string>
#
# > ProductName:		macOS
# > ProductVersion:		26.6.2
def parse_mac_version(text: str) -> str | None:
    """The release of macOS, from SystemVersion.plist or from the answer of ``sw_vers``."""
    match = _PLIST_VERSION.search(text) or _SW_VERS.search(text)
    return match[1] if match else None
