"""A Python environment as its files show it; nothing of it is imported or run."""

from __future__ import annotations

import msgspec

from mlenv.facts.environment import Environment
from mlenv.probe.environments.distributions import read_distributions
from mlenv.probe.environments.image_paths import move_out
from mlenv.probe.environments.place import Place, find_place, find_release
from mlenv.probe.environments.search_path import SearchPath, library_folders, read_search_path
from mlenv.probe.host.disk import environment_folder
from mlenv.probe.log import Log
from mlenv.probe.paths import join
from mlenv.system.host import Host, LiveHost
from mlenv.system.image import ImageHost, open_image

MANIFEST = "mlenv-manifest.json"


def read_environment(
    host: Host, path: str, *, thorough: bool = True, working_directory: str | None = None
) -> Environment | None:
    """The environment at a path, None where there is none.

    ``path`` is its folder, its folder of programs, an interpreter in it, or the root of a mounted
    image: what lies in an image is read by the image's own links, and named by its place on this
    machine.  ``distributions`` are sorted by name; one that is there twice is listed twice, the one
    that Python would take first.
    Without ``thorough`` only names, versions and builds are read, which takes milliseconds.
    ``working_directory`` is where Python would be started; the shell's folder where it is not given.
    """
    image = _open_image(host, path)
    if image is not None:
        found = _read(image, image.inside(environment_folder(host, path)), thorough=thorough)
        return move_out(found, image.root) if found is not None else None
    return _read(host, path, thorough=thorough, working_directory=working_directory)


def _open_image(host: Host, path: str) -> ImageHost | None:
    return open_image(host, environment_folder(host, path)) if isinstance(host, LiveHost) else None


def _read(host: Host, path: str, *, thorough: bool, working_directory: str | None = None) -> Environment | None:
    log = Log()
    place = find_place(host, log, path)
    if place is None:
        return None
    search = read_search_path(host, log, place, thorough=thorough)
    environment = _describe(host, log, place, search, thorough=thorough)
    if thorough:
        here = working_directory or host.environ.get("PWD")
        environment = _look_closer(host, log, environment, place, search, here)
    return msgspec.structs.replace(environment, readings=log.readings)


def _describe(host: Host, log: Log, place: Place, search: SearchPath, *, thorough: bool) -> Environment:
    manifest = join(host, place.path, MANIFEST)
    return Environment(
        path=place.path,
        kind=place.kind,
        python=place.python or _version_of_folder(search),
        executable=place.executable,
        bits=place.bits,
        architecture=place.architecture,
        home=place.home,
        system_packages=place.system_packages,
        externally_managed=_is_managed(host, log, place),
        user_site=search.user_site,
        distributions=read_distributions(host, log, search, thorough=thorough),
        manifest=manifest if host.exists(manifest) else None,
    )


def _look_closer(
    host: Host, log: Log, environment: Environment, place: Place, search: SearchPath, working_directory: str | None
) -> Environment:
    """The environment with what takes reading of many files."""
    from mlenv.probe.environments.conda_records import read_conda_packages
    from mlenv.probe.environments.libraries import read_libraries
    from mlenv.probe.environments.openmp import read_openmp
    from mlenv.probe.environments.overlaps import read_overlaps
    from mlenv.probe.environments.records import read_contents
    from mlenv.probe.environments.shadowing import read_shadows

    distributions = environment.distributions
    contents = read_contents(host, distributions)
    return msgspec.structs.replace(
        environment,
        conda_packages=read_conda_packages(host, log, place.path) if place.kind == "conda" else None,
        shadows=read_shadows(host, log, search, distributions, working_directory),
        overlaps=read_overlaps(host, log, contents),
        openmp=read_openmp(host, log, place, contents),
        libraries=read_libraries(host, log, place, search, distributions, contents, working_directory),
    )


def _version_of_folder(search: SearchPath) -> str | None:
    """The version that the names of the environment's own folders state."""
    parts = (part for folder in search.own for part in folder.path.split("/"))
    return next((release for release in map(find_release, parts) if release), None)


def _is_managed(host: Host, log: Log, place: Place) -> bool:
    """Whether the mark of PEP 668 lies beside the standard library; a virtual environment is free of it."""
    if place.kind == "venv":
        return False
    for folder in library_folders(host, place.path, place.release):
        mark = join(host, folder, "EXTERNALLY-MANAGED")
        if host.exists(mark):
            log.found("environment.externally_managed", mark)
            return True
    return False
