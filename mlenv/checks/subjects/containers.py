"""Containers: whether they were given the GPU, may compute on it, and still have it."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.checks import nvidia
from mlenv.checks.evidence import cite, find_reading, quote_messages
from mlenv.checks.finding import Finding, Fix, Grade
from mlenv.checks.messages import NO_GPU, first_told, present, value, weigh
from mlenv.checks.registry import Case, Skip, Unknown, check
from mlenv.checks.situation import driver_of, in_container, in_wsl, require_concern, require_linux, variable
from mlenv.checks.wording import remark, says
from mlenv.clues.clue import Clue
from mlenv.facts.machine import Machine
from mlenv.facts.pattern import lazy
from mlenv.matrix.load import Matrix

_TOOLKIT_GUIDE = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
_UNSEEN = (
    "libcuda-missing",
    "no-nvidia-driver",
    "nvml-library-missing",
    "no-cuda-driver-found",
    "smi-not-found",
    "driver-insufficient",
    "cuda-no-device",
    "no-visible-gpu",
    "cuda-init-failed",
    "accelerator-not-used",
    "tensorflow-sees-no-gpu",
    "tensorflow-cuda-drivers-not-found",
)
_LOST = ("nvml-unknown-error", "devices-lost-from-cgroup", "gpu-lost-while-running")
# What is said where libcuda is missing, whether or not the rest of the driver is there.
_NO_LIBRARY = ("libcuda-missing", "no-nvidia-driver", "no-cuda-driver-found")
_CAN_COMPUTE = ("compute", "all")
# Beside these a list of capabilities is NVIDIA's; one with `gpu` alone leaves the choice to the image.
_OTHER_CAPABILITIES = frozenset({"utility", "graphics", "video", "display", "ngx", "compat32"})
_NAME = lazy(r"[a-z][a-z0-9]{1,20}")


@check("container-lost-gpu-cgroup", subject="gpu")
def container_lost_gpu_cgroup(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A running container that lost its right to the GPU's device files."""
    require_concern(case)
    require_linux(case.machine)
    answer, reload = first_told(case, "nvml-unknown-error"), case.clue("devices-lost-from-cgroup")
    lost = bool(remark(case, "devices_list", "devices.list", "cgroup"))
    state = case.machine.nvidia
    silent = state is not None and state.nvml == "Unknown" and bool(case.machine.os.container)
    if answer is None and not silent and not (reload and reload.told and says(case, "gpu", "nvidia", "cuda", "nvml")):
        return
    if in_wsl(case) or (in_container(case) is False and reload is None) or case.clue("gpu-lost"):
        return
    grade: Grade = "named" if reload or lost else "shown" if in_container(case) else "likely"
    yield Finding(
        id="container-lost-gpu-cgroup",
        severity="error",
        title="The container lost its access to the GPU",
        cause="The rules for devices (cgroup) of a running container were written anew, as `systemctl daemon-reload` "
        "does, without the GPU's files, so the driver's library may not open them any more.",
        evidence=(
            *quote_messages(case, *_LOST),
            *(("NVML answers Unknown inside a container",) if silent else ()),
        ),
        fix=(
            Fix(text="Start the container anew; that brings the GPU back until the next reload"),
            Fix(
                text="For good, give the container the device files by name (IMAGE is its image)",
                command="docker run --gpus all --device /dev/nvidia0 --device /dev/nvidiactl --device /dev/nvidia-uvm "
                "--device /dev/nvidia-uvm-tools -it IMAGE",
            ),
            Fix(
                text='Or let Docker keep cgroups itself: "exec-opts": ["native.cgroupdriver=cgroupfs"] in '
                "/etc/docker/daemon.json, then restart Docker",
                command="sudo systemctl restart docker",
            ),
            Fix(
                text="Or hand the GPU over by CDI", command="sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
            ),
        ),
        grade=grade,
        explains=present(case, *_LOST, *NO_GPU),
    )


@check("container-missing-driver-capability", subject="gpu")
def container_missing_driver_capability(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A container that was given the GPU without the capability to compute: nvidia-smi works, CUDA does not."""
    require_concern(case)
    machine = case.machine
    given = _given_capabilities(case)
    if _lacks_compute(case, given):
        yield _word_capability(case, given)
        return
    nvidia.require_nvidia(machine)
    _require_container(machine)
    if machine.nvidia is None:
        raise Unknown("the NVIDIA driver is not known")
    libcuda = find_reading(machine, "nvidia.cuda_init", "absent")
    if machine.nvidia.nvml == "ok" and libcuda is not None:
        yield _word_capability(
            case, given, cite(machine, f"{libcuda.source} is absent", "nvidia.cuda_init"), "NVML: ok"
        )


def _given_capabilities(case: Case) -> str | None:
    told = value(case.clue("capability-variable"), "capabilities")
    return variable(case, "NVIDIA_DRIVER_CAPABILITIES") or told or _listed_capabilities(case)


def _listed_capabilities(case: Case) -> str | None:
    """The driver's capabilities that a compose file or the engine lists for a container."""
    for clue in case.clues_of("capability-list"):
        names = _NAME.findall(value(clue, "capabilities").lower())
        if _OTHER_CAPABILITIES.intersection(names):
            return ",".join(names)
    return None


def _lacks_compute(case: Case, given: str | None) -> bool:
    """Whether messages tell that: no libcuda, and either the variable leaves it out or nvidia-smi works."""
    missing = first_told(
        case,
        "libcuda-missing",
        "cuda-init-failed",
        "no-nvidia-driver",
        "cuda-no-device",
        "accelerator-not-used",
        "no-cuda-driver-found",
        "tensorflow-sees-no-gpu",
    )
    named = case.clue("capability-missing")
    if named is not None and (missing is not None or named.told):
        return True
    if missing is None or (in_wsl(case) and not case.machine.os.container):
        return False
    if given is not None:
        return not any(word in given.lower().split(",") for word in _CAN_COMPUTE)
    if first_told(case, *_NO_LIBRARY) is None or not in_container(case) or case.clue("started-without-gpu"):
        return False
    return driver_of(case) is not None or case.clue("started-with-gpu", "runs-by-compose") is not None


def _word_capability(case: Case, given: str | None, *evidence: str) -> Finding:
    explicit = given is not None or case.clue("capability-missing") is not None
    # A compose file of such a project asks for the GPU, so that what it is asked for to do is the likelier fault.
    guessed = driver_of(case) is None and case.clue("started-with-gpu") is None and not evidence
    grade: Grade = "named" if explicit else "likely" if guessed else "shown"
    return Finding(
        id="container-missing-driver-capability",
        severity="error",
        title="This container may look at the GPU and not compute on it",
        cause="The driver's libcuda was not given to it: the capability `compute` is missing.",
        evidence=(
            *evidence,
            *((f"NVIDIA_DRIVER_CAPABILITIES={given}",) if given is not None else ()),
            *quote_messages(case, "libcuda-missing", "capability-missing", "cuda-init-failed"),
        ),
        fix=(
            Fix(
                text="Start it with that capability (IMAGE is its image)",
                command="docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility -it IMAGE",
            ),
            Fix(text="In a compose file, write `capabilities: [gpu, compute, utility]` for the reserved device"),
        ),
        grade=grade,
        explains=present(case, "capability-missing", "capability-variable", *NO_GPU),
    )


@check("container-started-without-gpu", subject="gpu")
def container_started_without_gpu(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A container on a host with an NVIDIA driver, started without access to the GPU."""
    require_concern(case)
    clue = first_told(case, "container-without-driver")
    if clue is not None or _looks_ungiven(case):
        yield _word_ungiven(case, clue)
        return
    machine = case.machine
    nvidia.require_nvidia(machine)
    _require_container(machine)
    if is_shut_in(machine) and machine.nvidia is not None:
        yield Finding(
            id="container-started-without-gpu",
            severity="warning",
            title="This container was started without the GPU",
            cause="The host has an NVIDIA driver, and its libraries were not given to this container.",
            evidence=(
                cite(machine, f"kernel module {machine.nvidia.kernel_module}", "nvidia.kernel_module"),
                absence(machine) or "no driver library was found",
            ),
            fix=_start_with_gpu(),
        )


def _looks_ungiven(case: Case) -> bool:
    """Whether nothing of the GPU is seen from inside a container."""
    unseen = first_told(case, *_UNSEEN)
    if unseen is None or not in_container(case) or (in_wsl(case) and not case.machine.os.container):
        return False
    # NVIDIA's own tools come with the GPU: where they lack too, the driver that is told of is that of the host.
    if case.machine.os.container and first_told(case, "smi-not-found", "nvml-library-missing"):
        return case.clue("container-host-driver-missing") is None
    if case.clue("started-without-gpu", "container-host-driver-missing"):
        return case.clue("container-host-driver-missing") is None
    others = (
        "uvm-node-missing",
        "driver-too-old-for-image",
        "capability-variable",
        "capability-missing",
        "after-suspend",
    )
    return driver_of(case) is None and not case.clue(*others) and not (case.report and case.report.missing_nodes)


def _word_ungiven(case: Case, clue: Clue | None) -> Finding:
    started = case.clue("started-without-gpu")
    return Finding(
        id="container-started-without-gpu",
        severity=weigh(first_told(case, "container-without-driver", *_UNSEEN)),
        title="This container was started without the GPU",
        cause="A container sees the GPU and the driver's libraries only when it is started with them, and this one was "
        "not.",
        evidence=quote_messages(case, "container-without-driver", "started-without-gpu", *_UNSEEN),
        fix=_start_with_gpu(),
        grade="named" if clue else "shown" if started else "likely",
        explains=present(case, "container-without-driver", *NO_GPU),
    )


def _start_with_gpu() -> tuple[Fix, ...]:
    return (
        Fix(text="Start it with the GPU (IMAGE is its image)", command="docker run --gpus all -it IMAGE"),
        Fix(text="Docker needs NVIDIA's container toolkit on the host for that"),
    )


@check("container-toolkit-missing", subject="gpu")
def container_toolkit_missing(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """A host whose container engine knows nothing of NVIDIA's GPUs."""
    require_concern(case)
    clue = first_told(case, "container-toolkit-missing", "cdi-device-unresolved", "container-cgroup-refused")
    if clue is None:
        return
    yield Finding(
        id="container-toolkit-missing",
        severity="error",
        title="The container engine cannot hand over the GPU",
        cause="Docker and Podman give a container the GPU with the help of NVIDIA's container toolkit, and on "
        "this host "
        "it is missing, too old, or not registered with the engine.",
        evidence=quote_messages(case, clue.id),
        fix=(
            Fix(text=f"Install or update the toolkit on the host: {_TOOLKIT_GUIDE}"),
            Fix(
                text="Register it with Docker, and restart that",
                command="sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker",
            ),
            Fix(
                text="For Podman, or where a CDI device is not found, list the devices for it",
                command="sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
            ),
        ),
        grade="named",
        explains=(clue.id,),
    )


@check("container-image-has-driver", subject="gpu")
def container_image_has_driver(case: Case, _matrix: Matrix) -> Iterator[Finding]:
    """An image that holds driver libraries of its own, where the host's are to be put."""
    require_concern(case)
    clue = first_told(case, "container-image-has-driver")
    if clue is not None:
        yield Finding(
            id="container-image-has-driver",
            severity="error",
            title="The image holds files of an NVIDIA driver",
            cause="The container is given the host's driver libraries when it starts, and files of the same names lie "
            "in the image already, left over from a driver that was installed in it or from a saved container.",
            evidence=quote_messages(case, "container-image-has-driver"),
            fix=(
                Fix(text="Build the image anew without packages of the driver (libnvidia-compute, nvidia-driver)"),
                Fix(
                    text="Or remove the files in a last step of its Dockerfile",
                    command="RUN rm -f /usr/lib/x86_64-linux-gnu/libnvidia-* /usr/lib/x86_64-linux-gnu/libcuda.so*",
                ),
            ),
            grade="named",
            explains=("container-image-has-driver",),
        )


def _require_container(machine: Machine) -> None:
    if machine.os.container is None:
        raise Unknown("whether this is a container is not known")
    if not machine.os.container:
        raise Skip("this is no container")


def is_shut_in(machine: Machine) -> bool:
    """A container that sees the host's kernel module and none of the driver's libraries."""
    state = machine.nvidia
    loaded = state is not None and state.kernel_module is not None and state.driver is None
    return bool(machine.os.container) and loaded


def absence(machine: Machine) -> str | None:
    """The evidence that somebody looked for the driver and it is not there."""
    for subject in ("nvidia.nvml", "nvidia.driver", "nvidia.smi"):
        reading = find_reading(machine, subject, "absent")
        if reading is not None:
            return f"no driver library ({reading.source})"
    return None


__all__ = [
    "absence",
    "is_shut_in",
]
