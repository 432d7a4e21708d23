"""``mlenv profiles``: what can be installed by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click
import msgspec

from mlenv.cli.completers import complete_profiles
from mlenv.cli.options import data_options, output_options
from mlenv.cli.settings import DataOptions, OutputOptions, emit
from mlenv.terminal import Terminal

if TYPE_CHECKING:
    from mlenv.matrix.load import Matrix
    from mlenv.matrix.rows import Profile
    from mlenv.report.profiles import ProfilesDocument


@click.group("profiles", invoke_without_command=True)
@data_options
@output_options
@click.pass_context
def command(context: click.Context, data: DataOptions, output: OutputOptions) -> None:
    """List what can be installed by name.

    \b
    mlenv profiles
    mlenv profiles show pytorch
    mlenv profiles show team.toml          a file of your own
    """
    from mlenv.report.profiles import render_profiles

    context.obj = data
    if context.invoked_subcommand is not None:
        return
    matrix = data.open_matrix()
    profiles = [matrix.profile(name) for name in matrix.profile_names]
    _say(matrix, profiles, output, lambda terminal: render_profiles(profiles, terminal.width))


@command.command("show")
@click.argument("name", shell_complete=complete_profiles)
@data_options
@output_options
@click.pass_context
def show(context: click.Context, name: str, data: DataOptions, output: OutputOptions) -> None:
    """Show one profile: what it installs, on which device, and what that takes.

    \b
    mlenv profiles show pytorch
    mlenv profiles show team.toml          a file of your own
    """
    from mlenv.cli.request import load_profile
    from mlenv.report.profiles import render_profile

    matrix = (data if data.matrix_folder else context.obj).open_matrix()
    profile = load_profile(matrix, name)
    _say(matrix, [profile], output, lambda terminal: render_profile(profile, terminal.width, name))


def _say(matrix: Matrix, profiles: list[Profile], output: OutputOptions, render: Callable[[Terminal], str]) -> None:
    terminal = output.open_terminal()
    emit(terminal, _document(matrix, profiles), lambda: render(terminal), output)


def _document(matrix: Matrix, profiles: list[Profile]) -> ProfilesDocument:
    from mlenv.report.profiles import PROFILES_SCHEMA, ProfilesDocument

    return ProfilesDocument(
        schema=PROFILES_SCHEMA,
        matrix_version=matrix.version,
        matrix_digest=matrix.digest,
        profiles=tuple(msgspec.to_builtins(profile) for profile in profiles),
    )
