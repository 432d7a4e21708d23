"""``mlenv matrix check``: whether the data is sound."""

from __future__ import annotations

import click

from mlenv.cli.options import data_options, output_options
from mlenv.cli.settings import DataOptions, OutputOptions, emit
from mlenv.errors import ExitStatus


@click.command("check")
@data_options
@output_options
def command(data: DataOptions, output: OutputOptions) -> int:
    """Check the data: schema, form, sources, references, overlaps, profiles.

    The exit status is 1 where a row is wrong.

    \b
    mlenv matrix check
    mlenv matrix check --matrix site/      a site's own rows over the built-in ones
    """
    from mlenv.matrix.check import check_matrix
    from mlenv.report.matrix.table import CHECK_SCHEMA, MatrixCheckDocument, count_evidence, render_check

    matrix = data.open_matrix(checked=False)
    problems = tuple(check_matrix(matrix))
    rows = [] if problems else [matrix.framework(name) for name in matrix.framework_ids]
    evidence = count_evidence(rows)
    document = MatrixCheckDocument(
        schema=CHECK_SCHEMA,
        matrix_version=matrix.version,
        matrix_digest=matrix.digest,
        problems=problems,
        builds=sum(evidence.values()),
        frameworks=len(rows),
        releases=sum(len(row.release) for row in rows),
        gpus=len(matrix.gpus.gpu) if rows else 0,
        evidence=evidence,
    )
    emit(output.open_terminal(), document, lambda: render_check(document), output)
    return ExitStatus.FOUND_FAULT if problems else ExitStatus.OK
