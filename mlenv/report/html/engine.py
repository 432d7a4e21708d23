"""The door to the templates: every text is escaped, and cleaned before that."""

from __future__ import annotations

import base64
import hashlib
import itertools
import operator
from collections.abc import Callable, Iterable
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from mlenv.report.forms.words import plain


def render_template(name: str, strip: Callable[[str], str] = str, **values: object) -> str:
    """A page from ``NAME.html.j2`` with the shared style and script in it.

    ``strip`` takes private words out of every text before it is escaped; what a template itself
    says passes through it as well, which does no harm.
    """
    template = _open_environment(strip).get_template(f"{name}.html.j2")
    script = read_part("script.js")
    shared = {"style": Markup(read_part("style.css")), "script": Markup(script), "script_digest": _digest(script)}  # noqa: S704 - our own files
    return template.render({**shared, **values})


def read_part(name: str) -> str:
    """A file of this folder, also out of an archive."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _open_environment(strip: Callable[[str], str]) -> Environment:
    def finish(value: object) -> object:
        """Foreign text without controls and private words; markup of ours as it is."""
        return strip(plain(value)) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=FunctionLoader(read_part),
        autoescape=True,
        finalize=finish,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["groupby_run"] = _group_runs
    return environment


def _group_runs(rows: Iterable[object], attribute: str) -> list[tuple[object, list[object]]]:
    """Neighbours that agree in an attribute, in their order (Jinja's own filter sorts them)."""
    key = operator.attrgetter(attribute)
    return [(value, list(members)) for value, members in itertools.groupby(rows, key=key)]


def _digest(script: str) -> str:
    """The script's digest for the page's own policy: no other script runs, whatever a text holds."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
