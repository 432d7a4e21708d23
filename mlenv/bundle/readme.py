"""``README.txt``: what the folder is and how it is used, in ten lines."""

from __future__ import annotations

from mlenv.bundle.manifest import BundleManifest
from mlenv.bundle.words import headline, needs, script_name


def render_readme(manifest: BundleManifest) -> str:
    """The text."""
    script = script_name(manifest)
    how = (
        f"sh {script} TARGET" if script.endswith(".sh") else f"powershell -ExecutionPolicy Bypass -File {script} TARGET"
    )
    lines = [
        f"{headline(manifest)}.",
        f"{len(manifest.packages)} packages, {manifest.bytes / 1e6:,.1f} MB; made {manifest.created}.",
        f"It needs: {'; '.join(needs(manifest))}. No network.",
        "",
        f"Install:      {how}",
        "With mlenv:   mlenv install --offline --find-links THIS_FOLDER --env TARGET",
        "Check:        sha256sum -c SHA256SUMS",
        "",
        "wheels/ has the packages, pylock.toml and requirements.txt name them with their hashes,",
        "mlenv-bundle.json says what it is for and how it was decided.",
    ]
    return "\n".join(lines) + "\n"
