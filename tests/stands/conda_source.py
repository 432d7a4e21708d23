"""A channel as a stand-in for conda reads it: its listing, and its packages."""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import sys
import tarfile
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SUBDIRS = ("noarch", "linux-64", "linux-aarch64", "osx-arm64", "osx-64")


class Source:
    """A channel in a folder or on this machine's loopback address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    @property
    def readable(self) -> bool:
        """Whether there is something to read: other addresses lead nowhere."""
        return is_here(self.address)

    def find(self, name: str, version: str, build: str) -> list[str]:
        """The packages that fit, the newest first, as lines of a lock."""
        rows = [row for subdir in SUBDIRS for row in self._rows(subdir) if row["name"] == name]
        rows = [row for row in rows if fits(row, version, build)]
        rows.sort(key=lambda row: [int(part) for part in row["version"].split(".") if part.isdigit()], reverse=True)
        return [f"{self.address}/{row['subdir']}/{row['fn']}#{row['md5']}" for row in rows]

    def _rows(self, subdir: str) -> list[dict[str, Any]]:
        text = fetch(f"{self.address}/{subdir}/repodata.json")
        listed = json.loads(text)["packages"] if text else {}
        return [{**row, "fn": name} for name, row in listed.items()]


def fits(row: dict[str, Any], version: str, build: str) -> bool:
    wanted = version if version.endswith("*") else f"{version}*"
    return fnmatch.fnmatch(row["version"], wanted) and fnmatch.fnmatch(row["build"], build)


def is_here(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "file" or parts.hostname == "127.0.0.1"


def unpack(url: str, md5: str, prefix: Path) -> None:
    """Put the contents of a package into an environment; what is not its hash ends the client."""
    if not is_here(url):
        return
    body = fetch(url)
    if hashlib.md5(body, usedforsecurity=False).hexdigest() != md5:
        sys.exit(f"ChecksumMismatchError: Conda detected a mismatch between the expected content of {url}")
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:bz2") as archive:
        archive.extractall(prefix, [row for row in archive.getmembers() if not row.name.startswith("info/")])


def fetch(url: str) -> bytes:
    """What is at an address, with the login that stands in it; nothing where there is none."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        return path.read_bytes() if path.is_file() else b""
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if parts.username else {}
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    try:
        with urllib.request.urlopen(urllib.request.Request(plain, headers=headers)) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return b""
        sys.exit(f"CondaHTTPError: HTTP {error.code} {error.reason} for url <{plain}>")
