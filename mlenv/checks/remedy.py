"""Fixes with the exact command of this system."""

from __future__ import annotations

import msgspec

from mlenv.checks.finding import Fix
from mlenv.facts.environment import Environment
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine

DRIVER_PAGE = "https://www.nvidia.com/drivers"
DRIVER_GUIDE = "https://docs.nvidia.com/datacenter/tesla/driver-installation-guide"


class DriverPackages(msgspec.Struct, frozen=True, kw_only=True):
    """How a family of distributions installs the NVIDIA driver: the newest, and one branch."""

    names: tuple[str, ...]
    newest: str
    branch: str
    origin: str = ""


# The names are looked for in the distribution's own name or id, in any case.
_DRIVER_PACKAGES = (
    DriverPackages(
        names=("ubuntu", "mint", "pop", "zorin", "elementary", "neon"),
        newest="sudo ubuntu-drivers install",
        branch="sudo ubuntu-drivers install nvidia:{branch}",
    ),
    DriverPackages(
        names=("debian",),
        newest="sudo apt install nvidia-open",
        branch="sudo apt install cuda-drivers-{branch}",
        origin=f" from NVIDIA's package repository ({DRIVER_GUIDE})",
    ),
    DriverPackages(
        names=("fedora", "nobara"),
        newest="sudo dnf install akmod-nvidia",
        branch="sudo dnf install akmod-nvidia-{branch}xx",
        origin=" from RPM Fusion",
    ),
    DriverPackages(
        names=("red hat", "rhel", "rocky", "alma", "centos", "oracle", "amazon"),
        newest="sudo dnf install nvidia-open",
        branch="sudo dnf module install nvidia-driver:{branch}-dkms",
        origin=f" from NVIDIA's package repository ({DRIVER_GUIDE})",
    ),
    DriverPackages(
        names=("arch", "manjaro", "endeavour", "cachyos"),
        newest="sudo pacman -S nvidia-open",
        branch="yay -S nvidia-{branch}xx-dkms",
    ),
)


def install_driver(machine: Machine, *, last_branch: int = 0, floor: str = "") -> tuple[Fix, ...]:
    """Steps that install or update the NVIDIA driver of this machine.

    ``last_branch`` is the newest branch that still serves its GPUs, 0 where today's do; ``floor``
    the lowest version that is good enough.
    """
    wanted = f"branch {last_branch}, the last for this GPU" if last_branch else (f"{floor} or newer" if floor else "")
    what = f"Install the NVIDIA driver{f' ({wanted})' if wanted else ''}"
    if machine.os.wsl:
        return (
            Fix(text=f"{what} on Windows, not inside Linux: {DRIVER_PAGE}"),
            Fix(text="Then restart WSL, in PowerShell:", command="wsl --shutdown"),
        )
    if machine.os.family == "windows":
        return (Fix(text=f"{what} and restart", command=f"start {DRIVER_PAGE}"),)
    if is_jetson(machine):
        return (
            Fix(text="Update JetPack: on Jetson the driver is part of it", command="sudo apt install nvidia-jetpack"),
        )
    return _install_package(machine, what, last_branch)


def _install_package(machine: Machine, what: str, last_branch: int) -> tuple[Fix, ...]:
    packages = _packages_of(machine.os.distribution or "")
    if packages is None:
        return (Fix(text=f"{what} by NVIDIA's guide for your distribution: {DRIVER_GUIDE}"),)
    command = packages.branch.format(branch=last_branch) if last_branch else packages.newest
    return (Fix(text=f"{what}{packages.origin}", command=command), Fix(text="Then restart", command="sudo reboot"))


def _packages_of(distribution: str) -> DriverPackages | None:
    name = distribution.lower()
    return next((row for row in _DRIVER_PACKAGES if any(word in name for word in row.names)), None)


def is_jetson(machine: Machine) -> bool:
    """Whether this is one of NVIDIA's boards, whose driver comes with its system."""
    return machine.platform == "linux-aarch64" and any(_is_tegra(gpu) for gpu in machine.gpus_of("nvidia"))


def _is_tegra(gpu: Gpu) -> bool:
    words = (gpu.name or "").lower().replace("(", " ").split()
    return any(word in ("orin", "xavier", "thor", "tegra", "jetson", "nvgpu)") for word in words)


def install_profile(profile: str, *, environment: Environment | None = None) -> Fix:
    """Let mlenv make an environment that fits.

    One that mlenv made is replaced, its predecessor kept; another is left alone, and the new one
    goes beside it.
    """
    command = f"mlenv install --profile {profile}"
    if environment is None:
        return Fix(text="Let mlenv install a build that fits this machine", command=command)
    if environment.manifest is not None:
        return Fix(text="Let mlenv make this environment anew", command=f"{command} --env {environment.path}")
    return Fix(
        text="Let mlenv make a new environment beside this one", command=f"{command} --env {environment.path}-new"
    )
