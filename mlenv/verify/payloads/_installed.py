"""What the environment says is installed, compared with what was imported."""

import importlib.metadata as metadata
import re

from ._verdicts import Failure, Skipped

_SPELLINGS = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}


def find_version(distribution):
    """The installed version of a distribution, None where there is none."""
    try:
        return metadata.version(distribution) if distribution else None
    except metadata.PackageNotFoundError:
        return None


def version_of(module, distribution):
    """The version to report: the module's own where it states one and belongs to the distribution."""
    installed = find_version(distribution)
    if installed is not None and not provides(distribution, module.__name__.split(".")[0]):
        return installed
    stated = getattr(module, "__version__", None)
    if not isinstance(stated, str) or (installed and stated.startswith(installed + "-")):
        return installed
    return stated


def compare_versions(module, distribution, expected):
    """A sentence where the versions agree; :class:`Failure` where they do not.

    The local part (``+cu126``) is left out where only one side has it.
    """
    installed = find_version(distribution)
    if installed is None:
        text = f"no installed distribution is called {distribution!r}"
        raise Failure("version-mismatch", f"{text}, {expected} is wanted") if expected else Skipped(text)
    if expected and not agree(expected, installed):
        raise Failure("version-mismatch", f"{distribution} {installed} is installed, {expected} is wanted")
    name = module.__name__.split(".")[0]
    stated = getattr(module, "__version__", None)
    if not isinstance(stated, str) or not provides(distribution, name):
        return f"{distribution} {installed} is installed"
    if not belongs(stated, installed):
        message = "the imported {} says it is {}, but {} {} is installed: it was loaded from {}"
        place = getattr(module, "__file__", "an unknown place")
        raise Failure("version-mismatch", message.format(name, stated, distribution, installed, place))
    return f"{distribution} {installed} is installed and imported"


# OpenVINO 2026.4.1 says that it is 2026.4.1-22982-e213a147257-releases/2026/4, cv2 of 5.0.0.93 that it is 5.0.0.
def belongs(stated, installed):
    """Whether what a module says of itself is the installed version, with or without a mark of its build.

    The fourth number of a wheel counts its packagings, of which the library inside knows nothing.
    """
    if normalise(stated) == normalise(installed) or stated.startswith(installed + "-"):
        return True
    parts = installed.split("+")[0].split(".")
    return len(parts) == 4 and parts[3].isdigit() and normalise(stated) == normalise(".".join(parts[:3]))


def agree(wanted, found):
    """Whether two versions are the same; their local parts count where both have one."""
    if normalise(wanted) != normalise(found):
        return False
    local, other = wanted.partition("+")[2], found.partition("+")[2]
    return not local or not other or local == other


# 2.20.0-rc0 (TensorFlow's own) and 2.20.0rc0 (its wheel's) are one version, and so are 1.0 and 1.0.0.
def normalise(version):
    """The public part of a version as a tuple that compares equal for equal versions."""
    parts = re.findall(r"\d+|[a-z]+", version.lower().lstrip("v").split("+")[0])
    words = [int(part) if part.isdigit() else _SPELLINGS.get(part, part) for part in parts]
    size = next((i for i, word in enumerate(words) if isinstance(word, str)), len(words))
    release = words[:size]
    while release and release[-1] == 0:
        release.pop()
    return (*release, *words[size:])


def provides(distribution, module):
    """Whether a distribution is the one that brings a top-level module."""
    return module in find_modules(distribution)


def find_modules(distribution):
    """The top-level modules of an installed distribution, sorted; empty where it has none."""
    try:
        found = metadata.distribution(distribution)
    except (metadata.PackageNotFoundError, ValueError):
        return []
    listed = found.read_text("top_level.txt")
    if listed:
        return sorted(set(listed.split()))
    return find_roots([str(path).replace("\\", "/") for path in found.files or []])


# torch/__init__.py   six.py   google/protobuf/__init__.py   _cffi_backend.cpython-311-x86_64-linux-gnu.so
def find_roots(paths):
    """The outermost modules among the files of a wheel: ``torch``, ``six``, ``google.protobuf``."""
    single = {path.split(".")[0] for path in paths if "/" not in path and path.endswith((".py", ".so", ".pyd"))}
    packages = {path[: -len("/__init__.py")] for path in paths if path.endswith("/__init__.py")}
    roots = {path.replace("/", ".") for path in packages if not any(path.startswith(other + "/") for other in packages)}
    return sorted(name for name in single | roots if name.replace(".", "").isidentifier())
