"""uv's configuration: its files and its variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mlenv.facts.packages import Setting
from mlenv.facts.pattern import lazy
from mlenv.probe.log import Log, try_file
from mlenv.probe.paths import is_windows, join
from mlenv.system.host import Host

_NAMED = lazy(r"^[\w.-]+=(?=\w+://|[/.~])")
_PLACE = lazy(r"line (\d+)")
_FALSE = ("", "0", "false", "f", "no", "n", "off")


class UvSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings from one source or from several; the first of a list has the highest rank."""

    index_url: Setting | None = None
    extra_index_urls: tuple[Setting, ...] = ()
    find_links: tuple[Setting, ...] = ()
    no_index: Setting | None = None
    trusted_hosts: tuple[Setting, ...] = ()
    keyring: Setting | None = None

    def above(self, other: UvSettings) -> UvSettings:
        """Both together, where they differ as this one says."""
        return UvSettings(
            index_url=self.index_url or other.index_url,
            extra_index_urls=self.extra_index_urls + other.extra_index_urls,
            find_links=self.find_links + other.find_links,
            no_index=self.no_index or other.no_index,
            trusted_hosts=self.trusted_hosts + other.trusted_hosts,
            keyring=self.keyring or other.keyring,
        )


def read_uv_settings(host: Host, log: Log) -> UvSettings:
    """What uv would do here: variables above the user's file above the system's."""
    settings = read_variables(host.environ)
    for path in configuration_files(host):
        text = try_file(host, log, "packages.uv", path)
        parsed = parse_uv_file(text, path) if text is not None else None
        if isinstance(parsed, str):
            log.unreadable("packages.uv", path, parsed)
        elif parsed:
            log.found("packages.uv", path)
            settings = settings.above(parsed)
    return settings


def read_variables(environ: Mapping[str, str]) -> UvSettings:
    """The variables of uv; lists are separated by blanks, those of links by commas."""
    index_name = "UV_DEFAULT_INDEX" if environ.get("UV_DEFAULT_INDEX") else "UV_INDEX_URL"
    index = _strip_name(environ.get(index_name, ""))
    keyring = environ.get("UV_KEYRING_PROVIDER", "")
    return UvSettings(
        index_url=Setting(value=index, origin=index_name) if index else None,
        extra_index_urls=(*_list(environ, "UV_INDEX", None), *_list(environ, "UV_EXTRA_INDEX_URL", None)),
        find_links=_list(environ, "UV_FIND_LINKS", ","),
        trusted_hosts=_list(environ, "UV_INSECURE_HOST", None),
        keyring=Setting(value=keyring, origin="UV_KEYRING_PROVIDER") if keyring else None,
    )


def _list(environ: Mapping[str, str], name: str, separator: str | None) -> tuple[Setting, ...]:
    values = (_strip_name(value.strip()) for value in environ.get(name, "").split(separator))
    return tuple(Setting(value=value, origin=name) for value in values if value)


# pytorch=https://wheels.example.org/cu126
def _strip_name(value: str) -> str:
    """An index without the name that uv lets one give it."""
    return _NAMED.sub("", value)


def configuration_files(host: Host) -> list[str]:
    """The files that uv would read outside a project, the highest rank first."""
    if host.environ.get("UV_NO_CONFIG", "").lower() not in _FALSE:
        return []
    named = host.environ.get("UV_CONFIG_FILE")
    if named:
        return [named]
    return [*_user_files(host), *_system_files(host)]


def _user_files(host: Host) -> list[str]:
    if is_windows(host):
        roaming = host.environ.get("APPDATA") or join(host, host.home, "AppData", "Roaming")
        return [join(host, roaming, "uv", "uv.toml")]
    return [join(host, host.environ.get("XDG_CONFIG_HOME") or join(host, host.home, ".config"), "uv", "uv.toml")]


def _system_files(host: Host) -> list[str]:
    """The first of the system's files that is there; uv reads no second one."""
    if is_windows(host):
        return [join(host, host.environ.get("PROGRAMDATA") or "C:\\ProgramData", "uv", "uv.toml")]
    folders = [folder for folder in (host.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":") if folder]
    paths = [*(join(host, folder, "uv", "uv.toml") for folder in folders), "/etc/uv/uv.toml"]
    return [next((path for path in paths if host.exists(path)), paths[-1])]


# > index-url = "https://packages.example.org/simple"
# > [[index]]
# > name = "pytorch"
# > url = "https://wheels.example.org/cu126"
# > explicit = true
# > [pip]
# > find-links = ["/srv/wheels"]
def parse_uv_file(text: str, origin: str) -> UvSettings | str:
    """The settings of a uv.toml, or what is wrong with it; ``[pip]`` outranks the top of the file.

    An explicit index serves only packages that are tied to it, and is left out.
    """
    import tomli

    try:
        table = tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        place = _PLACE.search(str(error))
        return f"not valid TOML in line {place[1]}" if place else "not valid TOML"
    pip = table.get("pip")
    top = _read_table(table, origin)
    return _read_table(pip, origin).above(top) if isinstance(pip, dict) else top


def _read_table(table: dict[str, Any], origin: str) -> UvSettings:
    indexes = [entry for entry in _as_list(table.get("index")) if isinstance(entry, dict)]
    usable = [entry for entry in indexes if entry.get("explicit") is not True]
    default = [entry.get("url") for entry in usable if entry.get("default") is True]
    others = [entry.get("url") for entry in usable if entry.get("default") is not True]
    index = _settings([*default, table.get("index-url")], origin)
    keyring = _settings([table.get("keyring-provider")], origin)
    return UvSettings(
        index_url=index[0] if index else None,
        extra_index_urls=_settings([*others, *_as_list(table.get("extra-index-url"))], origin),
        find_links=_settings(_as_list(table.get("find-links")), origin),
        no_index=Setting(value="true", origin=origin) if table.get("no-index") is True else None,
        trusted_hosts=_settings(_as_list(table.get("allow-insecure-host")), origin),
        keyring=keyring[0] if keyring else None,
    )


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _settings(values: list[object], origin: str) -> tuple[Setting, ...]:
    return tuple(Setting(value=value, origin=origin) for value in values if isinstance(value, str) and value)
