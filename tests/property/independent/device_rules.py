"""The hard rules about a build and the device that it is to run on, from the rows' own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packaging.version import Version

from tests.property.independent.computer import Card, at_least, products
from tests.property.independent.data import Data
from tests.property.independent.use import Use


def of_device(use: Use) -> Iterator[str]:
    """The rules that a build breaks by the device that it is to run on."""
    cards = use.computer.cards_for(use.device)
    if use.device in ("rocm", "xpu", "mps", "tpu") and not cards:
        yield "no device"
    if use.device == "cuda":
        yield from _of_jetson(use) if is_jetson(use) else _of_driver(use)
        yield from (rule for card in cards for rule in _of_nvidia_card(use, card))
    if use.device == "rocm":
        yield from _of_rocm(use)
        yield from ("gpu code" for card in cards if not card.gfx or card.gfx not in use.offer.build.get("gfx", ()))
        if use.computer.wsl:
            yield from _of_rocm_in_wsl(use)
    if use.device == "xpu":
        yield from (rule for card in cards for rule in _of_intel_card(use, card))


def _of_driver(use: Use) -> Iterator[str]:
    build, driver = use.offer.build, use.computer.driver
    floors = [cuda_floor(use.data, build.get("cuda", ""), use.computer.driver_system)]
    if use.computer.driver_system == "linux":
        floors.append(build.get("driver", ""))
    known = [floor for floor in floors if floor]
    if not known or not driver or not all(at_least(driver, floor) for floor in known):
        yield "driver"


def cuda_floor(data: Data, cuda: str, system: str) -> str:
    """The lowest driver for builds of a CUDA release; empty where no row tells."""
    if not cuda:
        return ""
    wanted = Version(cuda)
    for family in data.drivers["cuda_family"]:
        if family["major"] == wanted.major and family["minor_compatible"]:
            return str(family[system])
    minor = [row for row in data.drivers["cuda_release"] if Version(row["version"]).release[:2] == wanted.release[:2]]
    return str(minor[0][system]) if minor else ""


def _of_rocm(use: Use) -> Iterator[str]:
    """What is installed must be new enough where that is known."""
    for need in use.offer.build.get("needs", ()):
        name, _, floor = need.partition(">=")
        if name == "rocm" and floor and use.computer.rocm and not at_least(use.computer.rocm, floor):
            yield "rocm"


def _of_rocm_in_wsl(use: Use) -> Iterator[str]:
    """AMD names the products, and the frameworks that it does not vouch for."""
    framework, rows = use.offer.framework, use.data.rocm
    if any(row["framework"] == framework and row["system"] == "wsl" for row in rows["gap"]):
        yield "rocm in wsl"
    rocm = use.offer.build["variant"].removeprefix("rocm")
    named = [row for row in rows["support"] if row["system"] == "wsl" and row["level"] == "supported"]
    named = [row for row in named if rocm and at_least(rocm, row["release"])]
    for card in use.computer.cards_for("rocm"):
        names = {row["name"] for row in products(use.data, "amd", card.name) if row.get("gfx") == card.gfx}
        if not any(row["gfx"] == card.gfx and (not names or names & set(row["products"])) for row in named):
            yield "rocm in wsl"


def _of_intel_card(use: Use, card: Card) -> Iterator[str]:
    """The product is of a series that PyTorch supports, on this system, since an earlier release."""
    built = {row["architecture"] for row in products(use.data, "intel", card.name)}
    series = next((row for row in use.data.xpu_series if row["architecture"] in built), None)
    if series is None:
        yield "gpu unknown"
        return
    if use.offer.framework == "torch" and use.offer.version < Version(series["torch"]):
        yield "gpu code"
    systems = {name.partition("-")[0] for name in series["systems"]}
    here = {"wsl2"} if use.computer.wsl else {"windows"} if use.computer.system == "windows" else systems - FOREIGN
    if not here & systems:
        yield "gpu system"


FOREIGN = {"windows", "wsl2"}
"""Systems of that table that are no Linux of their own."""


def is_jetson(use: Use) -> bool:
    """Whether this is an Arm machine with the GPU of a Jetson board."""
    boards = {capability for row in use.data.drivers["jetpack"] for capability in row["capabilities"]}
    return use.computer.platform == "linux-aarch64" and any(
        card.capability in boards for card in use.computer.cards_for("cuda")
    )


def _of_jetson(use: Use) -> Iterator[str]:
    """The JetPack decides, not the driver, which shows what JetPack it is: the newest whose driver is not newer."""
    driver = use.computer.driver
    known = [row for row in use.data.drivers["jetpack"] if driver and row.get("driver")]
    rows = [row for row in known if at_least(driver, row["driver"])]
    jetpack = max(rows, key=lambda row: Version(row["version"]), default=None)
    cards = use.computer.cards_for("cuda")
    if jetpack is None or not all(card.capability in jetpack.get("ordinary_wheels", ()) for card in cards):
        yield "jetson"
    elif Version(jetpack["cuda"]).major < Version(use.offer.build["cuda"]).major:
        yield "jetpack"


def _of_nvidia_card(use: Use, card: Card) -> Iterator[str]:
    if not card.capability:
        yield "gpu unknown"
        return
    if not is_jetson(use) and use.computer.driver and not driver_serves(use.data, use.computer.driver, card.capability):
        yield "driver does not serve gpu"
    if not holds_code(use.data, use.offer.build, card.capability):
        yield "gpu code"


def driver_serves(data: Data, driver: str, capability: str) -> bool:
    """Whether the branch of a driver serves a generation of GPUs.

    Windows goes on counting within a branch: 582 belongs to 580.
    """
    major = Version(driver).major
    branch = max((row["branch"] for row in data.drivers["driver_branch"] if row["branch"] <= major), default=major)
    for row in data.drivers["architecture"]:
        if capability in row["compute_capabilities"]:
            return bool(row["first_driver"] <= branch and (row["last_driver"] == 0 or branch <= row["last_driver"]))
    return False


def holds_code(data: Data, build: dict[str, Any], capability: str) -> bool:
    """Whether a build is known to hold code that a device runs."""
    floor, ceiling = build.get("capability_floor", ""), build.get("capability_ceiling", "")
    if floor and not at_least(capability, floor):
        return False
    if ceiling and at_least(capability, ceiling):
        return False
    cuda = build.get("cuda", "")
    if build.get("sass") or build.get("ptx"):
        return any(binary_runs(data, code, capability, cuda) for code in build.get("sass", ())) or any(
            ptx_runs(code, capability) for code in build.get("ptx", ())
        )
    # The documentation's floor speaks of ordinary GPUs, not of boards that need code of their own.
    return bool(floor) and not any(stands_apart(rule, capability, cuda) for rule in data.drivers["code_rule"])


def binary_runs(data: Data, code: str, capability: str, cuda: str) -> bool:
    """Whether binary code runs on a device: ``a`` is for one device alone, ``f`` for its family."""
    if code.endswith("a"):
        return Version(code[:-1]) == Version(capability)
    plain, device = code.rstrip("f"), Version(capability)
    for rule in data.drivers["code_rule"]:
        if rule["code"] == plain:
            if capability in rule.get("also_on", ()):
                return True
            inside = Version(plain) <= device < Version(rule["below"])
            return inside and not stands_apart(rule, capability, cuda)
    return Version(plain) <= device and Version(plain).major == device.major


def stands_apart(rule: dict[str, Any], capability: str, cuda: str) -> bool:
    """Whether a rule leaves out a device, for code made by a CUDA release."""
    unified = rule.get("unified_from", "")
    return capability in rule.get("not_on", ()) and not (unified and cuda and at_least(cuda, unified))


def ptx_runs(code: str, capability: str) -> bool:
    """Whether a driver can make PTX run on a device: on newer ones, save where it is for one or a family."""
    made_for, device = Version(code.rstrip("af")), Version(capability)
    if code.endswith("a"):
        return made_for == device
    return made_for <= device and (not code.endswith("f") or made_for.major == device.major)
