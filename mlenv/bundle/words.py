"""What the texts of a bundle have in common."""

from __future__ import annotations

from mlenv.bundle.manifest import BundleManifest, BundleRequest

IMPORT = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
"""Imports the modules that are named behind it; without quotes, which PowerShell 5 cannot pass on."""


def headline(manifest: BundleManifest) -> str:
    """Who made the bundle, for what and for which machine, on one line."""
    target = manifest.target
    what = f"profile {manifest.profile}" if manifest.profile else "what was asked for"
    device = target.accelerator if target.variant == target.accelerator else f"{target.accelerator} {target.variant}"
    return one_line(
        f"Made by mlenv {manifest.mlenv_version} for {what}: Python {target.python}, {device}, {target.platform}"
    )


def handover_words(request: BundleRequest) -> tuple[str, ...] | None:
    """The options that ask mlenv for the same; None where it was asked with files that the other machine lacks."""
    if request.own_matrix or any(name.endswith(".toml") or "/" in name or "\\" in name for name in request.profiles):
        return None
    words = [word for name in request.profiles for word in ("--profile", name)]
    words += [word for text in request.extras for word in ("--with", text)]
    words += ["--python", request.python] if request.python else []
    words += ["--accelerator", request.accelerator] if request.accelerator else []
    return (*words, "--manager", request.manager)


def one_line(text: str) -> str:
    """A text on one line, without control characters, so that a comment stays a comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def needs(manifest: BundleManifest) -> list[str]:
    """What the other machine must have, each in one phrase."""
    target = manifest.target
    found = [target.platform]
    if target.libc is not None:
        found.append(f"{target.libc.family} {target.libc.version} or newer")
    if target.macos:
        found.append(f"macOS {target.macos} or newer")
    if target.driver:
        found.append(f"NVIDIA driver {target.driver} or newer")
    found.append(f"Python {target.python} (it is in the bundle)" if manifest.python else f"Python {target.python}")
    return found


def fill(text: str, **values: str) -> str:
    """A text with each ``{name}`` replaced by its value; other braces stay, which scripts are full of."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def script_name(manifest: BundleManifest) -> str:
    """The installer's file: for PowerShell on Windows, for a POSIX shell elsewhere."""
    return "install.ps1" if manifest.target.platform.startswith("windows-") else "install.sh"
