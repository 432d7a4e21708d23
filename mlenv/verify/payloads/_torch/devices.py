"""The devices that PyTorch reaches, for every payload that computes with it."""

import contextlib
import re
import typing

from .._verdicts import Failure, misplaced
from .._words import describe, quote, word_hidden


class Device(typing.NamedTuple):
    """``name`` is PyTorch's (``cuda:0``), ``label`` ours (``rocm:0``), ``uuid`` that of an NVIDIA GPU."""

    name: str
    label: str
    about: str = ""
    uuid: str = ""


def find_devices(torch, session, note):
    """The devices to compute on: the ones asked for, else what PyTorch sees, else the CPU.

    Notes on ``note`` which they are, with a warning of those that do not compute; :class:`Failure`
    says why the one asked for is missing, and the fault of the first is raised where none computes.
    """
    seen = see_kind(torch)
    kind = {"auto": seen, "gpu": seen if seen != "cpu" else name_meant(torch)}.get(session.asked, session.asked)
    if kind == "cpu":
        devices = [Device("cpu", "cpu")]
        note_cpu(torch, session, note)
    else:
        devices = list_devices(torch, kind, session.asked, note)
        note.detail = f"{len(devices)} seen: " + ", ".join(device.about for device in devices)
    note.device = ", ".join(device.label for device in devices)
    faults = find_faults(torch, devices)
    if len(faults) == len(devices):
        raise faults[0][1]
    if faults:
        note.status, note.reason = "warn", "device-unusable"
        note.detail += "".join(f"; {device.label} does not compute: {tell(error)}" for device, error in faults)
    return devices


def find_faults(torch, devices):
    """The devices that do not do a small sum, each with its exception."""
    found = [(device, find_fault(torch, device)) for device in devices]
    return [(device, error) for device, error in found if error is not None]


def find_fault(torch, device):
    try:
        prove_place(torch, device)
    except Exception as error:
        return error
    return None


def tell(error):
    return str(error) if isinstance(error, Failure) else describe(error)


def see_kind(torch):
    """The kind of accelerator that PyTorch says is available, else ``cpu``."""
    if torch.cuda.is_available():
        return "rocm" if getattr(torch.version, "hip", None) else "cuda"
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and xpu.is_available():
        return "xpu"
    mps = getattr(torch.backends, "mps", None)
    return "mps" if mps is not None and mps.is_available() else "cpu"


def name_meant(torch):
    """The kind of accelerator that this PyTorch would use."""
    return "rocm" if getattr(torch.version, "hip", None) else "xpu" if getattr(torch.version, "xpu", None) else "cuda"


def name_build(torch):
    """What this PyTorch was built for."""
    for kind, name in (("cuda", "CUDA"), ("hip", "ROCm"), ("xpu", "XPU")):
        version = getattr(torch.version, kind, None)
        if version:
            return f"{name} {version}"
    return "CPU"


def note_cpu(torch, session, note):
    note.detail = f"the CPU, with a {name_build(torch)} build"
    said = quote(note.heard)
    if session.asked == "auto" and said:
        # It meant to use a device and could not: without a driver at all it says nothing.
        note.status, note.reason, note.detail = "warn", "device-unusable", note.detail + said


def list_devices(torch, kind, asked, note):
    """All devices of one kind; :class:`Failure` with PyTorch's own words where there are none."""
    if kind not in ("cuda", "rocm", "xpu", "mps"):
        raise Failure("device-missing", f"{kind} was asked for, which PyTorch does not reach by itself")
    if kind in ("cuda", "rocm") and bool(getattr(torch.version, "hip", None)) != (kind == "rocm"):
        raise missing(torch, kind, asked, note)
    if kind == "mps":
        if see_kind(torch) != "mps":
            raise missing(torch, kind, asked, note)
        return [Device("mps:0", "mps:0", "Apple GPU")]
    module = getattr(torch, "xpu" if kind == "xpu" else "cuda", None)
    count = module.device_count() if module is not None and module.is_available() else 0
    if not count:
        raise missing(torch, kind, asked, note)
    type_name = "xpu" if kind == "xpu" else "cuda"
    return [
        Device(f"{type_name}:{i}", f"{kind}:{i}", describe_device(module, i), find_uuid(module, i))
        for i in range(count)
    ]


def missing(torch, kind, asked, note):
    """Why a kind of device cannot be used, in PyTorch's words."""
    reason = ""
    module = getattr(torch, "xpu" if kind == "xpu" else "cuda", None)
    if kind != "mps" and module is not None:
        try:
            module.init()
        except Exception as error:
            reason = f" ({describe(error)})"
    text = f"{asked} was asked for, and this PyTorch ({name_build(torch)} build) sees no such device{reason}"
    return Failure("device-missing", text + quote(note.heard) + word_hidden())


def describe_device(module, index):
    about = f"{index} {module.get_device_name(index)}"
    with contextlib.suppress(Exception):
        properties = module.get_device_properties(index)
        about += f", {properties.total_memory / 2**30:.0f} GiB"
        about += f", capability {properties.major}.{properties.minor}"
    return about


def find_uuid(module, index):
    """``GPU-…`` as NVIDIA's driver spells it, empty where PyTorch does not tell."""
    try:
        uuid = str(module.get_device_properties(index).uuid)
    except Exception:
        return ""
    return uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"


def prove_place(torch, device):
    """A first small sum really runs there, and this build has code for the device."""
    if device.label.startswith("cuda"):
        check_architecture(torch, device)
    total = torch.tensor([1.0, 2.0], device=device.name) + 1
    check_place(device, total)
    if total.cpu().tolist() != [2.0, 3.0]:
        raise Failure("wrong-number", f"[1, 2] + 1 gave {total.cpu().tolist()} on {device.label}")


def check_place(device, tensor):
    """:class:`Failure` where a tensor does not lie on the device."""
    found = str(tensor.device)
    if found.split(":")[0] == device.name.split(":")[0] and found in (device.name, device.name.split(":")[0]):
        return
    raise misplaced(device.label, found)


def check_architecture(torch, device):
    """:class:`Failure` where no code of this PyTorch runs on a GPU of that compute capability."""
    listed = list(getattr(torch.cuda, "get_arch_list", list)())
    capability = tuple(torch.cuda.get_device_capability(device.name))
    if not listed or any(covers(name, capability) for name in listed):
        return
    text = f"this PyTorch has code for {' '.join(listed)}, and {device.label} is sm_{capability[0]}{capability[1]}"
    raise Failure("no-kernel-image", f"{text}: install a build of PyTorch that supports it")


# sm_86   sm_90a (this one alone)   sm_100f (its family)   compute_120 (PTX, which the driver compiles)
_ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)([a-z]?)")


def covers(name, capability):
    """Whether code of that name runs on a GPU of a compute capability."""
    match = _ARCHITECTURE.fullmatch(name)
    if match is None:
        return False
    form, major, minor, only = match.groups()
    built = (int(major), int(minor))
    if only == "a":
        return built == capability
    return built <= capability if form == "compute" and not only else built[0] == capability[0] and built <= capability
