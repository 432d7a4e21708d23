"""``mlenv doctor``: findings with cause, evidence and fix."""

from __future__ import annotations

from pathlib import Path

import click

from mlenv.cli.completers import complete_checks, complete_findings
from mlenv.cli.options import data_options, probe_options, report_output_options
from mlenv.cli.settings import DataOptions, OutputOptions, ProbeOptions


@click.command("doctor")
@probe_options
@click.option(
    "--from",
    "report_path",
    type=click.Path(allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Read somebody's report in place of this machine: collect_env and its like, nvidia-smi, pip list and"
    " others, alone or together, also in Markdown; or an mlenv snapshot. - reads standard input.",
)
@click.option(
    "--error",
    "error_path",
    type=click.Path(allow_dash=True, path_type=Path),
    metavar="FILE",
    help="The error text that was seen: what it means on this machine. - reads standard input.",
)
@click.option("--list-checks", is_flag=True, help="List the checks and stop.")
@click.option(
    "--check",
    "only",
    multiple=True,
    metavar="ID",
    shell_complete=complete_checks,
    help="Run only that check. Repeatable.",
)
@click.option(
    "--explain",
    metavar="ID",
    shell_complete=complete_findings,
    help="Print the page of a finding: what it is and how it is fixed. Stop.",
)
@click.option("--fix", is_flag=True, help="Offer to mend what can be mended in the environment, by making it anew.")
@click.option("--yes", is_flag=True, help="Mend without asking.")
@data_options
@report_output_options
def command(
    asked: ProbeOptions,
    report_path: Path | None,
    error_path: Path | None,
    list_checks: bool,
    only: tuple[str, ...],
    explain: str | None,
    fix: bool,
    yes: bool,
    data: DataOptions,
    output: OutputOptions,
) -> int:
    """Diagnose this machine and say how to mend it.

    A machine without a GPU is healthy. With --env the frameworks of that environment are also
    imported, each in a child process that may crash.

    \b
    mlenv doctor
    mlenv doctor -v                      every check and how it went
    mlenv doctor --env .venv             also this environment
    mlenv doctor --machine server.toml   another machine
    mlenv doctor --error traceback.txt   what that error means here
    mlenv doctor --from report.txt       what somebody else's report shows
    mlenv doctor --explain ID            all about one finding
    mlenv doctor --env .venv --fix       offers to mend that environment
    """
    from mlenv.cli.diagnosis import Fixing, Sources, examine, show_checks
    from mlenv.errors import UsageError

    if list_checks:
        return show_checks(output)
    if explain is not None:
        from mlenv.cli.explaining import show_explanation

        return show_explanation(explain, data, output)
    if yes and not fix:
        raise UsageError("--yes answers the question of --fix", hint="say --fix too, or leave it out")
    told = Sources(report=report_path, error=error_path)
    return examine(asked, told, data, output, only, Fixing(yes=yes) if fix else None)
