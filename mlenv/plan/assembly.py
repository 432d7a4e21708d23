"""A plan put together: what every manager's plan has in common."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.utils import canonicalize_name

from mlenv.plan.content import Content
from mlenv.plan.options import PlanOptions
from mlenv.plan.plan import Plan, PlannedAccelerator, PlannedFile, PlannedPackage, Step
from mlenv.resolve.resolution import Pick, Resolution


def assemble_plan(
    resolution: Resolution,
    content: Content,
    options: PlanOptions,
    *,
    files: Sequence[PlannedFile],
    steps: Sequence[Step],
    warnings: Sequence[str] = (),
) -> Plan:
    """A plan of these files and steps; ``warnings`` come beside those of the options and the resolver."""
    return Plan(
        profile=" ".join(content.profiles),
        environment=options.environment,
        python=content.python,
        accelerator=PlannedAccelerator(kind=content.accelerator, variant=content.variant),
        manager=options.manager,
        packages=tuple(
            PlannedPackage(name=row.name, version=row.version, index=row.source) for row in content.requirements
        ),
        files=tuple(files),
        steps=tuple(steps),
        verify=(
            *(row.name for row in content.requirements),
            *(canonicalize_name(wanted.name) for wanted in resolution.passthrough),
        ),
        tied=content.tied,
        reasons=resolution.reasons,
        rejected=resolution.rejected,
        others=tuple(wanted.text for wanted in resolution.passthrough),
        lifts=resolution.lifts,
        apart=resolution.apart,
        warnings=(*options.warnings, *resolution.warnings, *_warn_of_day(content), *warnings),
        download_bytes=_download_bytes(resolution.picks),
        variables=content.variables,
    )


def verify_step(content: Content, options: PlanOptions) -> Step:
    """The step that proves the environment."""
    profiles = [part for name in content.profiles for part in ("--profile", name)]
    return Step(
        kind="verify",
        purpose="Import every framework, compute on the device and check the numbers",
        argv=("mlenv", "verify", "--env", options.environment, *profiles),
    )


def _warn_of_day(content: Content) -> tuple[str, ...]:
    """An index without dates cannot say what it had on a day."""
    if content.as_of is None or content.dated:
        return ()
    reason = "an index that they come from names no dates"
    return (f"the frameworks are those of {content.as_of}; what they bring along is of today, since {reason}",)


def _download_bytes(picks: Sequence[Pick]) -> int | None:
    sizes = [pick.build.bytes for pick in picks]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None
