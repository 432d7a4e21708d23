"""Small bundles for tests, made as the command makes them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from mlenv.bundle.manifest import BundledPackage, BundledPython, BundleManifest, BundleRequest, BundleTarget
from mlenv.bundle.writing import Contents, write_bundle
from mlenv.facts.machine import Machine
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix.load import DataVersion
from mlenv.plan.plan import Plan, PlannedAccelerator

LINUX = Machine(
    os=OperatingSystem(family="linux", libc=Libc(family="glibc", version="2.35")), architecture="x86_64", pythons=()
)
PLAN = Plan(
    profile="starter",
    environment=".venv",
    python="3.12",
    accelerator=PlannedAccelerator(kind="cpu", variant="cpu"),
    manager="uv",
    packages=(),
    files=(),
    steps=(),
    verify=(),
    reasons=(),
    rejected=(),
    warnings=(),
)
TARGET = BundleTarget(platform="linux-x86_64", python="3.12", accelerator="cpu", variant="cpu")
MOMENT = 1_700_000_000


def make_wheel(folder: Path, name: str, version: str = "1.0", tag: str = "py3-none-any", text: str = "") -> Path:
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-{tag}.whl"
    files = {
        f"{name}.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for place, content in files.items():
            archive.writestr(zipfile.ZipInfo(place), content)
        record = "".join(f"{place},,\n" for place in (*files, f"{info}/RECORD"))
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), record)
    return path


def make_contents(
    *packages: BundledPackage,
    target: BundleTarget = TARGET,
    python: BundledPython | None = None,
    request: BundleRequest | None = None,
    plan: Plan = PLAN,
    modules: tuple[str, ...] = (),
    environment: str = ".venv",
) -> Contents:
    return Contents(
        plan=plan,
        request=request or BundleRequest(profiles=("starter",)),
        target=target,
        packages=packages,
        python=python,
        data=DataVersion(version="2026.11", digest="sha256:0"),
        created="2026-11-23T00:00:00+00:00",
        modules=modules,
        environment=environment,
    )


def make_bundle(folder: Path, *names: str, contents: Contents | None = None) -> BundleManifest:
    """A bundle with a small wheel of each name."""
    (folder / "wheels").mkdir(parents=True)
    packages = tuple(
        BundledPackage(name=name, version="1.0", path=f"wheels/{make_wheel(folder / 'wheels', name).name}")
        for name in names
    )
    return write_bundle(folder, contents or make_contents(*packages))
