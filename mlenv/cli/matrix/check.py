"""``mlenv matrix check``: whether the data is sound."""

from __future__ import annotations

import click

from mlenv.cli.options import DataOptions, OutputOptions, data_options, emit, output_options
from mlenv.errors import ExitStatus


@click.command("check")
@data_options
@output_options
def command(data: DataOptions, output: OutputOptions) -> int:
    """Check the data: schema, form, sources, references, overlaps, profiles."""
    from mlenv.matrix.check import check_matrix
    from mlenv.report.matrix import CHECK_SCHEMA, MatrixCheckDocument, count_evidence, render_check

    matrix = data.open_matrix(checked=False)
    problems = tuple(check_matrix(matrix))
    evidence = count_evidence(matrix.framework(name) for name in matrix.framework_ids) if not problems else {}
    document = MatrixCheckDocument(
        schema=CHECK_SCHEMA,
        matrix_version=matrix.version,
        matrix_digest=matrix.digest,
        problems=problems,
        builds=sum(evidence.values()),
        frameworks=len(matrix.framework_ids),
        evidence=evidence,
    )
    emit(output.open_terminal(), document, lambda: render_check(document), output)
    return ExitStatus.FOUND_FAULT if problems else ExitStatus.OK
