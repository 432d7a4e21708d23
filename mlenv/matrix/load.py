"""The one loader of the compatibility matrix.

An installed mlenv carries the data as package data; an editable install or a checkout does not,
and has it beside the package.  Files are read when they are first asked for, so a plan for one
framework never reads the others.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TypeVar

import msgspec
import tomli

from mlenv.errors import UsageError
from mlenv.matrix.hardware import Drivers, GpuModels
from mlenv.matrix.rows import Framework, Index, Indexes, MatrixInfo, Profile, Pythons, PythonSeries

SCHEMA = 1
ROWS = TypeVar("ROWS")


def data_folder() -> Path:
    """The folder of the built-in matrix."""
    package = Path(__file__).parent.parent
    installed = package / "compat_matrix"
    return installed if installed.is_dir() else package.parent / "compat_matrix"


def load_file(path: Path, kind: type[ROWS]) -> ROWS:
    """One TOML file as a typed value; :class:`UsageError` names file, key and what is expected."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not a text file in UTF-8") from None
    return parse_toml(text, kind, origin=str(path))


def parse_toml(text: str, kind: type[ROWS], *, origin: str) -> ROWS:
    """TOML text as a typed value; ``origin`` names it in errors."""
    try:
        return msgspec.convert(tomli.loads(text), kind)
    except tomli.TOMLDecodeError as error:
        raise UsageError(f"{origin}: is not valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{origin}: {_name_key(error)}", hint=_expectation(kind)) from None


_EXAMPLES: dict[str, str] = {}
_FORM = re.compile(r"Expected `str` matching regex (?P<pattern>'.*') - at `\$\.(?P<key>.*)`")


def written_as(pattern: str, example: str) -> msgspec.Meta:
    """The form of a text value; ``example`` stands in the error of a value that is written otherwise."""
    _EXAMPLES[repr(pattern)] = example
    return msgspec.Meta(pattern=pattern, examples=[example])


def _name_key(error: msgspec.ValidationError) -> str:
    """``Object contains unknown field `x` - at `$.gpu[0]``` said with TOML's words."""
    form = _FORM.search(str(error))
    if form:
        return f'`{form["key"]}` is not written as it should be (as in "{_EXAMPLES.get(form["pattern"], "")}")'
    text = str(error).replace("Object contains", "has an").replace("Object missing required field", "lacks the key")
    text = text.replace("unknown field", "unknown key")
    return text.replace(" - at `$.", " in `").replace(" - at `$`", "").replace("`$", "`")


def _expectation(kind: type[object]) -> str:
    fields = getattr(kind, "__struct_fields__", ())
    return f"known keys: {', '.join(fields)}" if fields else ""


class Matrix:
    """The compatibility matrix in one folder; each file is loaded once, when first needed."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or data_folder()

    @functools.cached_property
    def info(self) -> MatrixInfo:
        """Version and date of the data."""
        info = load_file(self.folder / "matrix.toml", MatrixInfo)
        if info.schema != SCHEMA:
            raise UsageError(
                f"{self.folder / 'matrix.toml'}: schema is {info.schema}, this mlenv reads {SCHEMA}",
                hint="use the data that belongs to this version of mlenv",
            )
        return info

    @property
    def version(self) -> str:
        """The calendar version of the data."""
        return self.info.version

    @functools.cached_property
    def drivers(self) -> Drivers:
        """NVIDIA drivers, CUDA releases, GPU generations and code rules."""
        return load_file(self.folder / "drivers.toml", Drivers)

    @functools.cached_property
    def gpus(self) -> GpuModels:
        """GPU products."""
        return load_file(self.folder / "gpus.toml", GpuModels)

    @functools.cached_property
    def indexes(self) -> dict[str, Index]:
        """Package indexes by id."""
        return {row.id: row for row in load_file(self.folder / "indexes.toml", Indexes).index}

    @functools.cached_property
    def pythons(self) -> tuple[PythonSeries, ...]:
        """Series of CPython, newest first."""
        return load_file(self.folder / "pythons.toml", Pythons).python

    @functools.cached_property
    def framework_ids(self) -> tuple[str, ...]:
        """The ids of all frameworks, sorted."""
        return tuple(sorted(path.stem for path in (self.folder / "frameworks").glob("*.toml")))

    @functools.cached_property
    def distributions(self) -> dict[str, str]:
        """Every distribution that the matrix installs, and the framework it belongs to.

        Reads all framework files: for commands that run for seconds anyway.
        """
        table: dict[str, str] = {}
        for name in self.framework_ids:
            framework = self.framework(name)
            others = {build.distribution for release in framework.release for build in release.builds}
            table.update(dict.fromkeys(others - {""}, name))
            table[framework.distribution] = name
        return table

    @functools.cached_property
    def profile_names(self) -> tuple[str, ...]:
        """The names of all profiles, sorted."""
        return tuple(sorted(path.stem for path in (self.folder / "profiles").glob("*.toml")))

    @functools.cache  # noqa: B019 - one matrix lives as long as the program
    def framework(self, name: str) -> Framework:
        """The framework with that id."""
        return load_file(self.folder / "frameworks" / f"{name}.toml", Framework)

    @functools.cache  # noqa: B019
    def profile(self, name: str) -> Profile:
        """The profile with that name; :class:`UsageError` lists the known ones."""
        if name not in self.profile_names:
            raise UsageError(f"unknown profile {name!r}", hint=f"known profiles: {', '.join(self.profile_names)}")
        return load_file(self.folder / "profiles" / f"{name}.toml", Profile)
