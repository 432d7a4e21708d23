"""A Python environment in plain words: a line for each thing that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mlenv.facts.environment import Distribution, Environment, LoadedLibrary
from mlenv.report.host_lines import Line

_FOUND = {
    "working-directory": "in the working directory",
    "python-path": "by PYTHONPATH",
    "user-site": "in the user's own packages",
}


def environment_lines(environment: Environment, *, verbose: bool) -> Iterator[Line]:
    """What it is and what is odd about it; ``verbose`` lists all that is installed."""
    yield "Environment", describe_environment(environment)
    counts = Counter(dist.name for dist in environment.distributions)
    for dist in environment.distributions:
        if verbose or dist.build or counts[dist.name] > 1:
            yield "Package", describe_distribution(dist)
    for shadow in environment.shadows or ():
        yield "Shadowed", f"{shadow.module} by {shadow.path} ({_FOUND[shadow.found]})"
    for overlap in environment.overlaps or ():
        yield "Overlap", f"{overlap.path} of {', '.join(overlap.distributions)}"
    for runtime in environment.openmp or ():
        owner = f" ({runtime.distribution})" if runtime.distribution else ""
        yield "OpenMP", f"{runtime.runtime} {runtime.path}{owner}"
    for library in environment.libraries or ():
        yield "Loads", describe_loaded(library)


def describe_environment(environment: Environment) -> str:
    """``venv at .venv, Python 3.12.4, 57 distributions``."""
    parts = [f"{environment.kind or 'environment'} at {environment.path}"]
    parts += [f"Python {environment.python}"] if environment.python else ["no Python in it"]
    parts += [f"{len(environment.distributions)} distributions"]
    parts += [f"{len(environment.conda_packages)} conda packages"] if environment.conda_packages else []
    parts += ["sees the system's packages"] if environment.system_packages else []
    parts += ["externally managed"] if environment.externally_managed else []
    return ", ".join(parts)


def describe_distribution(dist: Distribution) -> str:
    """``torch 2.13.0 (build cpu, by uv)``."""
    traits = [f"build {dist.build}"] if dist.build else []
    traits += [f"by {dist.installer}"] if dist.installer else []
    traits += ["editable"] if dist.editable else []
    traits += [f"from {dist.source}"] if dist.source else []
    said = f" ({', '.join(traits)})" if traits else ""
    return f"{dist.name} {dist.version}{said}"


def describe_loaded(library: LoadedLibrary) -> str:
    """``torch: libcudnn.so.9 from /opt/... (rpath)``."""
    place = f"from {library.path} ({library.way})" if library.path else "is found nowhere"
    return f"{library.distribution}: {library.soname} {place}"
