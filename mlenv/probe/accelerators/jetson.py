"""NVIDIA Jetson boards: the release of their Linux, the board and its chip."""

from __future__ import annotations

from mlenv.facts.drivers import Jetson
from mlenv.facts.gpu import Gpu
from mlenv.formats.l4t import find_package, parse_compatible, parse_mount_list, parse_tegra_release, plain_version
from mlenv.probe.log import Log, peek
from mlenv.system.host import Host

RELEASE = "/etc/nv_tegra_release"
DEVICE_TREE = "/proc/device-tree"
CHIP = "/sys/devices/soc0"
MOUNTS = "/etc/nvidia-container-runtime/host-files-for-container.d/devices.csv"
PACKAGES = "/var/lib/dpkg"

# The kernel's numbers of the chips: drivers/soc/tegra/fuse/fuse.h, in decimal in soc_id.
_CHIP_NUMBERS = {"33": "tegra210", "24": "tegra186", "25": "tegra194", "35": "tegra234", "38": "tegra264"}
# Name, architecture and compute capability of each chip's GPU: https://developer.nvidia.com/cuda-gpus
_GPUS = {
    "tegra210": ("Tegra X1", "Maxwell", "5.3"),
    "tegra186": ("Tegra X2", "Pascal", "6.2"),
    "tegra194": ("Xavier", "Volta", "7.2"),
    "tegra234": ("Orin", "Ampere", "8.7"),
    "tegra264": ("Thor", "Blackwell", "11.0"),
}
_GPU_NODES = ("/dev/nvgpu/", "/dev/nvhost-")


def read_jetson(host: Host, log: Log) -> Jetson | None:
    """The board, None elsewhere; containers hide most of what names it, and then little is known of it."""
    if host.identity.system != "linux" or host.identity.machine != "aarch64":
        return None
    release, source = parse_tegra_release(peek(host, RELEASE) or ""), RELEASE
    chip = _read_chip(host)
    if not release and not chip:
        source = MOUNTS if _mounts_gpu(host) else f"{CHIP}/family"
        if source != MOUNTS and not _is_tegra(host):
            log.absent("jetson", RELEASE)
            return None
    log.found("jetson", source if release or not chip else f"{DEVICE_TREE}/compatible")
    return Jetson(
        l4t=release or _read_package(host, log, "jetson.l4t", "nvidia-l4t-core"),
        jetpack=_read_package(host, log, "jetson.jetpack", "nvidia-jetpack"),
        model=_read_model(host),
        chip=chip,
    )


def _read_chip(host: Host) -> str | None:
    """The chip; Docker hides the device tree and leaves the number of the chip."""
    chip = parse_compatible(peek(host, f"{DEVICE_TREE}/compatible") or "")
    if chip or not _is_tegra(host):
        return chip
    return _CHIP_NUMBERS.get((peek(host, f"{CHIP}/soc_id") or "").strip())


def _is_tegra(host: Host) -> bool:
    return (peek(host, f"{CHIP}/family") or "").lower().startswith("tegra")


def _mounts_gpu(host: Host) -> bool:
    """Whether the container runtime is set up for an integrated GPU of Jetson."""
    return any(path.startswith(_GPU_NODES) for _, path in parse_mount_list(peek(host, MOUNTS) or ""))


def _read_model(host: Host) -> str | None:
    for path in (f"{DEVICE_TREE}/model", f"{CHIP}/machine"):
        name = (peek(host, path) or "").strip("\0 \n")
        if name:
            return name
    return None


def _read_package(host: Host, log: Log, subject: str, name: str) -> str | None:
    """The version of a package; dpkg's list is long, and read only where the package is there."""
    if not host.exists(f"{PACKAGES}/info/{name}.list"):
        log.absent(subject, f"package {name}")
        return None
    version = plain_version(find_package(peek(host, f"{PACKAGES}/status") or "", name) or "")
    if version is None:
        log.unreadable(subject, f"{PACKAGES}/status", f"without a version of {name}")
        return None
    log.found(subject, f"package {name}")
    return version


def jetson_gpus(jetson: Jetson | None) -> tuple[Gpu, ...]:
    """The GPU in a board's chip, for where no library of the driver lists it."""
    if jetson is None:
        return ()
    name, architecture, capability = _GPUS.get(jetson.chip or "", (None, None, None))
    return (
        Gpu(
            vendor="nvidia",
            index=0,
            name=name,
            architecture=architecture,
            compute_capability=capability,
            integrated=True,
        ),
    )
