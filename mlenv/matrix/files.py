"""All files of a matrix as one value, and their JSON Schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from mlenv.errors import UsageError
from mlenv.matrix.hardware import Drivers, GpuModels, RocmReleases
from mlenv.matrix.health import Health
from mlenv.matrix.images import ContainerImages
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import (
    Build,
    FileFamilies,
    Framework,
    Indexes,
    MatrixInfo,
    Profile,
    Pythons,
    Row,
    SystemNeeds,
)
from mlenv.matrix.walk import label_row

KINDS: dict[str, type[Row]] = {
    "drivers": Drivers,
    "families": FileFamilies,
    "framework": Framework,
    "gpus": GpuModels,
    "health": Health,
    "images": ContainerImages,
    "indexes": Indexes,
    "matrix": MatrixInfo,
    "needs": SystemNeeds,
    "profile": Profile,
    "pythons": Pythons,
    "rocm": RocmReleases,
}
"""Each kind of file and the type of its contents."""

FOLDERS = {"framework": "frameworks", "profile": "profiles"}
"""Kinds of which there are many files, in a folder."""
SINGLE = frozenset(kind for kind in KINDS if kind not in FOLDERS)
ROWS = TypeVar("ROWS", bound=Row)


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a matrix by their path in its folder, and why others did not load."""

    rows: dict[str, Row]
    broken: tuple[str, ...] = ()

    def of(self, kind: type[ROWS]) -> dict[str, ROWS]:
        """The files of one kind."""
        return {path: row for path, row in self.rows.items() if isinstance(row, kind)}

    def one(self, kind: type[ROWS]) -> ROWS | None:
        """The only file of a kind, None where it did not load."""
        return next(iter(self.of(kind).values()), None)

    def builds(self) -> Iterator[tuple[str, Build]]:
        """Every build of every framework, with its place for a message."""
        for path, framework in self.of(Framework).items():
            for release in framework.release:
                for build in release.builds:
                    yield f"{path}: {release.version} {label_row(build, 'builds')}", build


def load_files(matrix: Matrix) -> Files:
    """Every file of a matrix, a site's rows over ours; one that cannot be loaded is told of in ``broken``."""
    rows: dict[str, Row] = {}
    broken = [f"{path}: is no file of a matrix" for path in _strangers(matrix)]
    for path, kind in list_files(matrix):
        loaded = _try_read(matrix, path, kind)
        if isinstance(loaded, str):
            broken.append(loaded)
        else:
            rows[path] = loaded
    return Files(rows=rows, broken=tuple(broken))


def kind_of(path: str) -> str:
    """The kind of a file by its path in a folder of the matrix; empty for one that nothing reads."""
    folder, _, name = path.rpartition("/")
    stem = name.removesuffix(".toml")
    if not folder:
        return stem if stem in SINGLE else ""
    return next((kind for kind, place in FOLDERS.items() if place == folder), "")


def _try_read(matrix: Matrix, path: str, kind: type[Row]) -> Row | str:
    try:
        return matrix.read(path, kind)
    except UsageError as error:
        return error.message.removeprefix(f"{matrix.folder}/")


def list_files(matrix: Matrix) -> Iterator[tuple[str, type[Row]]]:
    """The path and kind of every file that a matrix has, or should have."""
    for kind in KINDS:
        if kind not in FOLDERS:
            yield f"{kind}.toml", KINDS[kind]
    yield from ((f"frameworks/{name}.toml", Framework) for name in matrix.framework_ids)
    yield from ((f"profiles/{name}.toml", Profile) for name in matrix.profile_names)


def _strangers(matrix: Matrix) -> Iterator[str]:
    """TOML files that nothing reads: a folder or name that is written wrong, a pipe or device."""
    for layer in matrix.layers:
        for path in sorted(layer.rglob("*.toml")):
            special = path.exists() and not path.is_file() and not path.is_dir()
            if special or not kind_of(path.relative_to(layer).as_posix()):
                yield str(path)


def render_schemas() -> dict[str, str]:
    """The JSON Schema of each kind of file, as text, by the name of its file in ``schema/``."""
    return {f"{kind}.json": _render_schema(kind) for kind in KINDS}


def _render_schema(kind: str) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"mlenv matrix: {kind}"}
    schema = _even_out(msgspec.json.schema(KINDS[kind]))
    return json.dumps({**head, **schema}, indent=2) + "\n"


def _even_out(schema: dict[str, Any]) -> dict[str, Any]:
    """Descriptions without line breaks: Python 3.13 takes the indentation out of docstrings, older ones do not."""

    def visit(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: _words(item) if key == "description" else visit(item) for key, item in value.items()}
        return [visit(item) for item in value] if isinstance(value, list) else value

    return dict(visit(schema))


def _words(value: Any) -> Any:
    """A description on one line; a property that is called ``description`` is no text."""
    return " ".join(value.split()) if isinstance(value, str) else value
