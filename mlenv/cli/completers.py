"""What a shell offers for a word that is half typed: names and ids that the data knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from mlenv.errors import MlenvError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from mlenv.matrix.load import Matrix


def complete_profiles(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Profiles, with their titles."""
    try:
        matrix = _matrix(context)
        pairs = [(name, matrix.stated_profile(name).title) for name in matrix.profile_names]
    except MlenvError:  # data that cannot be read has nothing to offer
        return []
    return _offer(pairs, incomplete)


def complete_frameworks(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Frameworks of the matrix."""
    try:
        return _offer(((name, "") for name in _matrix(context).framework_ids), incomplete)
    except MlenvError:
        return []


def complete_goals(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Purposes of the decision guide."""
    from mlenv.cli.guide import GOALS

    return _offer(((goal.id, goal.title) for goal in GOALS), incomplete)


def complete_findings(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Findings that have a page."""
    from mlenv.checks.manual import page_ids

    return _offer(((slug, "") for slug in page_ids()), incomplete)


def complete_checks(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Checks of doctor, with what each looks for."""
    from mlenv.checks.registry import all_checks

    return _offer(((check.id, check.summary) for check in all_checks()), incomplete)


def complete_schemas(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Documents and file kinds that have a schema."""
    from mlenv.report.schema import SCHEMAS

    return _offer(((name, "") for name in SCHEMAS), incomplete)


def _offer(pairs: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    """The names that begin so, with what each means."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(name, help=text or None) for name, text in pairs if name.startswith(incomplete)]


def _matrix(context: click.Context) -> Matrix:
    from mlenv.cli.settings import DataOptions

    return DataOptions(matrix_folder=context.params.get("matrix_folder")).open_matrix(checked=False)
