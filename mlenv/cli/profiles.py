"""``mlenv profiles``: what can be installed by name."""

from __future__ import annotations

import click
import msgspec

from mlenv.cli.options import data_options
from mlenv.cli.settings import DataOptions
from mlenv.matrix.load import DataVersion
from mlenv.matrix.rows import Profile
from mlenv.report.document import Document, render_json
from mlenv.terminal import Terminal


class ProfilesDocument(Document, frozen=True, kw_only=True):
    """All profiles, or one."""

    profiles: tuple[dict[str, object], ...]


@click.group("profiles", invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the list.")
@data_options
@click.pass_context
def command(context: click.Context, form: str, data: DataOptions) -> None:
    """List what can be installed by name.

    \b
    mlenv profiles
    mlenv profiles show pytorch
    """
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    matrix = data.open_matrix()
    profiles = [matrix.profile(name) for name in matrix.profile_names]
    if form == "json":
        Terminal().write(_document(matrix.data_version, *profiles))
        return
    width = max((len(profile.name) for profile in profiles), default=0)
    Terminal().write("".join(f"{profile.name:<{width}}  {profile.summary or profile.title}\n" for profile in profiles))


@command.command("show")
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the profile.")
@data_options
@click.pass_context
def show(context: click.Context, name: str, form: str, data: DataOptions) -> None:
    """Show one profile."""
    chosen = data if data.matrix_folder else context.obj
    matrix = chosen.open_matrix()
    profile = matrix.profile(name)
    text = _document(matrix.data_version, profile) if form == "json" else _render(profile)
    Terminal().write(text)


def _render(profile: Profile) -> str:
    lines = [f"{profile.name}: {profile.title}", profile.summary, f"frameworks:   {', '.join(profile.frameworks)}"]
    lines += [f"if available: {', '.join(profile.optional)}"] if profile.optional else []
    lines += [f"accelerator:  {profile.accelerator}", f"install it:   mlenv install --profile {profile.name}"]
    return "\n".join(line for line in lines if line) + "\n"


def _document(data: DataVersion, *profiles: Profile) -> str:
    rows = tuple(msgspec.to_builtins(profile) for profile in profiles)
    document = ProfilesDocument(
        schema="mlenv.profiles/1", matrix_version=data.version, matrix_digest=data.digest, profiles=rows
    )
    return render_json(document)
