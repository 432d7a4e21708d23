"""Special machines: WSL, Jetson, containers, MIG, hidden GPUs, several makers and generations, virtual GPUs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mlenv.facts.drivers import Nvidia
from mlenv.facts.machine import Machine
from mlenv.facts.reading import Reading
from mlenv.facts.system import DeviceNode
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Accelerator
from mlenv.resolve.device_words import warn_of_devices
from mlenv.resolve.devices import accelerated_gpus, accelerators_to_try
from mlenv.resolve.driver_words import install_words, update_words
from mlenv.resolve.forward import compat_package
from mlenv.resolve.request import Request, Wanted
from mlenv.resolve.resolution import Impossible, Pick, Resolution
from mlenv.resolve.solve import resolve

MATRIX = Matrix()
LINUX = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n'
ARM = LINUX.replace("x86_64", "aarch64")
WSL, CONTAINER = f"{LINUX}wsl = true\n", f"{LINUX}container = true\n"
CPU = '[cpu]\nflags = ["avx", "avx2", "fma"]\n'
JETSON_BUILDS = "github.com/dusty-nv/jetson-containers"


def card(name: str, vendor: str = "nvidia", **keys: str) -> str:
    return f'[[gpu]]\nvendor = "{vendor}"\nname = "{name}"\n' + "".join(f"{key} = {v}\n" for key, v in keys.items())


def driver(version: str) -> str:
    return f'[nvidia]\ndriver = "{version}"\n'


def variables(**values: str) -> str:
    return "[environment]\n" + "".join(f'{name} = "{value}"\n' for name, value in values.items())


def describe(*parts: str, system: str = LINUX) -> Machine:
    return parse_description(system + CPU + "".join(parts), origin="test")


def ask(machine: Machine, *names: str, accelerator: str = "auto") -> Resolution | Impossible:
    wanted = tuple(Wanted(name=name) for name in names or ("torch",))
    return resolve(Request(wanted=wanted, accelerator=accelerator), machine, MATRIX)


def picks(machine: Machine, *names: str, accelerator: str = "auto") -> tuple[Pick, ...]:
    answer = ask(machine, *names, accelerator=accelerator)
    assert isinstance(answer, Resolution)
    return answer.picks


def chosen(machine: Machine, *names: str, accelerator: str = "auto") -> list[str]:
    found = picks(machine, *names, accelerator=accelerator)
    return [f"{pick.framework} {pick.release.version} {pick.build.variant}" for pick in found]


def rejected(machine: Machine, *names: str, accelerator: str = "auto") -> str:
    return "\n".join(row.text for row in ask(machine, *names, accelerator=accelerator).rejected)


def lifts(machine: Machine, *names: str) -> dict[str, str]:
    answer = ask(machine, *names)
    assert isinstance(answer, Resolution)
    return {row.change: row.gives for row in answer.lifts}


ADA, PASCAL, KEPLER, AMPERE = (
    card("NVIDIA GeForce RTX 4090", compute_capability='"8.9"'),
    card("NVIDIA GeForce GTX 1080 Ti", compute_capability='"6.1"'),
    card("Tesla K80", compute_capability='"3.7"'),
    card("NVIDIA A100-SXM4-40GB", compute_capability='"8.0"'),
)
RADEON = card("AMD Radeon RX 7900 XTX", "amd", gfx='"gfx1100"')


# ---------------------------------------------------------------- WSL


def test_inside_wsl_the_floors_of_windows_count() -> None:
    between = driver("527.41")  # enough for CUDA 12 on Linux, not on Windows
    assert ["torch 2.14.1 cu126"] == chosen(describe(ADA, between))
    assert "needs driver 528.33 or newer on Windows" in rejected(describe(ADA, between, system=WSL))


def test_inside_wsl_nobody_is_told_to_install_a_driver_there() -> None:
    answer = ask(describe(ADA, system=WSL), accelerator="gpu")
    assert isinstance(answer, Impossible)
    assert any("install the NVIDIA driver on Windows, not inside WSL" in remedy for remedy in answer.remedies)


@pytest.mark.parametrize(
    ("gpu", "expected"),
    [
        (RADEON, ["torch 2.13.0 rocm7.2"]),
        (card("AMD Radeon RX 7700 XT", "amd", gfx='"gfx1101"'), ["torch 2.15.0 cpu"]),
        (card("AMD Radeon RX 6900 XT", "amd", gfx='"gfx1030"'), ["torch 2.15.0 cpu"]),
        (card("AMD Instinct MI210", "amd", gfx='"gfx90a"'), ["torch 2.15.0 cpu"]),
    ],
)
def test_inside_wsl_rocm_runs_on_what_amd_names_for_it(gpu: str, expected: list[str]) -> None:
    assert expected == chosen(describe(gpu, system=WSL))
    assert ["torch 2.13.0 rocm7.2"] == chosen(describe(gpu))


def test_inside_wsl_jax_has_no_rocm() -> None:
    assert ["jax 0.12.0.1 cpu"] == chosen(describe(RADEON, '[rocm]\nversion = "7.2"\n', system=WSL), "jax")
    assert "AMD does not vouch for JAX with ROCm inside WSL" in rejected(describe(RADEON, system=WSL), "jax")


@pytest.mark.parametrize(
    ("name", "expected"), [("Intel Arc B580", "torch 2.14.1 xpu"), ("Data Center GPU Max 1550", "torch 2.15.0 cpu")]
)
def test_inside_wsl_intel_serves_the_series_named_for_it(name: str, expected: str) -> None:
    assert [expected] == chosen(describe(card(name, "intel"), system=WSL))
    assert ["torch 2.14.1 xpu"] == chosen(describe(card(name, "intel")))


def test_nothing_for_wsl_takes_directml() -> None:
    machine = describe(card("AMD Radeon RX 580", "amd", gfx='"gfx803"'), system=WSL)
    distributions = {pick.distribution for pick in picks(machine, "torch", "tensorflow", "onnxruntime")}
    assert {"torch", "tensorflow-cpu", "onnxruntime"} == distributions


# ---------------------------------------------------------------- Jetson


ORIN = card("Orin", compute_capability='"8.7"', integrated="true")
THOR = card("Jetson AGX Thor", integrated="true")


def l4t(version: str) -> str:
    return f'[jetson]\nl4t = "{version}"\n'


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param((ORIN, l4t("36.4.4")), "torch 2.15.0 cpu", id="orin-jetpack-6"),
        pytest.param((ORIN, driver("540.4.0")), "torch 2.15.0 cpu", id="orin-by-its-driver"),
        pytest.param((ORIN, l4t("39.2.0")), "torch 2.15.0 cu132", id="orin-jetpack-7.2"),
        pytest.param((ORIN, driver("595.78")), "torch 2.15.0 cu132", id="orin-jetpack-7.2-by-its-driver"),
        pytest.param((ORIN,), "torch 2.15.0 cpu", id="orin-jetpack-unknown"),
        pytest.param((card("Xavier", compute_capability='"7.2"'), l4t("35.6.1")), "torch 2.15.0 cpu", id="xavier"),
        pytest.param((THOR, l4t("38.4.0")), "torch 2.15.0 cu132", id="thor"),
    ],
)
def test_ordinary_builds_run_on_jetson_from_jetpack_7_on(parts: tuple[str, ...], expected: str) -> None:
    assert [expected] == chosen(describe(*parts, system=ARM))


def test_jetson_is_shown_the_ways_out() -> None:
    machine = describe(ORIN, l4t("36.4.4"), system=ARM)
    assert "does not run on Orin (Jetson, 8.7) with JetPack 6.2.1" in rejected(machine)
    assert JETSON_BUILDS in rejected(machine)
    assert {"update to JetPack 7.2": "torch 2.15.0 cu132"} == lifts(machine)


def test_a_board_that_no_newer_jetpack_serves_is_promised_none() -> None:
    assert {} == lifts(describe(card("Xavier", compute_capability='"7.2"'), l4t("35.6.1"), system=ARM))


def test_an_arm_server_is_no_jetson() -> None:
    assert ["torch 2.15.0 cu132"] == chosen(describe(card("NVIDIA GH200 480GB"), driver("580.95.05"), system=ARM))


# ---------------------------------------------------------------- containers


def test_a_container_without_the_gpu_is_to_be_started_with_it() -> None:
    answer = ask(describe(ADA, system=CONTAINER), accelerator="gpu")
    assert isinstance(answer, Impossible)
    assert any("docker run --gpus all" in remedy for remedy in answer.remedies)
    assert not any("install" in remedy for remedy in answer.remedies)


def test_the_driver_of_the_host_is_seen_through_its_module() -> None:
    machine = describe(ADA, system=CONTAINER)
    shut = replace(machine, nvidia=Nvidia(kernel_module="550.163.01"))
    assert "its host has driver 550.163.01" in rejected(shut)
    assert ["torch 2.14.1 cu126"] == list(lifts(shut).values())[:1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [("utility", "torch 2.15.0 cpu"), ("compute,utility", "torch 2.15.0 cu132"), ("all", "torch 2.15.0 cu132")],
)
def test_a_container_needs_the_capability_to_compute(given: str, expected: str) -> None:
    machine = describe(ADA, driver("580.95.05"), variables(NVIDIA_DRIVER_CAPABILITIES=given), system=CONTAINER)
    assert [expected] == chosen(machine)


def test_the_capability_says_nothing_outside_of_containers() -> None:
    machine = describe(ADA, driver("580.95.05"), variables(NVIDIA_DRIVER_CAPABILITIES="utility"))
    assert ["torch 2.15.0 cu132"] == chosen(machine)


NO_KFD = Reading(id="gpus.amd.device", source="/dev/kfd", outcome="absent")


def test_a_container_needs_the_device_of_rocm() -> None:
    machine = replace(describe(RADEON, system=CONTAINER), readings=(NO_KFD,))
    assert ["torch 2.15.0 cpu"] == chosen(machine)
    assert {"start the container with it (`docker run --device /dev/kfd --device /dev/dri`)"} == set(lifts(machine))


def test_nothing_is_promised_for_a_gpu_that_nobody_could_read() -> None:
    machine = replace(describe('[[gpu]]\nvendor = "amd"\n', system=CONTAINER), readings=(NO_KFD,))
    assert "needs /dev/kfd, which this container was not given (`docker run --device /dev/kfd" in rejected(machine)
    assert {} == lifts(machine)


@pytest.mark.parametrize(
    ("system", "gpu", "expected"),
    [
        (LINUX, ADA, "update the NVIDIA driver to 580 or newer"),
        (CONTAINER, ADA, "update the NVIDIA driver of the container's host to 580 or newer"),
        (WSL, ADA, "update the NVIDIA driver on Windows to 580 or newer (nothing is to be installed inside WSL)"),
        (
            LINUX,
            card("GRID T4-16Q", virtual="true"),
            "update the vGPU software of the host and the driver of this guest to 580 or newer",
        ),
    ],
)
def test_the_driver_is_updated_where_it_lives(system: str, gpu: str, expected: str) -> None:
    assert expected == update_words(describe(gpu, system=system), "580")


def test_the_driver_is_installed_where_it_lives() -> None:
    assert "install the NVIDIA driver" == install_words(describe(ADA))


# ---------------------------------------------------------------- MIG


def split(*parts: str) -> str:
    return card("NVIDIA H100 80GB HBM3", compute_capability='"9.0"', uuid='"GPU-1"', mig=f"[{', '.join(parts)}]")


def test_a_split_gpu_without_an_instance_is_none() -> None:
    machine = describe(split(), driver("580.95.05"))
    assert ["torch 2.15.0 cpu"] == chosen(machine)
    assert "NVIDIA H100 80GB HBM3 is split with MIG and has no instance" in rejected(machine)
    (remedy,) = lifts(machine)
    assert remedy.endswith("or switch MIG off (`sudo nvidia-smi -i 0 -mig 0`)")


def test_a_slice_is_the_device_and_has_the_capability_of_its_gpu() -> None:
    machine = describe(split('{ profile = "1g.10gb", memory_gib = 9.75 }'), driver("580.95.05"))
    assert ["torch 2.15.0 cu132"] == chosen(machine)
    expected = (
        "NVIDIA H100 80GB HBM3 is split with MIG: a process uses one part of it (1g.10gb, 9.8 GiB), and never several"
    )
    assert [expected] == warn_of_devices(machine, MATRIX, "cuda")


# ---------------------------------------------------------------- GPUs that the environment hides


def test_only_visible_gpus_count() -> None:
    by_uuid = (ADA + 'uuid = "GPU-1"\n', PASCAL + 'uuid = "GPU-2"\n', driver("580.95.05"))
    machine = describe(*by_uuid, variables(CUDA_VISIBLE_DEVICES="GPU-1"))
    assert ["torch 2.14.1 cu126"] == chosen(describe(*by_uuid))
    assert ["torch 2.15.0 cu132"] == chosen(machine)
    expected = "CUDA_VISIBLE_DEVICES=GPU-1 hides NVIDIA GeForce GTX 1080 Ti, which this plan leaves out"
    assert [expected] == warn_of_devices(machine, MATRIX, "cuda")


@pytest.mark.parametrize("value", ["", "-1", "NoDevFiles"])
def test_where_all_are_hidden_the_plan_is_for_the_cpu_and_says_why(value: str) -> None:
    machine = describe(ADA, driver("580.95.05"), variables(CUDA_VISIBLE_DEVICES=value))
    assert ["torch 2.15.0 cpu"] == chosen(machine)
    assert f"CUDA_VISIBLE_DEVICES={value} hides every one" in rejected(machine)
    assert {"unset CUDA_VISIBLE_DEVICES": "torch 2.15.0 cu132"} == lifts(machine)
    assert [f"CUDA_VISIBLE_DEVICES={value} hides every GPU: unset it to use one"] == warn_of_devices(
        machine, MATRIX, "cpu"
    )


def test_a_number_that_cannot_be_told_leaves_all_of_them_in() -> None:
    machine = describe(ADA, PASCAL, driver("580.95.05"), variables(CUDA_VISIBLE_DEVICES="0"))
    assert ["torch 2.14.1 cu126"] == chosen(machine)
    (first, *_) = warn_of_devices(machine, MATRIX, "cuda")
    assert first.startswith("which GPUs CUDA_VISIBLE_DEVICES=0 leaves cannot be told here")
    assert "CUDA_DEVICE_ORDER=PCI_BUS_ID" in first


def test_the_order_of_the_bus_tells_a_number() -> None:
    machine = describe(
        ADA, PASCAL, driver("580.95.05"), variables(CUDA_VISIBLE_DEVICES="0", CUDA_DEVICE_ORDER="PCI_BUS_ID")
    )
    assert ["torch 2.15.0 cu132"] == chosen(machine)


def test_gpus_of_amd_and_intel_are_hidden_too() -> None:
    assert ["torch 2.15.0 cpu"] == chosen(describe(RADEON, variables(HIP_VISIBLE_DEVICES="-1")))
    assert ["torch 2.15.0 cpu"] == chosen(describe(card("Intel Arc B580", "intel"), variables(ZE_AFFINITY_MASK="4")))


# ---------------------------------------------------------------- several makers


def tried(machine: Machine) -> tuple[Accelerator, ...]:
    return accelerators_to_try(Request(wanted=()), machine)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param((ADA, card("AMD Radeon 780M", "amd", integrated="true")), ("cuda", "cpu"), id="beside-amd"),
        pytest.param((ADA, card("Intel Arc 140T", "intel", integrated="true")), ("cuda", "cpu"), id="beside-intel"),
        pytest.param((card("Intel Arc 140T", "intel", integrated="true"),), ("xpu", "cpu"), id="integrated-alone"),
        pytest.param((ADA, RADEON), ("cuda", "rocm", "cpu"), id="two-cards"),
        pytest.param((ORIN,), ("cuda", "cpu"), id="board"),
    ],
)
def test_beside_a_card_integrated_gpus_do_not_count(parts: tuple[str, ...], expected: tuple[Accelerator, ...]) -> None:
    assert expected == tried(describe(*parts))


def test_an_integrated_gpu_does_not_step_in_for_a_card_whose_driver_is_too_old() -> None:
    machine = describe(ADA, card("Intel Arc 140T", "intel", integrated="true"), driver("418.87"))
    assert ["torch 2.15.0 cpu"] == chosen(machine)


def test_an_integrated_gpu_that_is_asked_for_is_used() -> None:
    machine = describe(ADA, card("Intel Arc 140T", "intel", integrated="true"), driver("580.95.05"))
    assert ["torch 2.14.1 xpu"] == chosen(machine, accelerator="xpu")


def test_the_other_makers_card_is_named() -> None:
    machine = describe(ADA, RADEON, driver("580.95.05"))
    assert ["torch 2.15.0 cu132"] == chosen(machine)
    (idle,) = warn_of_devices(machine, MATRIX, "cuda")
    assert idle.startswith("AMD Radeon RX 7900 XTX will not be used")
    assert "--accelerator rocm" in idle


# ---------------------------------------------------------------- several generations


def test_hiding_the_old_card_is_named_with_what_it_gives() -> None:
    machine = describe(ADA, PASCAL, driver("580.95.05"))
    hide = "hide NVIDIA GeForce GTX 1080 Ti (CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0)"
    assert {hide: "torch 2.15.0 cu132"} == lifts(machine)


def test_where_no_driver_serves_both_the_old_card_is_the_way_out() -> None:
    machine = describe(AMPERE, KEPLER, driver("580.95.05"))
    assert ["torch 2.15.0 cpu"] == chosen(machine)
    assert "driver 580.95.05 no longer serves Tesla K80 (Kepler); branch 470 was the last" in rejected(machine)
    assert {"hide Tesla K80 (CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0)": "torch 2.15.0 cu132"} == lifts(
        machine
    )


def test_every_generation_is_told() -> None:
    both = "NVIDIA GeForce RTX 4090 (8.9), NVIDIA GeForce GTX 1080 Ti (6.1)"
    expected = f"the builds are chosen to serve every GPU in use: {both}"
    assert [expected] == warn_of_devices(describe(ADA, PASCAL, driver("580.95.05")), MATRIX, "cuda")
    assert [] == warn_of_devices(describe(ADA, ADA, driver("580.95.05")), MATRIX, "cuda")


def test_of_three_generations_the_oldest_alone_is_hidden() -> None:
    machine = describe(ADA, PASCAL, AMPERE, driver("580.95.05"))
    hide = "hide NVIDIA GeForce GTX 1080 Ti (CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0,2)"
    assert {hide: "torch 2.15.0 cu132"} == lifts(machine)


def test_what_hiding_promises_holds() -> None:
    """The machine with the setting that the lift names really gets what it promises."""
    (promised,) = lifts(describe(ADA, PASCAL, driver("580.95.05"))).values()
    setting = variables(CUDA_DEVICE_ORDER="PCI_BUS_ID", CUDA_VISIBLE_DEVICES="0")
    machine = describe(ADA, PASCAL, driver("580.95.05"), setting)
    assert ["NVIDIA GeForce RTX 4090"] == [gpu.name for gpu in accelerated_gpus(machine, "cuda")]
    assert promised == ", ".join(chosen(machine))


# ---------------------------------------------------------------- AMD targets without code


def test_an_override_is_told_and_never_promised() -> None:
    machine = describe(
        card("AMD Radeon 780M", "amd", gfx='"gfx1103"', integrated="true"), variables(HSA_OVERRIDE_GFX_VERSION="11.0.0")
    )
    assert ["torch 2.15.0 cpu"] == chosen(machine)
    assert "HSA_OVERRIDE_GFX_VERSION=11.0.0 runs code of gfx1100 on it, AMD does not support it" in rejected(machine)
    assert {} == lifts(machine)
    (warning,) = warn_of_devices(machine, MATRIX, "cpu")
    assert "this plan does not count on it" in warning


def test_a_target_without_a_row_hears_of_no_override() -> None:
    assert "HSA_OVERRIDE" not in rejected(describe(card("AMD Radeon RX 580", "amd", gfx='"gfx803"')))


# ---------------------------------------------------------------- virtual GPUs, forward compatibility


@pytest.mark.parametrize("name", ["GRID T4-16Q", "NVIDIA A40-48Q"])
def test_a_virtual_gpu_has_the_capability_of_its_board(name: str) -> None:
    assert ["torch 2.15.0 cu132"] == chosen(describe(card(name, virtual="true"), driver("580.95.05")))


@pytest.mark.parametrize(
    ("gpu", "version", "system", "package"),
    [
        pytest.param(AMPERE, "535.183.01", LINUX, True, id="data-center"),
        pytest.param(AMPERE, "560.35.05", LINUX, False, id="branch-that-no-package-names"),
        pytest.param(ADA, "535.183.01", LINUX, False, id="geforce"),
        pytest.param(AMPERE, "538.15", WSL, False, id="wsl"),
        pytest.param(card("NVIDIA A40-48Q", virtual="true"), "535.183.01", LINUX, False, id="virtual"),
        pytest.param(AMPERE + ADA, "535.183.01", LINUX, False, id="a-geforce-beside"),
    ],
)
def test_the_compat_package_is_named_where_rows_say_that_it_works(
    gpu: str, version: str, system: str, package: bool
) -> None:
    found = [change for change in lifts(describe(gpu, driver(version), system=system)) if "cuda-compat" in change]
    expected = [f"install cuda-compat-13-2, which runs CUDA 13 on driver {version} here"] if package else []
    assert expected == found


def test_the_libraries_of_the_compat_package_must_serve_the_gpu_too() -> None:
    kepler, ampere = (describe(gpu, driver("470.256.02")) for gpu in (KEPLER, AMPERE))
    assert (None, "cuda-compat-12-8") == tuple(compat_package(machine, MATRIX, "12.6") for machine in (kepler, ampere))


# ---------------------------------------------------------------- drivers that do not work


def test_a_driver_that_does_not_start_is_told() -> None:
    machine = describe(ADA)
    broken = replace(machine, nvidia=Nvidia(driver="580.95.05", nvml="ok", cuda_init="SIGSEGV"))
    assert ["torch 2.15.0 cu132"] == chosen(broken)
    expected = "the NVIDIA driver does not work now (SIGSEGV): `mlenv doctor` says why and what to do"
    assert [expected] == warn_of_devices(broken, MATRIX, "cuda")


def test_a_driver_whose_gpu_cannot_be_read_is_told_on_the_cpu() -> None:
    state = Nvidia(nvml="LibRmVersionMismatch", cuda_init="CUDA_ERROR_SYSTEM_DRIVER_MISMATCH")
    (warning,) = warn_of_devices(replace(describe(), nvidia=state), MATRIX, "cpu")
    assert warning.startswith("there is an NVIDIA driver that does not work now (LibRmVersionMismatch)")
    assert [] == warn_of_devices(replace(describe(), nvidia=Nvidia(nvml="DriverNotLoaded")), MATRIX, "cpu")


def test_device_files_that_may_not_be_opened_are_told() -> None:
    shut = tuple(DeviceNode(path=path, readable=False, writable=False) for path in ("/dev/kfd", "/dev/dri/card1"))
    machine = replace(describe(RADEON), device_nodes=shut)
    expected = "this user may not open /dev/kfd: `mlenv doctor` says why and what to do"
    assert [expected] == warn_of_devices(machine, MATRIX, "rocm")
    caps = (DeviceNode(path="/dev/nvidia-caps/nvidia-cap1", readable=False),)
    assert [] == warn_of_devices(replace(describe(ADA, driver("580.95.05")), device_nodes=caps), MATRIX, "cuda")


def test_a_missing_compute_runtime_of_intel_is_told() -> None:
    absent = Reading(id="intel.compute_runtime", source="libze_intel_gpu.so.1", outcome="absent")
    machine = describe(card("Intel Arc A770", "intel"))
    assert [] == warn_of_devices(machine, MATRIX, "xpu")
    (warning,) = warn_of_devices(replace(machine, readings=(absent,)), MATRIX, "xpu")
    assert warning.startswith("Intel's compute runtime (libze_intel_gpu.so.1) is not installed")
