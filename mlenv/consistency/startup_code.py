"""Code that runs at every start of an environment's Python: ``sitecustomize``, ``usercustomize``, ``.pth`` files.

It runs before any program and can change everything that follows; a package that was tampered with
hides there as easily as a tool that helps.  Known tools are told by what their line does, not by
the name of the file, which anybody can take.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.consistency.finding import Finding, Outcome
from mlenv.consistency.folders import beside, library_folders, names_in, package_folders, parent, read_text
from mlenv.consistency.startup_tools import is_known, is_known_module
from mlenv.facts.environment import Environment
from mlenv.system.host import Host

_CUSTOMIZERS = ("sitecustomize", "usercustomize")


def check_startup_code(host: Host, environment: Environment) -> Outcome:
    """Startup code of the environment's own folders that no known tool has put there."""
    folders = list(package_folders(host, environment))
    found = [item for folder in folders for item in _find_path_files(host, folder)]
    found += [
        item for folder in (*folders, *library_folders(host, environment)) for item in _find_modules(host, folder)
    ]
    unknown = list(dict.fromkeys(path for path, known in found if not known))
    return Outcome(
        findings=tuple(_word(host, path, environment) for path in unknown),
        detail=f"{len(found)} files run code at start-up, all of known tools" if found else "no code runs at start-up",
        measured={"files": float(len(found)), "findings": float(len(unknown))},
    )


def _find_path_files(host: Host, folder: str) -> Iterator[tuple[str, bool]]:
    """``.pth`` files with code, and whether all of it is known."""
    for name in names_in(host, folder):
        if name.endswith(".pth") and not name.startswith("."):
            path = beside(folder, name)
            lines = parse_code_lines(read_text(host, path) or "")
            if lines:
                yield path, all(is_known(line) for line in lines)


def _find_modules(host: Host, folder: str) -> Iterator[tuple[str, bool]]:
    for name in names_in(host, folder):
        module, dot, end = name.partition(".")
        if module not in _CUSTOMIZERS or (dot and end != "py" and not end.endswith(("so", "pyd"))):
            continue
        text = read_text(host, beside(folder, name)) if end == "py" else None
        yield beside(folder, name), text is not None and is_known_module(text)


# > /srv/project/src
# > import _virtualenv
def parse_code_lines(text: str) -> tuple[str, ...]:
    """The lines of a path file that :mod:`site` runs as code: those that begin with ``import``."""
    return tuple(line.strip() for line in text.splitlines() if line.startswith(("import ", "import\t")))


def _word(host: Host, path: str, environment: Environment) -> Finding:
    owner = _find_owner(host, path, environment)
    whose = f"it came with {owner}" if owner else "no package says that it brought it"
    return Finding(
        weight="warn",
        reason="startup-code",
        text=f"{path} runs code at every start of Python; {whose}",
        subject=path,
        remedy="read it, and delete it if nobody knows why it is there",
    )


def _find_owner(host: Host, path: str, environment: Environment) -> str | None:
    """The distribution whose RECORD names a file that lies directly in the folder of packages."""
    folder, name = parent(path), path[len(parent(path)) + 1 :]
    for dist in environment.distributions:
        if dist.path and dist.path.endswith(".dist-info") and parent(dist.path) == folder:
            record = read_text(host, beside(dist.path, "RECORD")) or ""
            if f"\n{name}," in f"\n{record}":
                return f"{dist.name} {dist.version}"
    return None
