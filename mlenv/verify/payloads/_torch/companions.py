"""Whether a library and PyTorch were made for each other, as their packages and their binaries say."""

import ctypes
import glob
import importlib.metadata as metadata
import importlib.util
import os
import re
import sys

from .. import _installed
from .._verdicts import Failure, Skipped
from .._words import tidy
from .devices import name_build

# The compiled parts that are loaded when a library is imported.
LOADED_BESIDE = {
    "torchvision": ("_C.*",),
    "torchaudio": ("lib/_torchaudio*", "lib/libtorchaudio*"),
    "torchrl": ("_torchrl*",),
    "xformers": ("_C.*",),
}
# Where these two were made for another PyTorch, what imports them breaks as well.
MEANT_TOO = ("torchvision", "torchaudio")
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?(?P<versions>[^;)]*)\)?\s*(?:;(?P<marker>.*))?"
)
_LINUX = re.compile(r"(platform_system|sys_platform) == .[Ll]inux.( and platform_machine == .x86_64.)?")
_LONG = re.compile(r"(\S{60})\S+")  # a name of C++ tells people nothing after its beginning
_CLAUSE = re.compile(r"(===|==|!=|~=|>=|<=|>|<)\s*([^\s,]+)")


def compare_companions(session, partners=()):
    """The check ``companions``: the versions that the packages ask for, and PyTorch's.

    ``partners`` are further distributions that a library asks for in narrow versions.
    """
    with session.check("companions", vital=False) as note:
        torch = _installed.find_version("torch")
        if torch is None:
            raise Skipped("PyTorch is not installed in this environment")
        faults = find_mismatches(session.distribution, ("torch", *partners))
        if faults:
            raise Failure("version-mismatch", "; ".join(faults))
        wanted = ", ".join(list_wanted(session.distribution, "torch"))
        note.detail = f"torch {torch} is there, " + (f"and {wanted} is asked for" if wanted else "and any will do")


def explain_failed_import(session, partners=()):
    """The check ``companions`` after an import that failed: what was made for another PyTorch is to blame.

    Where the library or PyTorch is not installed at all, that is the whole story and nothing is added.
    """
    if _installed.find_version(session.distribution) is None or _installed.find_version("torch") is None:
        return
    with session.check("companions", vital=False) as note:
        torch = name_torch()
        faults = find_mismatches(session.distribution, ("torch", *partners)) or find_unloadable(session.distribution)
        for name in MEANT_TOO if not faults else ():
            faults += find_mismatches(name, ("torch",)) or find_unloadable(name)
        if faults:
            raise Failure("binary-mismatch", "; ".join(faults))
        note.detail = f"versions and binaries fit torch {torch}"


def find_mismatches(distribution, partners):
    """A sentence for each installed partner whose version is not one that the distribution asks for."""
    own = _installed.find_version(distribution)
    installed = {partner: _installed.find_version(partner) for partner in partners if own}
    return [
        f"{distribution} {own} asks for {partner}{versions}, and {partner} {version} is installed"
        for partner, version in installed.items()
        for versions in (list_wanted(distribution, partner) if version else ())
        if not satisfies(version, versions)
    ]


def list_wanted(distribution, partner):
    """The versions of a partner that the metadata of an installed distribution asks for on this computer."""
    matches = (_REQUIREMENT.fullmatch(text.strip()) for text in metadata.requires(distribution) or [])
    return [
        match["versions"].strip()
        for match in matches
        if match and match["name"].lower().replace("_", "-") == partner and applies((match["marker"] or "").strip())
    ]


def applies(marker):
    """Whether a requirement with that marker surely holds here; extras and other conditions are left out."""
    return not marker or (sys.platform == "linux" and _LINUX.fullmatch(marker) is not None)


def satisfies(version, versions):
    """Whether a version is among ``==2.13.0`` or ``<0.15.0,>=0.14.3``; pre-releases count as their release."""
    return all(holds(version, sign, bound) for sign, bound in _CLAUSE.findall(versions))


def holds(version, sign, bound):
    if sign in ("==", "===", "!="):
        same = starts_with(version, bound[:-2]) if bound.endswith(".*") else _installed.agree(bound, version)
        return same is (sign != "!=")
    found, limit = pad(version, bound)
    if sign == "~=":
        return found >= limit and starts_with(version, bound.rpartition(".")[0])
    return {">=": found >= limit, "<=": found <= limit, ">": found > limit, "<": found < limit}[sign]


def starts_with(version, beginning):
    parts = release_of(beginning)
    return release_of(version)[: len(parts)] == parts


def pad(version, bound):
    """Both releases with as many numbers."""
    found, limit = release_of(version), release_of(bound)
    size = max(len(found), len(limit))
    return found + (0,) * (size - len(found)), limit + (0,) * (size - len(limit))


# 2.13.0+cpu   2.15.0.dev20261101+cu130   0.27.0a1
def release_of(version):
    """The leading numbers of a version."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


def find_unloadable(name):
    """A sentence for the first compiled part of a library that does not load beside PyTorch, once that is imported."""
    spec = importlib.util.find_spec(name) if name in LOADED_BESIDE else None
    torch = name_torch()
    for folder in (spec.submodule_search_locations or ()) if spec and "torch" in sys.modules else ():
        for pattern in LOADED_BESIDE[name]:
            for path in sorted(glob.glob(os.path.join(folder, pattern))):
                reason = try_loading(path)
                if reason:
                    return [f"{name} {_installed.find_version(name)} does not load beside torch {torch}: {reason}"]
    return []


def try_loading(path):
    """What the system's loader says against a library, empty where it loads."""
    if not path.endswith((".so", ".pyd", ".dylib")):
        return ""
    try:
        ctypes.CDLL(path)
    except OSError as error:
        return _LONG.sub(r"\1…", tidy(error).replace(os.path.dirname(path) + os.sep, ""))
    return ""


def name_torch():
    """The version and the build of PyTorch; only the version where it cannot be imported."""
    version = _installed.find_version("torch")
    try:
        import torch
    except Exception:
        return version
    return f"{version} ({name_build(torch)} build)"
