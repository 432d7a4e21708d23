"""What ``mlenv bundle`` gathered, and how it is used."""

from __future__ import annotations

import shlex

from mlenv.bundle.manifest import BundleManifest
from mlenv.bundle.words import needs, script_name

TOLD = 8


def render_text(manifest: BundleManifest, *, verbose: bool = False) -> str:
    """What the bundle holds, how big it is, and the two ways to install from it."""
    target, output = manifest.target, manifest.output
    assert output is not None
    device = target.accelerator if target.variant == target.accelerator else f"{target.accelerator} {target.variant}"
    lines = [
        f"{output.path}: {len(manifest.packages)} packages, {output.size / 1e6:,.1f} MB",
        f"  for {manifest.profile or 'this request'}: {device}; {'; '.join(needs(manifest))}",
        f"  {_name_packages(manifest, verbose=verbose)}",
    ]
    built = [package.name for package in manifest.packages if package.built]
    lines += [f"  built from source: {', '.join(built)}"] if built else []
    lines += [f"  mind: {note}" for note in manifest.notes]
    place = output.path if output.kind == "folder" else "THE_UNPACKED_FOLDER"
    script = script_name(manifest)
    alone = f"sh {shlex.quote(place)}/{script} TARGET" if script == "install.sh" else f"{place}\\{script} TARGET"
    lines += [
        "",
        f"On the closed machine:  {alone}",
        f"or, where mlenv is:     mlenv install --offline --find-links {shlex.quote(output.path)} --env TARGET",
    ]
    return "\n".join(lines) + "\n"


def _name_packages(manifest: BundleManifest, *, verbose: bool) -> str:
    """The packages that the matrix decided first, then the rest in their order."""
    chosen = {package.name for package in manifest.plan.packages}
    rows = sorted(manifest.packages, key=lambda package: package.name not in chosen)
    shown = rows if verbose else rows[:TOLD]
    more = f" and {len(rows) - len(shown)} more" if len(rows) > len(shown) else ""
    return ", ".join(f"{package.name} {package.version}" for package in shown) + more
