"""The preference law: what a choice costs, level by level (``docs/resolver.md``)."""

from __future__ import annotations

from packaging.version import Version

from tests.property.independent.data import Data, Offer

Cost = tuple[int, ...]

LEVELS = (
    "unproven",
    "idle",
    "alternative",
    "heavy",
    "stale",
    "unproven (optional)",
    "missed",
    "left out",
    "heavy (optional)",
    "stale (optional)",
    "Python",
    "older build",
)
"""The levels, the gravest first.  A choice costs the sum of what its parts cost, level by level."""

NOTHING: Cost = (0,) * len(LEVELS)


def add(one: Cost, two: Cost) -> Cost:
    """The sum, level by level."""
    return tuple(map(int.__add__, one, two))


def cost_of_level(level: str, amount: int) -> Cost:
    """A cost of one level alone."""
    return tuple(amount if name == level else 0 for name in LEVELS)


def device_of(offer: Offer, accelerator: str) -> str:
    """Where a build runs when an accelerator is wanted: there, else on the CPU; empty for neither."""
    if accelerator in offer.devices:
        return accelerator
    return "cpu" if "cpu" in offer.devices else ""


def uses(offer: Offer, accelerator: str) -> bool:
    """Whether a build uses the wanted accelerator."""
    return accelerator in offer.devices and offer.build["variant"] != "any"


def cost_of_offer(data: Data, offer: Offer, accelerator: str, *, optional: bool) -> Cost:
    """What a build costs, used with an accelerator."""
    device = device_of(offer, accelerator)
    idle = accelerator in data.projects[offer.framework].devices and device != accelerator
    heavy = device == "cpu" and offer.build["variant"].startswith(("cu", "rocm", "xpu"))
    grave = (int(offer.build["evidence"] == "unknown"), int(idle))
    light = (int(heavy), offer.staleness)
    required = (0, 0, 0, 0, 0, *grave, 0, *light) if optional else (*grave, 0, *light, 0, 0, 0, 0, 0)
    return (*required, 0, newer_builds(offer, device))


def cost_of_leaving_out() -> Cost:
    """What it costs to do without an optional framework."""
    return add(cost_of_level("missed", 1), cost_of_level("left out", 1))


def newer_builds(offer: Offer, device: str) -> int:
    """How many newer CUDA or ROCm releases the same release has builds for, on the same device."""
    others = (build for build in offer.release["builds"] if device in build.get("accelerators", ("cpu",)))
    own = toolkit(offer.build)
    return len({toolkit(build) for build in others if toolkit(build) > own})


def toolkit(build: dict[str, str]) -> tuple[int, ...]:
    """The CUDA or ROCm release of a build, to sort by; ``cu13`` without a release comes after all with one."""
    if build.get("cuda"):
        return (*Version(build["cuda"]).release, 0)[:2]
    digits = build["variant"].lstrip("abcdefghijklmnopqrstuvwxyz")
    if build["variant"].startswith("cu"):
        return (0, int(digits or 0))
    return (*Version(digits).release, 0)[:2] if digits else (0, 0)
