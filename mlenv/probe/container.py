"""Containers and virtual machines around a Linux system."""

from __future__ import annotations

import re

from mlenv.probe.log import Log, peek
from mlenv.system.host import Host

FIRMWARE = "/sys/class/dmi/id"
INIT_GROUPS = "/proc/1/cgroup"
CPU_TABLE = "/proc/cpuinfo"
UNKNOWN_HYPERVISOR = "vm"

_GROUP_NAMES = re.compile(r"(kubepods)|/(docker|lxc|containerd)[/-]|/(libpod)[_-]")
_GROUP_MEANING = {"kubepods": "kubernetes", "libpod": "podman"}
_HYPERVISOR_FLAG = re.compile(r"^flags\s*:.*\bhypervisor\b", re.MULTILINE)
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
    ("alibaba cloud", "kvm"),
    ("digitalocean", "kvm"),
    ("firecracker", "kvm"),
    ("bochs", "bochs"),
)
_BARE_METAL = re.compile(r"\.metal\b")


def read_container(host: Host, log: Log) -> str:
    """The container technology around this process, empty for none."""
    for source, name in _container_signs(host):
        if name:
            log.found("os.container", source, name)
            return name
    log.absent("os.container", INIT_GROUPS)
    return ""


def _container_signs(host: Host) -> list[tuple[str, str]]:
    environ = host.environ
    apptainer = "apptainer" if environ.get("APPTAINER_CONTAINER") else ""
    singularity = "singularity" if environ.get("SINGULARITY_CONTAINER") else ""
    return [
        ("APPTAINER_CONTAINER", apptainer),
        ("SINGULARITY_CONTAINER", singularity),
        ("/run/.containerenv", "podman" if host.exists("/run/.containerenv") else ""),
        ("KUBERNETES_SERVICE_HOST", "kubernetes" if environ.get("KUBERNETES_SERVICE_HOST") else ""),
        ("/.dockerenv", "docker" if host.exists("/.dockerenv") else ""),
        ("/run/systemd/container", _plain(peek(host, "/run/systemd/container") or "")),
        ("container", _plain(environ.get("container", ""))),
        (INIT_GROUPS, find_container(peek(host, INIT_GROUPS) or "")),
    ]


def _plain(name: str) -> str:
    """A name without WSL, which systemd counts among the containers; it has a fact of its own."""
    return "" if name.strip() == "wsl" else name.strip()


# 11:memory:/docker/3f4c...  ;  0::/kubepods.slice/kubepods-besteffort.slice/...
def find_container(groups: str) -> str:
    """The container technology that the control groups of process 1 show, empty for none."""
    match = _GROUP_NAMES.search(groups)
    if not match:
        return ""
    name = next(word for word in match.groups() if word)
    return _GROUP_MEANING.get(name, name)


def read_virtualization(host: Host, log: Log) -> str | None:
    """The hypervisor under this system, empty for none, None where nothing tells."""
    texts = [peek(host, f"{FIRMWARE}/{name}") for name in ("sys_vendor", "product_name")]
    product = " ".join(text.strip() for text in texts if text)
    guest = bool(_HYPERVISOR_FLAG.search(peek(host, CPU_TABLE) or ""))
    name = name_hypervisor(product, guest=guest)
    if product:
        log.found("os.virtualization", FIRMWARE, product)
    elif guest:
        log.found("os.virtualization", CPU_TABLE, "flag hypervisor")
    else:
        log.absent("os.virtualization", FIRMWARE)
        return None if host.identity.machine not in ("x86_64", "i686") else ""
    return name


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
