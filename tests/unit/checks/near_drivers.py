"""Findings about NVIDIA's driver, its kernel modules, containers and WSL: what has each, and what nearly has it."""

from __future__ import annotations

from mlenv.facts.drivers import FabricManager, Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Outcome, Reading
from mlenv.facts.system import DeviceNode, DkmsModule, KernelModule, Variable
from tests.unit.checks.checks_cases import absent, make_environment, make_linux, make_machine, with_nvidia
from tests.unit.checks.near_misses import DATED, NearMiss, beside, held, said, seen, told_on
from tests.unit.checks.platform_cases import told_case
from tests.unit.checks.told_cases import linux, machine, nvidia, with_driver

UNREACHED = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
UNKNOWN = "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment"
NO_LIBCUDA = "OSError: libcuda.so.1: cannot open shared object file: No such file or directory"
NOT_READY = "CUDA error 802: system not yet initialized"
KERNEL = "6.11.0-26-generic"
CARD = Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 3060")


def _state(**facts: object) -> Machine:
    state = Nvidia(**{"driver": "570.133.20", "nvml": "ok", **facts})  # type: ignore[arg-type]
    return make_machine(gpus=(CARD,), nvidia=state, readings=(absent("nvidia.nvml", "libnvidia-ml.so.1"),))


def _bare() -> Machine:
    return make_machine(gpus=(CARD,), readings=(absent("nvidia.nvml", "libnvidia-ml.so.1"),))


def _module(name: str) -> Machine:
    return machine(kernel_modules=(KernelModule(name=name),), nvidia=Nvidia(driver="570.133.20"))


def _signed(*, secure_boot: bool) -> Machine:
    built = DkmsModule(name="nvidia", version="570.133.20", kernel=KERNEL, state="installed")
    return machine(os=linux(kernel=KERNEL, secure_boot=secure_boot), dkms=(built,))


def _node(path: str, *, writable: bool = True) -> DeviceNode:
    return DeviceNode(path=path, readable=True, writable=writable)


def _nodes(*nodes: DeviceNode) -> Machine:
    """A machine on which CUDA does not start, with these device files."""
    state = Nvidia(driver="570.133.20", nvml="ok", cuda_init="CUDA_ERROR_UNKNOWN")
    return machine(gpus=(nvidia(),), nvidia=state, device_nodes=nodes)


def _fabric(version: str) -> Machine:
    return machine(nvidia=Nvidia(driver="570.133.20", fabric_manager=FabricManager(version=version)))


def _in_container(libcuda: Outcome) -> Machine:
    reading = Reading(id="nvidia.cuda_init", source="libcuda.so.1", outcome=libcuda)
    state = Nvidia(driver="570.133.20", nvml="ok")
    return make_machine(gpus=(CARD,), nvidia=state, os=make_linux(container="docker"), readings=(reading,))


def _boxed(driver: str | None) -> Machine:
    state = Nvidia(driver=driver, kernel_module="570.133.20")
    return make_machine(gpus=(CARD,), nvidia=state, os=make_linux(container="docker"))


def _visible(value: str) -> Machine:
    variable = Variable(name="CUDA_VISIBLE_DEVICES", value=value)
    return with_driver("570.133.20", CARD, variables=(variable,))


CASES = {
    # the driver
    "nvidia-driver-missing": seen(_bare(), _state()),
    "nvidia-driver-without-cuda": told_on(
        NO_LIBCUDA,
        with_driver("570.133.20", CARD, os=linux(container="")),
        with_driver("570.133.20", CARD, os=linux(container="podman")),
    ),
    "driver-library-version-mismatch": seen(
        _state(nvml=None, kernel_module="570.86.15"), _state(nvml=None, kernel_module="570.133.20")
    ),
    "nvidia-driver-not-working": seen(_state(cuda_init="CUDA_ERROR_UNKNOWN"), _state(cuda_init="ok")),
    "driver-refuses-build": told_on(
        "RuntimeError: CUDA driver version is insufficient for CUDA runtime version",
        machine(os=linux(container="")),
        machine(os=linux(container="docker")),
    ),
    "nvidia-driver-dropped-gpu": seen(with_nvidia("6.1", "590.44.01"), with_nvidia("6.1", "580.95.05")),
    "nvidia-driver-too-old": seen(with_nvidia("8.9", "470.256.02"), with_nvidia("8.9", "535.183.01")),
    "nvidia-driver-limits-builds": seen(with_nvidia("8.9", "535.183.01"), with_nvidia("8.9", "580.95.05")),
    "driver-too-old-for-build": held(
        with_nvidia("8.9", "535.183.01"),
        make_environment("torch==2.14.1+cu130"),
        make_environment("torch==2.14.1+cu126"),
    ),
    # NVSwitches
    "fabric-manager-version-mismatch": told_on(NOT_READY, _fabric("570.86.15"), _fabric("570.133.20")),
    "confidential-computing-not-ready": beside(
        NOT_READY, "The guest runs with confidential computing.", "The guest runs with distributed computing."
    ),
    "fabric-manager-not-running": said(NOT_READY, "CUDA error 800: operation not permitted", machine(gpus=(nvidia(),))),
    # kernel modules
    "nouveau-loaded": told_on(UNREACHED, _module("nouveau"), _module("snd_hda_intel")),
    "secure-boot-blocks-module": told_on(UNREACHED, _signed(secure_boot=True), _signed(secure_boot=False)),
    "kernel-module-not-built-for-kernel": said(
        f"modprobe: FATAL: Module nvidia not found in directory /lib/modules/{KERNEL}",
        f"modprobe: FATAL: Module vboxdrv not found in directory /lib/modules/{KERNEL}",
        machine(gpus=(CARD,)),
    ),
    "nvidia-uvm-missing": seen(
        _nodes(_node("/dev/nvidiactl"), _node("/dev/nvidia0")),
        _nodes(_node("/dev/nvidiactl"), _node("/dev/nvidia-uvm")),
        matrix=DATED,
    ),
    "nvidia-uvm-stale-after-suspend": beside(
        UNKNOWN, "It came after the laptop resumed from suspend.", "It came after the laptop was unpacked."
    ),
    "device-node-permission": seen(
        _nodes(_node("/dev/nvidia0", writable=False)), _nodes(_node("/dev/nvidia0", writable=True)), matrix=DATED
    ),
    # containers and WSL
    "container-lost-gpu-cgroup": told_on(
        "Failed to initialize NVML: Unknown Error",
        machine(os=linux(container="docker")),
        machine(os=linux(container="")),
    ),
    "container-missing-driver-capability": seen(_in_container("absent"), _in_container("found")),
    "container-started-without-gpu": seen(_boxed(None), _boxed("570.133.20")),
    "container-toolkit-missing": said(
        'docker: could not select device driver "" with capabilities: [[gpu]].',
        'docker: could not select volume driver "" with capabilities: [[nfs]].',
        machine(gpus=(CARD,)),
    ),
    "container-image-has-driver": said(
        "nvidia-container-cli: mount error: file creation failed: /m/usr/lib/libnvidia-ml.so.1: file exists",
        "nvidia-container-cli: mount error: file creation failed: /m/usr/lib/libnvidia-ml.so.1: disk quota exceeded",
    ),
    "wsl-linux-driver-installed": NearMiss(
        fires=told_case(NO_LIBCUDA, machine(os=linux(wsl=2)), system_packages={"libnvidia-compute-570": "570.133.20"}),
        silent=told_case(NO_LIBCUDA, machine(os=linux(wsl=2)), system_packages={"nvidia-cuda-toolkit": "12.4.131"}),
    ),
    "wsl-libcuda-path": told_on(
        NO_LIBCUDA, machine(os=linux(wsl=2, container="")), machine(os=linux(wsl=2, container="docker"))
    ),
    # which GPUs a program may use
    "cuda-visible-devices-empty": seen(_visible("-1"), _visible("0"), matrix=DATED),
    "cuda-visible-devices-invalid": seen(_visible("1"), _visible("0"), matrix=DATED),
}
