"""Which messages of the kernel are of interest, of what kind, and about which device."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import LazyPattern, lazy
from mlenv.facts.system import KernelEvent, KernelEventKind
from mlenv.formats.pci_address import plain_address

TEXT_LENGTH = 500

# A line without any of these is of no interest; plain searches are far faster than one pattern.
MARKS = (
    "NVRM:",
    "nvidia",
    "nvgpu",
    "nouveau",
    "Nova",
    "amdgpu",
    "kfd",
    "i915",
    "xe 0",
    "[xe]",
    "GPU HANG",
    "segfault at",
    "traps: ",
    "oom",
    "ut of memory",
    "Killed process",
    "AER: ",
    "PCIe Bus Error",
    "DPC: ",
    ": BAR ",
    "Hardware Error",
    "achine check",
    "achine Check",
    "EDAC ",
    "Memory failure",
    " is rejected",
    "Key was rejected",
    "PKCS#7",
    "unsigned module",
    "version of symbol",
    "version magic",
    "Unknown symbol",
    "module verification",
    "validate module",
)
_XID = lazy(r"NVRM: Xid \((?:PCI:)?(?P<address>[0-9A-Fa-f:.]{5,20})[^)]{0,40}\): (?P<code>[0-9]{1,6})")
_SXID = lazy(r"SXid \((?:PCI:)?(?P<address>[0-9A-Fa-f:.]{5,20})[^)]{0,40}\): (?P<code>[0-9]{1,6})")
_ADDRESS = lazy(
    r"(?<![0-9A-Fa-f])(?<![0-9A-Fa-f]:)[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}"
    r"(?:\.[0-7])?(?![0-9A-Fa-f.]|:[0-9A-Fa-f])"
)
_TROUBLE = (
    r"fail|error|fault|fallen off|mismatch|not supported|unsupported|not called|already bound|no nvidia|none of the"
    r"|invalid|need(?:s|ed)? to be reset|time[d ]*out|\blost\b|denied|reject|unable|cannot|corrupt|not recognized"
    r"|can't|\berr\b|bailing|\bhang|\bhung\b|insufficient|out of memory"
)


class _Rule(msgspec.Struct, frozen=True):
    """A message is of this kind where ``head`` matches at its beginning and ``body`` somewhere."""

    kind: KernelEventKind
    head: LazyPattern
    body: LazyPattern


_ANY = lazy("")
# Complaints about displays and options that are none about computing; most machines write some at each start.
_HARMLESS = lazy(
    r"Cannot find any crtc|\(TMZ\)|SECUREDISPLAY|HDCP|EDID|FIFO underrun|nvidia-modeset: WARNING|Serial Number"
)
_DRIVERS = ("nvidia", "nouveau", "amdgpu", "intel")
_RULES = (
    _Rule("xid", _XID, _ANY),
    _Rule("sxid", lazy(r"(?:nvidia-nvswitch[0-9]*|NVRM): SXid"), _SXID),
    _Rule(
        "module",
        lazy(
            r"(?:nvidia|nouveau|nova|amdgpu|amdkcl|amdttm|amd-?sched|i915|xe\b|gdrdrv|gasket|apex|mlx5|ib_|rdma)"
            r"[\w-]*: "
        ),
        lazy(
            r"module verification failed|disagrees about version of symbol|version magic|Unknown symbol"
            r"|module using GPL-only symbols"
        ),
    ),
    _Rule(
        "module",
        lazy(r"Loading of |Lockdown: |PKCS#7 |BPF: |(?:modprobe|insmod): "),
        lazy(
            r"is rejected|unsigned module loading is restricted|not signed with a trusted key"
            r"|Key was rejected by service|validate module \[(?:nvidia|amdgpu|nouveau|i915|xe)"
        ),
    ),
    _Rule(
        "out-of-memory",
        _ANY,
        lazy(
            r"^(?:Memory cgroup out|Out) of memory|^oom-kill:|^oom_reaper: reaped|invoked oom-killer|^Killed process "
        ),
    ),
    _Rule(
        "segfault",
        lazy(r"traps: |[^:\n]{1,40}\[[0-9]{1,10}\]: segfault at "),
        lazy(
            r"(?i)python|pypy|torch|jupyter|pt_main|pt_data|\bray|nvidia|cuda|nccl|cudnn|cublas|tensorflow|xla|jax|rocm"
            r"|libhip|libhsa|rccl|miopen|libamd|libze_|libnv|numpy|blas|libmkl|omp\.so|onnx|triton"
        ),
    ),
    _Rule(
        "machine-check",
        _ANY,
        lazy(
            r"\[Hardware Error\]|[Mm]achine [Cc]heck(?: events|ed| [Ee]xception|:)|^EDAC [^:]{1,40}: [0-9]+ [CU]E "
            r"|^Memory failure: "
        ),
    ),
    _Rule(
        "pcie",
        lazy(r"[\w-]+(?: [\w-]+)? [0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]: "),
        lazy(
            r"PCIe Bus Error|AER: (?:[\w()-]+ ){0,6}[Ee]rror|AER: (?:can't recover|device recovery)|DPC: containment"
            r"|: BAR [0-9]+ \[mem size 0x[0-9a-f]+ 64bit pref\]: (?:can't|failed to) assign"
            r"|: BAR [0-9]+: (?:no space for|failed to assign) \[mem size 0x[0-9a-f]+ 64bit pref\]"
        ),
    ),
    _Rule(
        "nvidia",
        # nvidia-gpu is the driver of a board's USB port; the numbered rows are tables of the driver's.
        lazy(
            r"NVRM:(?!\s+(?:entry|-?[0-9]+)\s)|nvidia(?!-gpu\b)[\w-]*[ :]|nvgpu: "
            r"|\[drm(?::\w+ \[nvidia_drm\])?\] (?:\*ERROR\* )?\[nvidia-drm\]"
        ),
        lazy(f"(?i){_TROUBLE}"),
    ),
    _Rule(
        "nouveau",
        lazy(r"nouveau|NovaCore|nova[_-]|\[drm\] Initialized nouveau"),
        lazy(rf"(?i)\bNVIDIA\b|Initialized|unknown chipset|unavailable|{_TROUBLE}"),
    ),
    _Rule(
        "amdgpu",
        lazy(r"amdgpu[ :]|\[drm:\w+ \[amdgpu\]\]|\[drm\] amdgpu|amdkfd|kfd(?: kfd)?:"),
        lazy(rf"(?i)reset|skipped device|No more IH|wedged|fatal|poison|bad page|{_TROUBLE}"),
    ),
    _Rule(
        "intel",
        lazy(r"(?:i915|xe) [0-9A-Fa-f:.]{7,17}: |\[drm:\w+ \[(?:i915|xe)\]\]|\[drm\] GPU HANG"),
        lazy(rf"(?i)gpu hang|wedged|reset|timedout|force_probe|not properly supported|{_TROUBLE}"),
    ),
)


# NVRM: Xid (PCI:0000:65:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.
def parse_message(message: str, seconds: float | None = None) -> KernelEvent | None:
    """One message of the kernel as an event; None for one that is no concern of ours."""
    for rule in _RULES:
        if rule.head.match(message) and rule.body.search(message):
            if rule.kind in _DRIVERS and _HARMLESS.search(message):
                return None
            code, device = _name_device(rule.kind, message)
            text = message.strip()[:TEXT_LENGTH]
            return KernelEvent(kind=rule.kind, text=text, code=code, device=device, seconds=seconds)
    return None


def _name_device(kind: KernelEventKind, message: str) -> tuple[int | None, str | None]:
    """The code of an Xid or SXid, and the PCI address that a message is about."""
    if kind in ("xid", "sxid"):
        match = (_XID if kind == "xid" else _SXID).search(message)
        return (int(match["code"]), _device(match["address"])) if match else (None, None)
    addresses = _ADDRESS.findall(message)
    # A port that reports an error names itself first, then the device that has it.
    return None, _device(addresses[-1 if kind == "pcie" else 0]) if addresses else None


# 0000:65:00 ; 0000:65:00.0
def _device(text: str) -> str | None:
    return plain_address(text if "." in text else f"{text}.0")
