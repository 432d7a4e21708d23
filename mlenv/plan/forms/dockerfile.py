"""A Dockerfile: the plan's commands in a stage of their own, the environment alone in the image.

Local folders of wheels and local indexes come in as named build contexts, at their own paths.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from mlenv.errors import UsageError
from mlenv.plan.forms.container import Base, find_base
from mlenv.plan.forms.script import IMPORT, UV_MANAGERS, Script, make_script
from mlenv.plan.forms.sheet import Sheet, comment, headlines, notes
from mlenv.plan.forms.shell import here_mark, whole
from mlenv.plan.plan import PlannedFile, Step

ENVIRONMENT = "/opt/venv"
PYTHONS = "/opt/python"
CACHE = "/var/cache/packages"
"""Where uv and pip keep what they fetched; kept between builds, and in no image."""
USER, NUMBER = "ml", 10001  # by number: an orchestrator that forbids root cannot look up names
APT = """\
# hadolint ignore=DL3008
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends {packages} \\
    && rm -rf /var/lib/apt/lists/*"""
COMPILER = "build-essential"
UNMOUNTABLE = ",\"'$\\"


def render(sheet: Sheet) -> str:
    """The Dockerfile; :class:`UsageError` where the plan is for no Linux or for a manager of other environments."""
    if sheet.plan.manager not in UV_MANAGERS:
        raise UsageError("--format dockerfile takes plans of uv and pip", hint="say --manager uv")
    base, script = find_base(sheet), make_script(sheet)
    if not base.python and sheet.plan.manager == "pip":
        raise UsageError(
            f"{base.image} has no Python {sheet.content.python}, which pip cannot bring", hint="say --manager uv"
        )
    head = ["# syntax=docker/dockerfile:1", *comment([*_head(sheet, base), *_notes(sheet, base)])]
    return "\n\n".join(["\n".join(head), *_build_stage(sheet, base, script), *_image(sheet, base, script)]) + "\n"


def _head(sheet: Sheet, base: Base) -> Iterator[str]:
    yield from headlines(sheet)
    contexts = "".join(f" --build-context {name}={shlex.quote(path)}" for name, path in _folders(sheet).items())
    tag = _tag(sheet)
    yield f"Build: docker build --tag {tag}{contexts} - < Dockerfile"
    options = f" {base.use.options}" if base.use.options else ""
    yield f"Run: docker run --rm -it{options} {tag}"
    yield f"The host needs {base.use.host.format(driver=sheet.content.driver)}."
    yield from (f"This image lacks {title}: start from one that has it." for title in base.lacking)


def _notes(sheet: Sheet, base: Base) -> list[str]:
    """The notes, but for those of needs that the image satisfies."""
    return [note for note in notes(sheet) if not any(f" needs {title}" in note for title in base.satisfied)]


def _tag(sheet: Sheet) -> str:
    words = "-".join(sheet.content.profiles) or "mlenv-environment"
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in words.lower()).strip("-")


def _build_stage(sheet: Sheet, base: Base, script: Script) -> Iterator[str]:
    yield f"FROM {base.image} AS build"
    packages = [COMPILER] if sheet.content.built else []
    packages += [] if base.python else ["ca-certificates", "python3", "python3-venv"]
    packages += [name for name in base.packages if sheet.content.built]
    if packages:
        yield APT.format(packages=" ".join(sorted(set(packages))))
    brought = f"UV_PYTHON_PREFERENCE=only-managed UV_PYTHON_INSTALL_DIR={PYTHONS}"
    yield f"ENV XDG_CACHE_HOME={CACHE} UV_LINK_MODE=copy {'UV_PYTHON_DOWNLOADS=never' if base.python else brought}"
    if script.needs_uv:
        options = "".join(f"{shlex.quote(word)} " for word in _pip_options(sheet))
        yield (
            f"# hadolint ignore=DL3013,DL3042\nRUN {_mounts(sheet, cache=False)}python3 -m venv /opt/uv \\\n"
            f"    && /opt/uv/bin/python -m pip install --no-cache-dir {options}uv"
        )
        yield "ENV PATH=/opt/uv/bin:$PATH"
    yield f"RUN {_command(script.first)}"
    yield from (_copy(file) for file in script.files)
    commands = " \\\n    && ".join(_command(step) for step in script.rest)
    purposes = "\n".join(comment([step.purpose for step in script.rest]))
    yield f"{purposes}\nRUN {_mounts(sheet, cache=True)}{commands}"


def _pip_options(sheet: Sheet) -> Iterator[str]:
    content = sheet.content
    if content.no_index or content.offline:
        yield "--no-index"
    for index in content.indexes:
        if index.default:
            yield from ("--index-url", index.url)
    for place in content.wheels if content.no_index or content.offline else ():
        yield from ("--find-links", place.address)


def _command(step: Step) -> str:
    return " ".join(shlex.quote(word) for word in step.argv)


def _copy(file: PlannedFile) -> str:
    mark = here_mark(file.text)
    return f"COPY <<'{mark}' {ENVIRONMENT}/{file.path}\n{whole(file.text)}{mark}"


def _folders(sheet: Sheet) -> dict[str, str]:
    """The local folders among the sources, by the name of a build context."""
    content = sheet.content
    indexes = [_around(path) for index in content.indexes if (path := _local(index.url))]
    paths = [*indexes, *(path for place in content.wheels if (path := _local(place.address)))]
    odd = next((path for path in paths if set(path) & set(UNMOUNTABLE)), None)
    if odd is not None:
        raise UsageError(
            f"--format dockerfile: {odd!r} holds a letter that a mount of a Dockerfile cannot name ({UNMOUNTABLE})",
            hint="name the folder by a link to it",
        )
    return {f"local{number}": path for number, path in enumerate(dict.fromkeys(paths), 1)}


def _around(path: str) -> str:
    """The folder that holds an index and its files: its pages point beside it (``../../packages``)."""
    folder, name = posixpath.split(path)
    return folder if name == "simple" and folder != "/" else path


def _local(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme == "file":
        return posixpath.normpath(unquote(parts.path))
    return address if not parts.scheme and address.startswith("/") else ""


def _mounts(sheet: Sheet, *, cache: bool) -> str:
    mounts = [f'"--mount=type=bind,from={name},target={path}"' for name, path in _folders(sheet).items()]
    mounts = [mount if " " in mount else mount.strip('"') for mount in mounts]
    if cache:
        mounts.append(f"--mount=type=cache,target={CACHE}")
    return "".join(f"{mount} \\\n    " for mount in mounts)


def _image(sheet: Sheet, base: Base, script: Script) -> Iterator[str]:
    yield f"FROM {base.image}"
    yield "LABEL " + " \\\n      ".join(f"{name}={quote(value)}" for name, value in _labels(sheet))
    if base.packages:
        yield APT.format(packages=" ".join(base.packages))
    if not base.python:
        yield f"COPY --from=build {PYTHONS} {PYTHONS}"
    yield f"COPY --from=build {ENVIRONMENT} {ENVIRONMENT}"
    yield f"RUN useradd --create-home --user-group --uid {NUMBER} {USER}"
    yield "ENV " + " \\\n    ".join(f"{name}={value}" for name, value in _variables(sheet, base))
    yield f"USER {NUMBER}:{NUMBER}\nWORKDIR /home/{USER}"
    if script.imports and sheet.content.accelerator == "cpu":
        yield f"# Importing every framework proves less than mlenv verify\nRUN {_import(script)}"
    yield 'CMD ["python"]'


def _import(script: Script) -> str:
    assert IMPORT in script.imports
    return " ".join(shlex.quote(word) for word in script.imports)


def _labels(sheet: Sheet) -> Iterator[tuple[str, str]]:
    content, data = sheet.content, sheet.matrix.data_version
    packages = ", ".join(f"{row.name} {row.version}" for row in sheet.plan.packages)
    yield "org.opencontainers.image.title", _tag(sheet)
    yield "org.opencontainers.image.description", f"{packages}; Python {content.python}, {content.accelerator}"
    yield "org.mlenv.version", sheet.program
    yield from [("org.mlenv.profile", " ".join(content.profiles))] if content.profiles else []
    yield "org.mlenv.accelerator", f"{content.accelerator} {content.variant}"
    yield "org.mlenv.matrix.version", data.version
    yield "org.mlenv.matrix.digest", data.digest
    if content.driver:
        yield "org.mlenv.driver.lowest", content.driver


def _variables(sheet: Sheet, base: Base) -> Iterator[tuple[str, str]]:
    yield "PATH", f"{ENVIRONMENT}/bin:$PATH"
    yield "VIRTUAL_ENV", ENVIRONMENT
    yield from ((name, quote(value)) for name, value in sorted({**base.use.variables, **sheet.plan.variables}.items()))


def quote(value: str) -> str:
    r"""A value of ENV or LABEL: within double quotes, in which ``\``, ``"`` and ``$`` are escaped."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{" ".join(escaped.splitlines())}"'
