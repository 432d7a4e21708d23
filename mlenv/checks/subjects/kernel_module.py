"""NVIDIA's kernel module: whether it was built, may be loaded, and gets the GPU."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks.evidence import cite, quote_messages
from mlenv.checks.finding import Finding, Fix, Grade, Severity
from mlenv.checks.messages import NO_GPU, first_told, present, value
from mlenv.checks.registry import Case, check
from mlenv.checks.remedy import install_driver
from mlenv.checks.situation import driver_of, gpu_is_seen_to_work, in_container, in_wsl, require_concern, require_linux
from mlenv.checks.wording import says
from mlenv.clues.clue import Clue
from mlenv.facts.machine import Machine
from mlenv.facts.pattern import lazy
from mlenv.facts.system import DkmsModule
from mlenv.matrix.load import Matrix

OTHERS = ("nouveau", "nova_core", "nova-core")
_BUILD = ("module-build-failed", "module-of-other-kernel", "kernel-headers-missing")
_NOT_LOADED = ("smi-cannot-reach-driver", "nvml-driver-not-loaded", "module-load-failed")
# Modules of other programs that Secure Boot refuses in the same words.
_FOREIGN = lazy(r"vbox|vmmon|vmnet|zfs|wireguard|evdi|v4l2|r8\d{3}|8[18]\d{2}")


@check("nouveau-loaded", subject="gpu")
def nouveau_loaded(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Another driver (nouveau, nova) that holds the NVIDIA GPU."""
    require_concern(case)
    require_linux(case.machine)
    clue = first_told(case, "nouveau-holds-gpu")
    held = _held_by(case.machine)
    if (clue is None and not held) or gpu_is_seen_to_work(case):
        return
    installed = clue is not None or _has_driver(case) or first_told(case, *_NOT_LOADED) is not None
    yield Finding(
        id="nouveau-loaded",
        severity="error" if installed else "info",
        title="Another driver holds the NVIDIA GPU",
        cause="The kernel gave the GPU to its own driver (nouveau), and NVIDIA's cannot take it while that is loaded.",
        evidence=(
            *((cite(case.machine, f"kernel driver {held}", "gpus.pci", "kernel_modules"),) if held else ()),
            *quote_messages(case, "nouveau-holds-gpu"),
        ),
        fix=_keep_nouveau_out(case.machine) if installed else install_driver(case.machine),
        grade="named" if clue else "shown",
        explains=("nouveau-holds-gpu", *present(case, *NO_GPU)),
    )


def _held_by(machine: Machine) -> str:
    bound = next((gpu.driver for gpu in machine.gpus_of("nvidia") if gpu.driver in OTHERS), None)
    if bound:
        return bound
    names = [module.name for module in machine.kernel_modules or ()]
    if any(name in ("nvidia", "nvidia_uvm") for name in names):
        return ""
    return next((name for name in names if name in OTHERS), "")


def _has_driver(case: Case) -> bool:
    """Whether something of NVIDIA's driver is installed."""
    state, report = case.machine.nvidia, case.report
    packaged = report is not None and any("nvidia" in name for name in report.system_packages)
    known = state is not None and any((state.driver, state.module_on_disk, state.library, state.cuda_init))
    return packaged or known or bool(_nvidia_builds(case.machine))


def _keep_nouveau_out(machine: Machine) -> tuple[Fix, ...]:
    name = f"{machine.os.distribution or ''} {' '.join(machine.os.like)}".lower()
    fedora = any(word in name for word in ("fedora", "red hat", "rhel", "centos", "rocky", "alma"))
    return (
        Fix(
            text="Keep nouveau from being loaded",
            command="printf 'blacklist nouveau\\noptions nouveau modeset=0\\n' | "
            "sudo tee /etc/modprobe.d/blacklist-nouveau.conf",
        ),
        Fix(
            text="Make the start image of the kernel anew, so that it obeys",
            command="sudo dracut --force" if fedora else "sudo update-initramfs -u",
        ),
        Fix(text="Then restart", command="sudo reboot"),
    )


@check("secure-boot-blocks-module", subject="gpu")
def secure_boot_blocks_module(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """Secure Boot that refuses NVIDIA's kernel module, since its key is not enrolled."""
    require_concern(case)
    require_linux(case.machine)
    refused = first_told(case, "module-key-rejected")
    if refused is not None and _FOREIGN.search(refused.line):
        refused = None
    on = case.machine.os.secure_boot is True or case.clue("secure-boot-enabled", "kernel-lockdown") is not None
    silent, barred = first_told(case, *_NOT_LOADED), first_told(case, "module-insert-refused")
    if case.machine.os.secure_boot is False and refused is None:
        return
    if refused is None and barred is None and (silent is None or not on or _is_not_built(case)):
        return
    proved = _is_built(case.machine) or (barred is not None and on)
    grade: Grade = "named" if refused else "shown" if proved else "likely"
    yield Finding(
        id="secure-boot-blocks-module",
        severity="error",
        title="Secure Boot does not let the NVIDIA module load",
        cause="With Secure Boot the kernel loads only modules signed with a key that the firmware knows, and the "
        "key of this NVIDIA module is not enrolled.",
        evidence=(
            *((cite(case.machine, "Secure Boot is on", "os.secure_boot"),) if case.machine.os.secure_boot else ()),
            *quote_messages(
                case, "module-key-rejected", "module-insert-refused", "secure-boot-enabled", "kernel-lockdown"
            ),
        ),
        fix=(
            Fix(
                text="Enrol the key with which the module was signed; it asks for a password that you choose",
                command="sudo mokutil --import /var/lib/shim-signed/mok/MOK.der",
            ),
            Fix(text="Restart, and choose `Enroll MOK` in the blue screen that comes", command="sudo reboot"),
            Fix(text="Or switch Secure Boot off in the firmware's settings"),
        ),
        grade=grade,
        explains=(
            *present(case, "module-key-rejected", "module-insert-refused", "module-load-failed", "uvm-node-missing"),
            *present(case, *NO_GPU),
        ),
    )


@check("kernel-module-not-built-for-kernel", subject="gpu")
def kernel_module_not_built_for_kernel(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A kernel for which the NVIDIA module was not built."""
    require_concern(case)
    require_linux(case.machine)
    clue = main_module_missing(case) or first_told(case, *_BUILD)
    silent = first_told(case, *_NOT_LOADED)
    if clue is None and not (_is_not_built(case) and not _is_loaded(case.machine)) and not _may_be_unbuilt(case):
        return
    if clue is None and silent is None and gpu_is_seen_to_work(case):
        return
    if clue is not None and clue.id == "kernel-headers-missing" and silent is None and not _speaks_of_nvidia(case):
        return
    yield _describe_unbuilt(case, named=clue is not None)


def main_module_missing(case: Case) -> Clue | None:
    """A message that the kernel has no module of NVIDIA's driver, and not only that nvidia-uvm lacks."""
    if first_told(case, "kernel-module-not-found") is None:
        return None
    names = [(clue, value(clue, "module")) for clue in case.clues_of("kernel-module-not-found")]
    return next((clue for clue, name in names if name.startswith("nvidia") and "uvm" not in name), None)


def _describe_unbuilt(case: Case, *, named: bool) -> Finding:
    machine = case.machine
    kernel = machine.os.kernel
    grade: Grade = "named" if named else "shown" if _is_not_built(case) else "likely"
    severity: Severity = "error"
    return Finding(
        id="kernel-module-not-built-for-kernel",
        severity=severity,
        title=f"There is no NVIDIA module for the running kernel{f' {kernel}' if kernel else ''}",
        cause="The driver's kernel module is built for each kernel, and for the one that runs now that was not done "
        "or failed: most often after an update of the kernel, or because its headers or the compiler are missing.",
        evidence=(
            *((cite(machine, f"kernel {kernel}", "os.kernel"),) if kernel else ()),
            *(_word_build(row) for row in _nvidia_builds(machine)[:4]),
            *quote_messages(case, "kernel-module-not-found", *_BUILD, "smi-cannot-reach-driver"),
        ),
        fix=_build(machine),
        grade=grade,
        explains=(
            *present(case, "kernel-module-not-found", *_BUILD, "kernel-was-updated", "module-load-failed"),
            *present(case, "uvm-node-missing", *NO_GPU),
        ),
    )


def _may_be_unbuilt(case: Case) -> bool:
    """Whether nvidia-smi reaches no driver, and nothing tells another reason than the most frequent one."""
    if first_told(case, *_NOT_LOADED) is None:
        return False
    others = (
        "module-key-rejected",
        "module-insert-refused",
        "nouveau-holds-gpu",
        "secure-boot-enabled",
        "kernel-lockdown",
        "gpu-lost",
        "gpu-init-failed",
    )
    if case.clue(*others) or case.machine.os.secure_boot or _held_by(case.machine):
        return False
    return not (in_wsl(case) or in_container(case) or _is_loaded(case.machine))


def _nvidia_builds(machine: Machine) -> tuple[DkmsModule, ...]:
    return tuple(row for row in machine.dkms or () if row.name.startswith("nvidia"))


def _is_built(machine: Machine) -> bool:
    """Whether DKMS has the module for the running kernel."""
    return any(row.state == "installed" and row.kernel == machine.os.kernel for row in _nvidia_builds(machine))


def _is_not_built(case: Case) -> bool:
    """Whether DKMS keeps the module, and not for the running kernel."""
    machine = case.machine
    return machine.os.kernel is not None and bool(_nvidia_builds(machine)) and not _is_built(machine)


def _is_loaded(machine: Machine) -> bool:
    state = machine.nvidia
    if state is not None and (state.kernel_module or state.nvml == "ok"):
        return True
    return any(module.name == "nvidia" for module in machine.kernel_modules or ())


def _speaks_of_nvidia(case: Case) -> bool:
    return driver_of(case) is not None or says(case, "nvidia")


def _word_build(row: DkmsModule) -> str:
    return f"DKMS: {row.name}/{row.version}" + (f" for {row.kernel}" if row.kernel else "") + f": {row.state or '?'}"


def _build(machine: Machine) -> tuple[Fix, ...]:
    name = f"{machine.os.distribution or ''} {' '.join(machine.os.like)}".lower()
    if any(word in name for word in ("fedora", "nobara")):
        return (Fix(text="Build the module for this kernel", command="sudo akmods --force"), _RESTART)
    if any(word in name for word in ("red hat", "rhel", "rocky", "alma", "centos", "oracle")):
        headers = "sudo dnf install kernel-devel-$(uname -r) kernel-headers-$(uname -r)"
    elif any(word in name for word in ("arch", "manjaro", "endeavour", "cachyos")):
        headers = "sudo pacman -S linux-headers"
    else:
        headers = "sudo apt install linux-headers-$(uname -r)"
    return (
        Fix(text="Install the headers of the running kernel", command=headers),
        Fix(text="Build the module for it, and read what it says", command="sudo dkms autoinstall"),
        _RESTART,
        Fix(
            text="If the build fails, the driver is too old for this kernel: install a newer driver, or start the "
            "previous kernel"
        ),
    )


_RESTART = Fix(text="Then restart", command="sudo reboot")
