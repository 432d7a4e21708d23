"""The lock itself (PEP 751)."""

from __future__ import annotations

from mlenv.errors import NoVerdictError
from mlenv.plan.forms.sheet import Sheet


def render(sheet: Sheet) -> str:
    """The text of the pylock.toml; :class:`NoVerdictError` where nothing has proven the plan."""
    if sheet.plan.lock is None:
        why = sheet.plan.proof.detail if sheet.plan.proof else f"plans for {sheet.plan.manager} have none"
        raise NoVerdictError(
            f"a lock needs the proof of the package resolver, and there is none: {why}",
            hint="check the network, proxy and index settings (`mlenv probe` shows them), then run it again",
        )
    return sheet.plan.lock
