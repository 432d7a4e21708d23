"""Why a bundle does not serve a machine."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.bundle.manifest import BundleManifest, BundleTarget
from mlenv.bundle.opening import Bundle
from mlenv.facts.gpu import Vendor
from mlenv.facts.machine import Machine
from mlenv.facts.version import at_least, series

VENDORS: dict[str, tuple[Vendor, str]] = {
    "cuda": ("nvidia", "NVIDIA GPU"),
    "rocm": ("amd", "AMD GPU"),
    "xpu": ("intel", "Intel GPU"),
    "mps": ("apple", "Apple GPU"),
    "tpu": ("google", "TPU"),
}


def fit(bundle: Bundle, machine: Machine) -> tuple[str, ...]:
    """Every reason why a bundle cannot be used on a machine; empty where it can.

    What nobody knows of the machine counts as missing where the bundle needs it.
    """
    return find_misfits(bundle.manifest, machine)


def find_misfits(manifest: BundleManifest, machine: Machine) -> tuple[str, ...]:
    """The same for the manifest alone."""
    target = manifest.target
    if target.platform != machine.platform:
        return (f"it is for {target.platform}, and this machine is {machine.platform}",)
    reasons = (*_judge_system(target, machine), *_judge_python(manifest, machine), *_judge_device(target, machine))
    return tuple(reasons)


def _judge_system(target: BundleTarget, machine: Machine) -> Iterator[str]:
    needed, found = target.libc, machine.os.libc
    if needed is not None:
        has = f"{found.family} {found.version}" if found else "an unknown C library"
        if found is None or found.family != needed.family or not at_least(found.version, needed.version):
            yield f"it needs {needed.family} {needed.version} or newer, and this machine has {has}"
    version = machine.os.version
    if target.macos and version is not None and not at_least(version, target.macos):
        yield f"it needs macOS {target.macos} or newer, and this machine has {version}"


def _judge_python(manifest: BundleManifest, machine: Machine) -> Iterator[str]:
    """An interpreter of the series is there, unless the bundle brings it."""
    wanted = manifest.target.python
    if manifest.python is not None:
        return
    found = [
        f"{series(python.version)}{'t' if python.free_threaded else ''}"
        for python in machine.pythons or ()
        if python.implementation == "cpython"
    ]
    if wanted not in found:
        has = f"Python {', '.join(dict.fromkeys(found))}" if found else "no Python that is known"
        yield f"it needs Python {wanted}, and this machine has {has}"


def _judge_device(target: BundleTarget, machine: Machine) -> Iterator[str]:
    vendor, title = VENDORS.get(target.accelerator, (None, ""))
    if vendor is not None and not machine.gpus_of(vendor) and not (vendor == "google" and machine.tpu):
        yield f"it is for {target.accelerator}, and no {title} is known on this machine"
    if not target.driver:
        return
    state = machine.nvidia
    driver = (state.driver or state.kernel_module) if state else None
    if driver is None:
        yield f"it needs NVIDIA driver {target.driver} or newer, and none is known on this machine"
    elif not at_least(driver, target.driver):
        yield f"it needs NVIDIA driver {target.driver} or newer, and this machine has {driver}"
