"""JAX: its plugin for the GPU, and parts of one number."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.finding import Finding, Fix
from mlenv.checks.frameworks import find_known, place, reinstall
from mlenv.checks.messages import conclude
from mlenv.checks.packages import is_named, is_whole, pip_install, version_of
from mlenv.checks.registry import Case, Skip, check
from mlenv.checks.situation import driver_of
from mlenv.checks.subjects.cpu_build import usable_gpu
from mlenv.facts.version import at_least, numbers
from mlenv.matrix.load import Matrix

PLUGINS = ("jax-cuda12-plugin", "jax-cuda13-plugin", "jax-cuda11-plugin", "jax-rocm60-plugin", "jax-rocm7-plugin")
WITHOUT = ("jax-without-cuda", "jax-backend-unknown")
DIFFER = ("jax-versions-differ",)


@check("jax-cuda-plugin-missing", subject="environment")
def jax_cuda_plugin_missing(case: Case, matrix: Matrix) -> Iterator[Finding]:
    """JAX without its CUDA plugin on a machine with an NVIDIA GPU."""
    known = find_known(case, matrix, "jax")
    told = case.clue(*WITHOUT) is not None
    if known is None and not told:
        raise Skip("the environment has no JAX")
    if case.machine.os.family == "macos":
        raise Skip("JAX uses NVIDIA GPUs on Linux only")
    if is_named(case, *PLUGINS) or case.clue(*DIFFER) is not None:
        return
    if not told:
        if case.machine.os.family != "linux":
            raise Skip("JAX uses NVIDIA GPUs on Linux only")
        nvidia.require_nvidia(case.machine)
        if not known or known.kind == "cuda" or not is_whole(case) or usable_gpu(case, matrix, "jax") is None:
            return
    title = known.title if known else "JAX"
    major = "13" if _newest_driver_major(case) >= 580 else "12"
    yield conclude(
        case,
        "jax-cuda-plugin-missing",
        WITHOUT,
        severity="error" if told else "warning",
        title=f"{title} does not use the GPU",
        cause="JAX reaches NVIDIA GPUs through a plugin package, and the environment has none.",
        evidence=(place(case, known), "no jax-cuda12-plugin or jax-cuda13-plugin") if known else (),
        fix=(
            Fix(text="Add the plugin", command=pip_install(case, f'"jax[cuda{major}]"', upgrade=True)),
            reinstall(case, "jax"),
        ),
        applies_to=("jax",),
        also=("accelerator-not-used", "no-visible-gpu"),
    )


def _newest_driver_major(case: Case) -> int:
    return (numbers(driver_of(case) or "") or (0,))[0]


@check("jax-jaxlib-version-mismatch", subject="environment")
def jax_jaxlib_version_mismatch(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """JAX, jaxlib and the plugin of numbers that do not work together."""
    told = case.clue(*DIFFER) is not None
    jax, jaxlib = version_of(case, "jax"), version_of(case, "jaxlib")
    plugin = next(((name, version) for name in PLUGINS if (version := version_of(case, name))), None)
    if not told and (jax is None or jaxlib is None):
        raise Skip("the environment has no JAX")
    newer = bool(jax and jaxlib and not at_least(jax, jaxlib) and numbers(jax)[:3] != numbers(jaxlib)[:3])
    apart = bool(jaxlib and plugin and numbers(plugin[1])[:3] != numbers(jaxlib)[:3])
    if not (told or newer or apart):
        return
    parts = [f"jax {jax}" if jax else "", f"jaxlib {jaxlib}" if jaxlib else ""]
    parts.append(f"{plugin[0]} {plugin[1]}" if plugin else "")
    shown = ", ".join(part for part in parts if part)
    extra = f"[{plugin[0].split('-')[1]}]" if plugin else ""
    yield conclude(
        case,
        "jax-jaxlib-version-mismatch",
        DIFFER,
        severity="error" if told or newer else "warning",
        title="JAX and its parts are of different releases",
        cause="jax, jaxlib and the plugin for the GPU are made for each other and must be of one release.",
        evidence=(shown,) if shown else (),
        fix=(
            Fix(text="Install all parts of one release", command=pip_install(case, f'"jax{extra}"', upgrade=True)),
            reinstall(case, "jax"),
        ),
        applies_to=("jax",),
        also=(*WITHOUT, "accelerator-not-used"),
    )
