"""``mlenv env diff --against``: what is really installed, and this machine, held to a manifest."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from mlenv.cli.settings import DEFAULT_ENVIRONMENT, DataOptions, OutputOptions, get_machine


def compare_with_manifest(environment: Path | None, against: Path, output: OutputOptions, *, with_machine: bool) -> int:
    """Print what differs, and give the status: 1 where something does, 0 where nothing."""
    from mlenv.cli.drift import load_manifest, redact_machine, report_drift
    from mlenv.cli.settings import open_redactor
    from mlenv.cli.verifying import read_named_environment
    from mlenv.execute.manifest import read_current
    from mlenv.report.environments.installed import Installed, compare_installed
    from mlenv.report.environments.knowledge import gather_knowledge

    manifest = load_manifest(against)
    path = environment or Path(DEFAULT_ENVIRONMENT)
    found = read_named_environment(path)
    machine = None
    if with_machine:
        # A manifest may have been passed on, its owner's words taken out; both sides lose them.
        machine = redact_machine(get_machine(None, path), open_redactor())
        manifest = replace(manifest, machine=redact_machine(manifest.machine, open_redactor()))
    matrix = DataOptions().open_matrix(checked=False)
    installed = Installed(environment=found, manifest=read_current(path))
    changes = compare_installed(manifest, installed, machine, gather_knowledge(matrix))
    names = (str(path), str(against))
    return report_drift("environment", names, changes, matrix.data_version, output, since=manifest.created)
