"""``mlenv schema``: the JSON Schema of a document or file kind."""

from __future__ import annotations

import click

from mlenv.cli.completers import complete_schemas
from mlenv.errors import UsageError
from mlenv.report.schema import SCHEMAS, json_schema
from mlenv.terminal import Terminal


@click.command("schema")
@click.argument("name", required=False, shell_complete=complete_schemas)
def command(name: str | None) -> None:
    """Print the JSON Schema of a document.

    Without a NAME the names are listed.

    \b
    mlenv schema
    mlenv schema doctor
    mlenv schema profile
    """
    if name is None:
        Terminal().write("".join(f"{key}\n" for key in SCHEMAS))
        return
    if name not in SCHEMAS:
        raise UsageError(f"there is no schema {name!r}", hint=f"known names: {', '.join(SCHEMAS)}")
    Terminal().write(json_schema(name))
