"""``mlenv sbom``: what an environment is made of, as CycloneDX."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import click

from mlenv.cli.options import data_options, environment_option, machine_option
from mlenv.cli.settings import DataOptions, get_machine, open_host, open_redactor, write_file
from mlenv.errors import ExitStatus
from mlenv.terminal import Terminal


@click.command("sbom")
@environment_option
@machine_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the bill there instead of to standard output.",
)
@click.option("--no-redact", "redact", is_flag=True, flag_value=False, default=True, help="Keep home folders in paths.")
@data_options
def command(
    environment: Path | None, machine_path: Path | None, output: Path | None, redact: bool, data: DataOptions
) -> int:
    """Print the bill of materials of an environment: CycloneDX 1.6, JSON.

    Every distribution with its package URL, version, licences, hashes and what it needs; and what
    lies below: the GPU driver, CUDA and ROCm, system libraries, the system and its GPUs. Files are
    read, nothing is imported. Needs the extra: pip install "mlenv[sbom]".

    \b
    mlenv sbom --output bom.json
    SOURCE_DATE_EPOCH=1700000000 mlenv sbom --env /opt/venv     the same bytes each time
    """
    from mlenv.cli.settings import DEFAULT_ENVIRONMENT
    from mlenv.cli.verifying import read_named_environment
    from mlenv.execute.manifest import read_current
    from mlenv.report.redact import mask_machine
    from mlenv.sbom.bill import Case, make_bill, read_moment
    from mlenv.sbom.cyclonedx import render_cyclonedx

    moment, settled = read_moment(os.environ.get("SOURCE_DATE_EPOCH"), lambda: datetime.now(timezone.utc))
    path = environment or Path(DEFAULT_ENVIRONMENT)
    found = read_named_environment(path)
    matrix = data.open_matrix()
    case = Case(
        environment=found,
        machine=mask_machine(get_machine(machine_path, path)),
        manifest=read_current(path),
        data=matrix.data_version,
        frameworks=frozenset(matrix.framework_ids),
    )
    bill = make_bill(open_host(), case, moment, settled=settled, strip=open_redactor(redact=redact))
    text = render_cyclonedx(bill)
    if output is None:
        Terminal().write(text)
    else:
        write_file(output, text)
    return ExitStatus.OK
