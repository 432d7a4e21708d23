"""``mlenv verify``: a green that means it computes."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from mlenv.cli.options import data_options, environment_option, gather, machine_option, report_output_options
from mlenv.cli.settings import DataOptions, OutputOptions


class VerifyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is verified, how much of it, where, and against what."""

    environment: Path | None = None
    profiles: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    level: str | None = None
    device: str = "auto"
    require_gpu: bool = False
    policy_path: Path | None = None
    baseline_path: Path | None = None
    save_baseline: Path | None = None
    soak: float | None = None
    timeout: float | None = None
    machine_path: Path | None = None


@click.command("verify")
@environment_option
@click.option("--profile", "profiles", multiple=True, metavar="NAME", help="Check the frameworks of that profile.")
@click.option(
    "--only",
    multiple=True,
    metavar="PACKAGE",
    help="Check only that package, and nothing that a level adds. Repeatable.",
)
@click.option(
    "--level",
    type=click.Choice(["quick", "standard", "deep"]),
    default=None,
    help="How much to check: quick within a minute (default), standard within five, deep within thirty.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "rocm", "mps", "xpu", "tpu"]),
    default="auto",
    show_default=True,
    help="Where to compute.",
)
@click.option("--require-gpu", is_flag=True, help="A framework that could use a GPU and computes on the CPU fails.")
@click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Hold the machine and the environment to a policy (`mlenv policy init` writes one).",
)
@click.option(
    "--baseline",
    "baseline_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare the measured rates with those of an earlier run (level deep).",
)
@click.option(
    "--save-baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the measured rates for --baseline (level deep).",
)
@click.option(
    "--soak",
    type=click.FloatRange(min=0, max=86400),
    default=None,
    metavar="SECONDS",
    help="Keep each GPU under load for that long and compare every result (level deep; 20 s by default).",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=86400),
    default=None,
    metavar="SECONDS",
    help="What one framework may take (quick 120 s, standard 300 s, deep 1800 s by default).",
)
@machine_option
@data_options
@report_output_options
@gather(VerifyOptions, "options")
def command(options: VerifyOptions, data: DataOptions, output: OutputOptions) -> int:
    """Import every framework of an environment, compute, and check the numbers.

    Each framework runs in a child process of that environment: a crash, a hang, a wrong number
    and a silent fall-back to the CPU are told apart.  Nothing is changed; what would help is printed.

    \b
    mlenv verify                          the environment .venv
    mlenv verify --env ~/envs/torch --require-gpu
    mlenv verify --level deep --save-baseline rates.json
    mlenv verify --policy workstation.toml --format json
    mlenv verify --output junit.xml --output report.html
    """
    from mlenv.cli.verification import verify

    return verify(options, data, output)
