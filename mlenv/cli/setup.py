"""``mlenv setup``: three questions, a plan, and the environment."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.completers import complete_goals, complete_profiles
from mlenv.cli.options import data_options, environment_option, machine_option, output_options
from mlenv.cli.settings import DataOptions, OutputOptions


@click.command("setup")
@click.option(
    "--goal",
    metavar="GOAL",
    shell_complete=complete_goals,
    help="What you want to do: tables, deep, language, images, big-data, in-use, causes, quantum or other.",
)
@click.option(
    "--profile",
    metavar="NAME",
    shell_complete=complete_profiles,
    help="With which framework: a name (see `mlenv profiles`).",
)
@environment_option
@click.option("--yes", is_flag=True, help="Do it without asking; what was not said gets the usual answer.")
@machine_option
@data_options
@output_options
def command(
    goal: str | None,
    profile: str | None,
    environment: Path | None,
    yes: bool,
    machine_path: Path | None,
    data: DataOptions,
    output: OutputOptions,
) -> int:
    """Ask three questions, show the plan, and set the environment up.

    What do you want to do, with which framework, where? The device (CPU or GPU) is found out.
    Nothing is done before you say yes. Answers may be given as options. Without a terminal nobody
    is asked: the plan is printed with the command that carries it out.

    \b
    mlenv setup
    mlenv setup --goal deep                        asks only which framework, and where
    mlenv setup --profile pytorch --env ~/envs/torch
    mlenv setup --goal tables --yes                the usual answers, and no question
    mlenv setup --goal language --machine server.toml
    """
    from mlenv.cli.interview import Answers
    from mlenv.cli.settingup import SettingUp

    given = Answers(goal=goal, profile=profile, environment=environment)
    return SettingUp(given, machine_path, data, output, yes=yes).run()
