"""``mlenv profiles``: what can be installed by name."""

from __future__ import annotations

import click
import msgspec

from mlenv.cli.options import get_matrix
from mlenv.report.document import Document, render_json
from mlenv.terminal import Terminal


class ProfilesDocument(Document, frozen=True, kw_only=True):
    """All profiles, or one."""

    profiles: tuple[dict[str, object], ...]


@click.group("profiles", invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the list.")
@click.pass_context
def command(context: click.Context, form: str) -> None:
    """List what can be installed by name.

    \b
    mlenv profiles
    mlenv profiles show pytorch
    """
    if context.invoked_subcommand is not None:
        return
    matrix = get_matrix()
    profiles = [matrix.profile(name) for name in matrix.profile_names]
    if form == "json":
        Terminal().write(_document(*profiles))
        return
    width = max(len(profile.name) for profile in profiles)
    Terminal().write("".join(f"{profile.name:<{width}}  {profile.summary or profile.title}\n" for profile in profiles))


@command.command("show")
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the profile.")
def show(name: str, form: str) -> None:
    """Show one profile."""
    profile = get_matrix().profile(name)
    if form == "json":
        Terminal().write(_document(profile))
        return
    lines = [f"{profile.name}: {profile.title}", profile.summary, f"frameworks:   {', '.join(profile.frameworks)}"]
    lines += [f"if available: {', '.join(profile.optional)}"] if profile.optional else []
    lines += [f"accelerator:  {profile.accelerator}", f"install it:   mlenv install --profile {profile.name}"]
    Terminal().write("\n".join(line for line in lines if line) + "\n")


def _document(*profiles: object) -> str:
    rows = tuple(msgspec.to_builtins(profile) for profile in profiles)
    return render_json(ProfilesDocument(schema="mlenv.profiles/1", matrix_version=get_matrix().version, profiles=rows))
