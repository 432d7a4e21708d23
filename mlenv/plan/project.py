"""What the environment shall hold as a project file for uv.

Each framework is tied to the index it was chosen from (``tool.uv.sources`` with explicit
indexes), so no other index can supply it, and that index supplies nothing else.
"""

from __future__ import annotations

from typing import Any

from mlenv.plan.content import Content, PackageIndex, SourceMetadata


def render_project(content: Content) -> str:
    """The project file that uv locks."""
    import tomli_w

    project: dict[str, Any] = {
        "project": {
            "name": "mlenv-environment",
            "version": "0",
            "requires-python": python_condition(content),
            "dependencies": list(content.names),
        },
        # A workspace of its own, whatever project lies around the environment.  Not ``managed = false``:
        # that makes uv forget ``sources``, and a framework would come from any index.
        "tool": {"uv": {**uv_table(content), "workspace": {}}},
    }
    return tomli_w.dumps(project)


def python_condition(content: Content) -> str:
    """``==3.12.*``: the series, and no other."""
    return f"=={content.python.rstrip('t')}.*"


def uv_table(content: Content) -> dict[str, Any]:
    """The ``[tool.uv]`` table: indexes, what is tied to them, wheel folders, constraints."""
    table: dict[str, Any] = {}
    if content.wheels:
        table["find-links"] = [place.address for place in content.wheels]
    if content.trusted_hosts:
        table["allow-insecure-host"] = list(content.trusted_hosts)
    if content.no_index:
        table["no-index"] = True
    if content.best_match:
        table["index-strategy"] = "unsafe-best-match"
    tied = {row.name: {"index": row.index} for row in content.requirements if row.index is not None}
    tied |= {name: {"index": index} for name, index in content.ties.items()}
    if tied:
        table["sources"] = tied
    if content.indexes:
        table["index"] = [_index_row(index) for index in content.indexes]
    if content.constraints:
        table["constraint-dependencies"] = list(content.constraints)
    if content.metadata:
        # Without it uv fetches a whole source archive, some of hundreds of megabytes, to read a few lines.
        table["dependency-metadata"] = [_metadata_row(row) for row in content.metadata]
    return table


def _metadata_row(row: SourceMetadata) -> dict[str, Any]:
    table: dict[str, Any] = {"name": row.name, "version": row.version, "requires-dist": list(row.requires)}
    return {**table, "provides-extra": list(row.extras)} if row.extras else table


def _index_row(index: PackageIndex) -> dict[str, Any]:
    row: dict[str, Any] = {"name": index.name, "url": index.url}
    if index.explicit:
        row["explicit"] = True
    if index.default:
        row["default"] = True
    return row
