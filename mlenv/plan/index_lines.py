"""Where packages may come from, as lines that pip reads in a requirements file.

pip has no index for one package: what an index of its own must supply is named by the address of
its file (see :mod:`mlenv.plan.lock`), or by a version that no other index has.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote

from mlenv.plan.content import Content

_BREAK = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def render_index_lines(content: Content, *, framework_indexes: bool) -> list[str]:
    """The option lines; the frameworks' own indexes are among them where ``framework_indexes`` says so."""
    return list(_lines(content, framework_indexes))


def _lines(content: Content, framework_indexes: bool) -> Iterator[str]:
    if content.no_index:
        yield "--no-index"
    else:
        # The default first: pip drops the further indexes that stand before it.
        for index in sorted(content.indexes, key=lambda index: not index.default):
            if index.default:
                yield f"--index-url {quote_value(index.url)}"
            elif framework_indexes or not index.explicit:
                yield f"--extra-index-url {quote_value(index.url)}"
    for place in content.wheels:
        yield f"--find-links {quote_value(place.address)}"
    for host in content.trusted_hosts:
        yield f"--trusted-host {quote_value(host)}"


def quote_value(value: str) -> str:
    """A value as pip reads it: split like a shell's words, with ``#`` after a blank and ``${NAME}`` special.

    Those two cannot be quoted; a path that holds one is written as a file address.  In an address they
    are spelled otherwise, and so is a line break, which would begin a line of options.
    """
    if "://" not in value and ("#" in value or "${" in value or _BREAK.search(value)):
        value = file_address(value)
    value = value.replace("${", "$%7B")
    return shlex.quote(_BREAK.sub(lambda found: quote(found[0]), value))


def file_address(path: str) -> str:
    """A path as an address: ``/srv/my wheels`` gives ``file:///srv/my%20wheels``."""
    slashed = path.replace("\\", "/") if path[1:2] == ":" else path
    return "file://" + ("" if slashed.startswith("/") else "/") + quote(slashed, safe="/:")
