"""Packages of the distribution that have to do with accelerators: dpkg, apt, rpm, dnf, pacman, apk."""

from __future__ import annotations

from mlenv.facts.drivers import FabricManager, Nvidia, Rocm
from mlenv.facts.pattern import lazy
from mlenv.facts.system import Containers
from mlenv.intake.forms.blocks import gather, lines_of
from mlenv.intake.forms.form import Form, Told

_WANTED = lazy(
    r"nvidia|^cuda|cudnn|nccl|tensorrt|cublas|cusparse|rocm|^hip|^hsa|miopen|amdgpu|^linux-(?:headers|image"
    r"|modules)|^kernel(?:$|-core|-devel|-headers)"
    r"|libze|level-zero|^intel-(?:opencl|level|compute)|fabricmanager|^xserver-xorg-video-(?:nvidia|nouveau)|^dkms$"
    r"|akmod|kmod-nvidia"
    r"|^gcc|^g\+\+|^build-essential|^python3(?:\.[0-9]{1,2})?(?:-dev|-devel|-venv)?$"
)
_PACKAGE = r"[a-z0-9][a-z0-9+._-]{1,90}"
_PLAIN_VERSION = r"[0-9][\w.+~:^-]{0,90}"
# ii  libnvidia-compute-535:amd64  535.113.01-0ubuntu0.22.04.1  amd64  NVIDIA libcompute package
_DPKG = lazy(
    rf"\s{{0,8}}(?P<state>[a-zA-Z]{{2,3}})\s+(?P<name>{_PACKAGE})(?::\w{{3,10}})?\s+(?P<version>{_PLAIN_VERSION})"
    rf"(?:\s.{{0,300}})?"
)
# nvidia-driver-535/jammy-updates,now 535.183.01-0ubuntu0.22.04.1 amd64 [installed]
_APT = lazy(
    rf"\s{{0,8}}(?P<name>{_PACKAGE})/[^\s]{{1,120}}\s+"
    rf"(?P<version>{_PLAIN_VERSION})\s+\w{{3,10}}\s+\[[^\]\n]{{0,20}}(?:installed|upgradable)[^\]\n]{{0,80}}\]\s*"
)
# libnvidia-compute-510:amd64 install
_SELECTED = lazy(rf"\s{{0,8}}(?P<name>{_PACKAGE})(?::\w{{3,10}})?\s+install\s*")
# kmod-nvidia-535.129.03-1.el9.x86_64
_RPM = lazy(
    r"\s{0,8}(?P<name>[A-Za-z][\w.+-]{1,80}?)-(?P<version>[0-9][\w.+~^]{0,50}-[0-9][\w.+~^]{0,50})\.(?:x86_64"
    r"|aarch64|noarch)\s*"
)
# nvidia-driver.x86_64  3:535.129.03-1.el9  @cuda-rhel9
_DNF = lazy(
    rf"\s{{0,8}}(?P<name>{_PACKAGE})\.(?:x86_64|aarch64|noarch)\s+(?P<version>{_PLAIN_VERSION})\s+@?[\w.-]{{2,80}}\s*"
)
# local/nvidia 535.113.01-2 ; nvidia-dkms 535.113.01-1
_PACMAN = lazy(
    r"\s{0,8}(?:local/)?(?P<name>(?:lib32-)?nvidia[\w-]{0,30}|cuda|cudnn|rocm-[\w-]{2,30}"
    r"|hip-[\w-]{2,30})\s+(?P<version>[0-9][\w.:+~]{0,50}-[0-9.]{1,6})(?:\s.{0,80})?"
)
_INSTALLED = ("ii", "hi", "iU", "iF", "iW", "ih", "iHR")
_UPSTREAM = lazy(r"(?:[0-9]{1,3}:)?([0-9]{1,6}(?:\.[0-9]{1,6}){0,3})")


def find_packages(text: str) -> list[str]:
    """Rows of package lists."""
    return gather(text, lambda line: _parse(line) is not None)


def _parse(line: str) -> tuple[str, str] | None:
    """Name and version of a row about an installed package; the version is empty where the list has none."""
    if len(line) > 600:
        return None
    if (match := _DPKG.fullmatch(line)) and match["state"] not in _INSTALLED:
        match = None
    match = match or _APT.fullmatch(line) or _RPM.fullmatch(line) or _DNF.fullmatch(line) or _PACMAN.fullmatch(line)
    match = match or _SELECTED.fullmatch(line)
    if match is None or not _WANTED.search(match["name"]):
        return None
    return match["name"], match.groupdict().get("version") or ""


def read_packages(part: str) -> Told:
    """The packages, and what some of them say of the driver's parts."""
    found = dict(row for line in lines_of(part) if (row := _parse(line)))
    fabric = _first(found, "nvidia-fabricmanager", "nvidia-fabric-manager")
    toolkit = _first(found, "nvidia-container-toolkit")
    rocm = _first(found, "rocm-core")
    return Told(
        system_packages=found,
        nvidia=Nvidia(fabric_manager=FabricManager(version=fabric)) if fabric else None,
        containers=Containers(toolkit=toolkit) if toolkit else None,
        rocm=Rocm(version=rocm) if rocm else None,
    )


def _first(found: dict[str, str], *starts: str) -> str | None:
    """The version, without that of its packaging, of the first package whose name begins so."""
    for name, version in found.items():
        if name.startswith(starts) and not name.endswith(("-dev", "-base")):
            match = _UPSTREAM.match(version)
            return match[1] if match else None
    return None


FORMS: tuple[Form, ...] = (Form(name="system_packages", find=find_packages, read=read_packages),)
