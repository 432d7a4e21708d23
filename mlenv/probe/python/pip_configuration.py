"""pip's configuration: its files in its own order, then its variables."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlenv.facts.packages import Setting
from mlenv.formats.ini import parse_ini
from mlenv.probe.log import Log, try_file
from mlenv.probe.paths import expand, is_windows, join
from mlenv.system.host import Host

# pip reads its general section before that of the command, whichever files they stand in.
SECTIONS = ("global", "install")
LISTS = ("extra-index-url", "find-links", "trusted-host")
KEYS = ("index-url", "no-index", "cert", "client-cert", "proxy", "keyring-provider", *LISTS)
_TRUE = ("1", "true", "t", "yes", "y", "on")


class PipSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The effective settings by option; an option of :data:`LISTS` may have several."""

    values: dict[str, tuple[Setting, ...]] = {}

    def one(self, option: str) -> Setting | None:
        """The setting of an option that has one value."""
        return next(iter(self.values.get(option, ())), None)

    def all(self, option: str) -> tuple[Setting, ...]:
        """The settings of an option that may have several."""
        return self.values.get(option, ())

    def switch(self, option: str) -> Setting | None:
        """The setting of a yes-or-no option where it says yes."""
        setting = self.one(option)
        return setting if setting and setting.value.lower() in _TRUE else None


def read_pip_settings(host: Host, log: Log) -> PipSettings:
    """What pip would do here; as in pip, a later value replaces the earlier ones of its option."""
    sections: dict[str, dict[str, Setting]] = {section: {} for section in SECTIONS}
    for path in configuration_files(host):
        for section, options in _read_file(host, log, path).items():
            sections[section].update({key: Setting(value=value, origin=path) for key, value in options.items()})
    merged: dict[str, Setting] = {}
    for section in SECTIONS:
        merged.update(sections[section])
    merged.update(_read_variables(host))
    return PipSettings(values={key: _split(key, setting) for key, setting in merged.items()})


def _read_file(host: Host, log: Log, path: str) -> dict[str, dict[str, str]]:
    text = try_file(host, log, "packages.pip", path)
    if text is None:
        return {}
    parsed = parse_pip_file(text)
    if isinstance(parsed, str):
        log.unreadable("packages.pip", path, parsed)
        return {}
    log.found("packages.pip", path)
    return parsed


def _split(key: str, setting: Setting) -> tuple[Setting, ...]:
    if key not in LISTS:
        return (setting,)
    return tuple(Setting(value=value, origin=setting.origin) for value in setting.value.split())


def _read_variables(host: Host) -> dict[str, Setting]:
    names = {key: f"PIP_{key.upper().replace('-', '_')}" for key in KEYS}
    values = {key: host.environ.get(name, "").strip() for key, name in names.items()}
    return {key: Setting(value=value, origin=names[key]) for key, value in values.items() if value}


def configuration_files(host: Host) -> list[str]:
    """The files that pip would read, in its order; a later one outranks an earlier one."""
    named = host.environ.get("PIP_CONFIG_FILE", "")
    if named in ("/dev/null", "nul") or (is_windows(host) and named.lower() == "nul"):
        return []
    files = [*_global_files(host)]
    if not (named and host.exists(named)):
        files.extend(_user_files(host))
    site = host.environ.get("VIRTUAL_ENV")
    if site:
        files.append(join(host, site, _file_name(host)))
    return [*files, expand(host, named)] if named else files


def _file_name(host: Host) -> str:
    return "pip.ini" if is_windows(host) else "pip.conf"


def _global_files(host: Host) -> Iterator[str]:
    if is_windows(host):
        yield join(host, host.environ.get("PROGRAMDATA") or "C:\\ProgramData", "pip", "pip.ini")
    elif host.identity.system == "macos":
        yield "/Library/Application Support/pip/pip.conf"
    else:
        folders = (host.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
        yield from (join(host, folder, "pip", "pip.conf") for folder in folders if folder)
        yield "/etc/pip.conf"


def _user_files(host: Host) -> Iterator[str]:
    home = host.home
    if is_windows(host):
        yield join(host, home, "pip", "pip.ini")
        roaming = host.environ.get("APPDATA") or join(host, home, "AppData", "Roaming")
        yield join(host, roaming, "pip", "pip.ini")
        return
    yield join(host, home, ".pip", "pip.conf")
    support = join(host, home, "Library", "Application Support", "pip")
    if host.identity.system == "macos" and host.exists(support):
        yield join(host, support, "pip.conf")
    elif host.identity.system == "macos":
        yield join(host, home, ".config", "pip", "pip.conf")
    else:
        yield join(host, host.environ.get("XDG_CONFIG_HOME") or join(host, home, ".config"), "pip", "pip.conf")


# [global]
# index-url = https://packages.example.org/simple
# find-links =
#     /srv/wheels
#     https://wheels.example.org/
def parse_pip_file(text: str) -> dict[str, dict[str, str]] | str:
    """The options of each section, or what is wrong with the file (never its lines: they hold secrets)."""
    tables = parse_ini(text)
    if isinstance(tables, str):
        return tables
    sections: dict[str, dict[str, str]] = {}
    for section in SECTIONS:
        items = {**tables.get("DEFAULT", {}), **tables[section]} if section in tables else {}
        options = {key.replace("_", "-"): value.strip() for key, value in items.items()}
        sections[section] = {key: value for key, value in options.items() if key in KEYS and value}
    return sections
