"""Containers and virtual machines around a Linux system."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlenv.facts.pattern import lazy
from mlenv.formats.mounts import find_mount
from mlenv.probe.host.mounts import MOUNT_TABLE
from mlenv.probe.log import Log, peek
from mlenv.system.host import Host

FIRMWARE = "/sys/class/dmi/id"
INIT_GROUPS = "/proc/1/cgroup"
CPU_TABLE = "/proc/cpuinfo"
KERNEL_VERSION = "/proc/version"
HYPERVISOR = "/sys/hypervisor/type"
UNKNOWN_HYPERVISOR = "vm"
# The flags of the first processor stand in the first two thousand bytes.
FIRST_PROCESSOR = 8192
# What gVisor said of itself until 2025: the day on which the Linux that it plays was tagged.
GVISOR_RELEASE, GVISOR_DATE = "4.4.0", "Sun Jan 10 15:06:54 PST 2016"

_GROUP_NAMES = lazy(r"(kubepods)|/(docker|lxc|containerd)[/-]|/(libpod)[_-]")
_GROUP_MEANING = {"kubepods": "kubernetes", "libpod": "podman"}
_HYPERVISOR_FLAG = lazy(r"^flags\s*:.*\bhypervisor\b", re.MULTILINE)
# Where engines keep the layers of the root file system, in the order in which they are told apart.
_ROOTS = (
    ("/docker/", "docker"),
    ("/containers/storage/", "podman"),
    ("/containerd/", "containerd"),
    ("/lxc/", "lxc"),
    ("/lxd/", "lxc"),
    ("/enroot/", "enroot"),
)
# Words of the firmware's vendor and product, and the hypervisor that puts them there.
_FIRMWARE_WORDS = (
    ("vmware", "vmware"),
    ("innotek", "virtualbox"),
    ("virtualbox", "virtualbox"),
    ("parallels", "parallels"),
    ("apple virtualization", "apple"),
    ("microsoft corporation virtual machine", "hyper-v"),
    ("xen", "xen"),
    ("hvm domu", "xen"),
    ("google compute engine", "kvm"),
    ("amazon ec2", "kvm"),
    ("qemu", "kvm"),
    ("kvm", "kvm"),
    ("openstack", "kvm"),
    ("rhev", "kvm"),
    ("nutanix", "kvm"),
    ("alibaba cloud", "kvm"),
    ("tencent cloud", "kvm"),
    ("digitalocean", "kvm"),
    ("hetzner", "kvm"),
    ("scaleway", "kvm"),
    ("vultr", "kvm"),
    ("akamai", "kvm"),
    ("linode", "kvm"),
    ("upcloud", "kvm"),
    ("exoscale", "kvm"),
    ("cloud hypervisor", "kvm"),
    ("firecracker", "kvm"),
    ("crosvm", "kvm"),
    ("bhyve", "bhyve"),
    ("bochs", "bochs"),
)
_BARE_METAL = lazy(r"\.metal\b")


def read_container(host: Host, log: Log) -> str:
    """The container technology around this process, empty for none."""
    for source, name in _container_signs(host):
        if name:
            log.found("os.container", source, name)
            return name
    log.absent("os.container", INIT_GROUPS)
    return ""


def _container_signs(host: Host) -> Iterator[tuple[str, str]]:
    """Where each technology shows itself, and its name if it does; the later ones are read only if need be."""
    environ = host.environ
    yield KERNEL_VERSION, "gvisor" if _is_gvisor(host) else ""
    yield "APPTAINER_CONTAINER", "apptainer" if environ.get("APPTAINER_CONTAINER") else ""
    yield "SINGULARITY_CONTAINER", "singularity" if environ.get("SINGULARITY_CONTAINER") else ""
    yield "SHIFTER_RUNTIME", "shifter" if environ.get("SHIFTER_RUNTIME") else ""
    yield "CH_RUNNING", "charliecloud" if environ.get("CH_RUNNING") else ""
    yield "/run/.containerenv", "podman" if host.exists("/run/.containerenv") else ""
    yield "KUBERNETES_SERVICE_HOST", "kubernetes" if environ.get("KUBERNETES_SERVICE_HOST") else ""
    yield "/.dockerenv", "docker" if host.exists("/.dockerenv") else ""
    yield "/run/systemd/container", _plain(peek(host, "/run/systemd/container") or "")
    yield "container", _plain(environ.get("container", ""))
    yield INIT_GROUPS, find_container(peek(host, INIT_GROUPS) or "")
    yield MOUNT_TABLE, find_container_root(peek(host, MOUNT_TABLE) or "")


def _plain(name: str) -> str:
    """A name without WSL, which systemd counts among the containers; it has a fact of its own."""
    return "" if name.strip() == "wsl" else name.strip()


def _is_gvisor(host: Host) -> bool:
    release = host.identity.release
    if release == GVISOR_RELEASE:
        return GVISOR_DATE in (peek(host, KERNEL_VERSION) or "")
    return "gvisor" in release


# 11:memory:/docker/3f4c...  ;  0::/kubepods.slice/kubepods-besteffort.slice/...
def find_container(groups: str) -> str:
    """The container technology that the control groups of process 1 show, empty for none."""
    match = _GROUP_NAMES.search(groups)
    if not match:
        return ""
    name = next(word for word in match.groups() if word)
    return _GROUP_MEANING.get(name, name)


# 838 589 253:0 /var/lib/lxc/web/rootfs / rw,relatime - ext4 /dev/sda1 rw
# 700 600 0:52 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/overlay2/l/B
def find_container_root(mounts: str) -> str:
    """The container technology whose folders hold the root file system, empty for none.

    Engines with a control group namespace show nothing in the groups.  Enroot, which Slurm's pyxis
    uses, has a lock of its own in the root.
    """
    lock = find_mount(mounts, "/.lock")
    if lock and lock.point == "/.lock":
        return "enroot"
    root = find_mount(mounts, "/")
    words = f"{root.root}/ {' '.join(root.options)}" if root else ""
    return next((name for folder, name in _ROOTS if folder in words), "")


def read_virtualization(host: Host, log: Log) -> str | None:
    """The hypervisor under this system, empty for none, None where nothing tells."""
    texts = [peek(host, f"{FIRMWARE}/{name}") for name in ("sys_vendor", "product_name")]
    product = " ".join(text.strip() for text in texts if text)
    name = name_hypervisor(product, guest=False)
    if name:
        log.found("os.virtualization", FIRMWARE, product)
        return name
    guest = _is_guest(host)
    if guest:
        kind = (peek(host, HYPERVISOR) or "").strip()
        log.found("os.virtualization", HYPERVISOR if kind else CPU_TABLE, kind or "flag hypervisor")
        return kind or UNKNOWN_HYPERVISOR
    if product:
        log.found("os.virtualization", FIRMWARE, product)
    else:
        log.absent("os.virtualization", FIRMWARE)
    return "" if product or host.identity.machine in ("x86_64", "i686") else None


def _is_guest(host: Host) -> bool:
    """Whether the processor reports a hypervisor, as those of x86 do."""
    try:
        text = host.read_bytes(CPU_TABLE, FIRST_PROCESSOR).decode("utf-8", "replace")
    except OSError:
        return False
    return bool(_HYPERVISOR_FLAG.search(text))


# QEMU Standard PC (Q35 + ICH9, 2009) ; Amazon EC2 p4d.24xlarge ; LENOVO 21CB
def name_hypervisor(product: str, *, guest: bool) -> str:
    """The hypervisor that the firmware's names stand for, empty for none.

    ``guest`` says that the processor reports a hypervisor; it decides where the names do not.
    """
    text = product.lower()
    if not _BARE_METAL.search(text):
        for words, name in _FIRMWARE_WORDS:
            if words in text:
                return name
    return UNKNOWN_HYPERVISOR if guest else ""
