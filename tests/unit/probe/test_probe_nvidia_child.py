"""The child that asks NVML, with a pynvml of our own."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from mlenv.facts.gpu import (
    Clocks,
    Ecc,
    EccCounts,
    Fabric,
    Gpu,
    GpuProcess,
    MigInstance,
    NvLink,
    PcieLink,
    Power,
    RetiredPages,
    RowRemaps,
)
from mlenv.probe.accelerators.nvml import NvmlAnswer, NvmlGpu, make_gpu
from mlenv.probe.children.answer import encode
from mlenv.probe.children.nvml import import_pynvml, read_nvml
from mlenv.probe.children.nvml_words import name_clock_events
from tests.unit.probe.nvml_stub import (
    GIB,
    FunctionNotFound,
    GpuIsLost,
    InvalidArgument,
    NoPermission,
    NotFound,
    NotSupported,
    NVMLError,
    a100,
    failing,
    fields,
    reads,
    refuse_fabric,
)

A100 = Gpu(
    vendor="nvidia",
    index=0,
    name="NVIDIA A100-SXM4-40GB",
    uuid="GPU-0a",
    pci_address="0000:07:00.0",
    pci_id="10de:20b0",
    compute_capability="8.0",
    architecture="Ampere",
    memory_bytes=40 * GIB,
    memory_free_bytes=39 * GIB,
    bar1_bytes=64 * GIB,
    bar1_free_bytes=63 * GIB,
    mig=False,
    mig_pending=True,
    link=PcieLink(generation=4, largest_generation=4, width=8, largest_width=16),
    power=Power(draw_watts=52.5, limit_watts=400, default_limit_watts=400, largest_limit_watts=400),
    clocks=Clocks(graphics_mhz=210, memory_mhz=1215, largest_graphics_mhz=1410, largest_memory_mhz=1215),
    clock_events=("gpu-idle", "hw-thermal-slowdown"),
    temperature_celsius=34,
    performance_state="P0",
    persistence=True,
    compute_mode="exclusive-process",
    virtualization="pass-through",
    addressing="hmm",
    display_active=False,
    vbios="92.00.45.00.03",
    gsp_firmware="580.95.05",
    ecc=Ecc(
        enabled=True,
        pending=True,
        volatile=EccCounts(corrected=0, uncorrected=10),
        aggregate=EccCounts(corrected=1, uncorrected=11),
    ),
    row_remaps=RowRemaps(corrected=1, uncorrected=2, pending=True, failed=False),
    nvlinks=(
        NvLink(link=0, active=True, version="3.0", speed=25.0, peer="0000:c4:00.0"),
        NvLink(link=1, active=False),
    ),
    fabric=Fabric(state="completed", status="success"),
    recovery_action="gpu-reset",
    processes=(GpuProcess(pid=4242, name="python", memory_bytes=GIB, kind="both"),),
)


def ask(nvml: Any) -> NvmlAnswer:
    """The child's last answer, through its JSON and back."""
    *_, last = read_nvml(nvml)
    return msgspec.json.decode(encode(last), type=NvmlAnswer)


def ask_one(nvml: Any) -> NvmlGpu:
    """What the child's last answer says of a single GPU."""
    (gpu,) = ask(nvml).gpus or ()
    return gpu


def test_everything_that_nvml_knows() -> None:
    answer = ask(a100())
    assert ("ok", "complete", "580.95.05", "13.580.95.05", "13.0") == (
        answer.init,
        answer.stage,
        answer.driver,
        answer.nvml,
        answer.cuda,
    )
    (gpu,) = answer.gpus or ()
    assert A100 == make_gpu(gpu)
    assert (True, {}) == (gpu.switched, gpu.errors)
    assert ((), (), {}) == (answer.missing, answer.distances, answer.errors)


def test_each_stage_adds_to_the_one_before() -> None:
    stages = [json.loads(encode(facts)) for facts in read_nvml(a100())]
    assert ["identity", "state", "complete"] == [facts["stage"] for facts in stages]
    known = [set(facts["gpus"][0]) for facts in stages]
    assert known[0] < known[1] < known[2]
    assert "uuid" in known[0]
    assert "temperature_celsius" in known[1]


CALLS = sorted(name for name in vars(a100()) if name != "nvmlDeviceGetCount")


@pytest.mark.parametrize("call", CALLS)
def test_a_question_that_fails_costs_its_own_answer(call: str) -> None:
    answer = ask(a100(**{call: failing(NoPermission)}))
    facts = [msgspec.structs.asdict(make_gpu(gpu)) for gpu in answer.gpus or ()]
    whole = msgspec.structs.asdict(A100)
    assert 1 == len(facts)
    if call == "nvmlDeviceGetHandleByIndex":
        assert {"handle": "NoPermission (4): no"} == (answer.gpus or ())[0].errors
        return
    lost = {name for name, value in facts[0].items() if value != whole[name]}
    assert len(lost - {"retired_pages"}) <= 2, lost


@pytest.mark.parametrize("call", CALLS)
def test_a_function_that_an_old_driver_lacks_is_named_once(call: str) -> None:
    answer = ask(
        a100(
            **{"nvmlDeviceGetGpuFabricInfo": refuse_fabric, call: failing(FunctionNotFound)},
            nvmlDeviceGetCount=reads(2),
        )
    )
    assert call in answer.missing
    assert [{}, {}] == [gpu.errors for gpu in answer.gpus or ()]


def test_a_function_that_this_pynvml_lacks_is_missing() -> None:
    nvml = a100()
    del nvml.nvmlDeviceGetAddressingMode
    answer = ask(nvml)
    assert ("nvmlDeviceGetAddressingMode",) == answer.missing
    assert (answer.gpus or ())[0].errors == {}


def test_names_of_before_the_driver_535() -> None:
    old = {
        "nvmlDeviceGetCurrentClocksEventReasons": failing(FunctionNotFound),
        "nvmlDeviceGetCurrentClocksThrottleReasons": reads(4),
        "nvmlDeviceGetComputeRunningProcesses_v3": failing(FunctionNotFound),
        "nvmlDeviceGetComputeRunningProcesses_v2": reads([SimpleNamespace(pid=7, usedGpuMemory=None)]),
        "nvmlDeviceGetGraphicsRunningProcesses_v3": reads([]),
        "nvmlSystemGetCudaDriverVersion_v2": failing(FunctionNotFound),
        "nvmlSystemGetCudaDriverVersion": reads(10010),
    }
    answer = ask(a100(**old))
    assert "10.1" == answer.cuda
    (gpu,) = answer.gpus or ()
    assert ("sw-power-cap",) == gpu.clock_events
    assert (GpuProcess(pid=7, name="python", kind="compute"),) == gpu.processes


def test_pages_are_retired_where_rows_are_not_replaced() -> None:
    gpu = ask_one(
        a100(
            nvmlDeviceGetRemappedRows=failing(NotSupported),
            nvmlDeviceGetRetiredPages=lambda _, cause: [4096] * (cause + 1),
            nvmlDeviceGetRetiredPagesPendingStatus=reads(1),
        )
    )
    assert RetiredPages(single_bit=1, double_bit=2, pending=True) == gpu.retired_pages
    assert gpu.row_remaps is None


def test_a_lost_gpu_is_asked_only_what_would_bring_it_back() -> None:
    lost = {name: failing(GpuIsLost, "GPU is lost") for name in CALLS if name.startswith("nvmlDeviceGet")}
    known = {"nvmlDeviceGetHandleByIndex": reads("gpu"), "nvmlDeviceGetFieldValues": a100().nvmlDeviceGetFieldValues}
    gpu = ask_one(a100(**{**lost, **known}))
    assert {"GpuIsLost (15): GPU is lost"} == set(gpu.errors.values())
    assert ["pci", "compute_capability", "name", "uuid", "architecture"] == list(gpu.errors)
    assert Gpu(vendor="nvidia", index=0, recovery_action="gpu-reset") == make_gpu(gpu)


def test_a_gpu_that_cannot_be_opened_keeps_its_place() -> None:
    def open_second(index: int) -> str:
        if index == 0:
            raise GpuIsLost("GPU is lost")
        return "gpu"

    answer = ask(a100(nvmlDeviceGetHandleByIndex=open_second, nvmlDeviceGetCount=reads(2)))
    first, second = answer.gpus or ()
    assert {"handle": "GpuIsLost (15): GPU is lost"} == first.errors
    assert (0, 1, "GPU-0a") == (first.index, second.index, second.uuid)


def test_how_many_gpus_there_are_may_be_unknown() -> None:
    answer = ask(a100(nvmlDeviceGetCount=failing(NoPermission)))
    assert answer.gpus is None
    assert {"count": "NoPermission (4): no"} == answer.errors


def test_a_name_that_is_no_text_is_kept_and_told() -> None:
    gpu = ask_one(a100(nvmlDeviceGetName=reads(b"NVIDIA \xff\xfeA100")))
    assert "NVIDIA \ufffd\ufffdA100" == gpu.name
    assert {"name": "the library's text is not UTF-8"} == gpu.errors


def test_the_function_inside_pynvmls_wrapper_is_asked() -> None:
    def wrapper(*_: object) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    wrapper.__wrapped__ = reads(b"A\xff")  # type: ignore[attr-defined]
    assert "A\ufffd" == ask_one(a100(nvmlDeviceGetName=wrapper)).name


def test_an_error_without_words() -> None:
    class WordlessError(NVMLError):
        def __str__(self) -> str:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    gpu = ask_one(a100(nvmlDeviceGetVbiosVersion=failing(WordlessError)))
    assert {"vbios": "WordlessError (999): no description"} == gpu.errors


def test_mig_devices() -> None:
    def open_device(_: object, place: int) -> str:
        if place == 1:
            raise NotFound("Not Found")
        return f"MIG {place}"

    def name(handle: str) -> str:
        return "NVIDIA A100-SXM4-40GB MIG 1g.5gb" if handle.startswith("MIG") else "NVIDIA A100-SXM4-40GB"

    gpu = ask_one(
        a100(
            nvmlDeviceGetMigMode=reads([1, 1]),
            nvmlDeviceGetMaxMigDeviceCount=reads(3),
            nvmlDeviceGetMigDeviceHandleByIndex=open_device,
            nvmlDeviceGetName=name,
            nvmlDeviceGetUUID=lambda handle: f"{handle}-uuid",
            nvmlDeviceGetAttributes=fields(multiprocessorCount=14),
            nvmlDeviceGetGpuInstanceId=lambda handle: int(handle[-1]) + 7,
            nvmlDeviceGetComputeInstanceId=reads(0),
        )
    )
    expected = tuple(
        MigInstance(
            uuid=f"MIG {place}-uuid",
            profile="1g.5gb",
            gpu_instance=place + 7,
            compute_instance=0,
            memory_bytes=40 * GIB,
            multiprocessors=14,
        )
        for place in (0, 2)
    )
    assert expected == gpu.mig_instances
    assert {} == gpu.errors


def test_links_end_where_the_library_says_so() -> None:
    def state(_: object, place: int) -> int:
        if place == 4:
            raise InvalidArgument("Invalid Argument")
        return 1

    gpu = ask_one(a100(nvmlDeviceGetNvLinkState=state, nvmlDeviceGetFieldValues=failing(FunctionNotFound)))
    assert [0, 1, 2, 3] == [link.link for link in gpu.nvlinks or ()]
    assert [None] * 4 == [link.speed for link in gpu.nvlinks or ()]
    assert {} == gpu.errors


def test_a_gpu_that_could_not_join_the_fabric() -> None:
    gpu = ask_one(a100(nvmlDeviceGetGpuFabricInfo=refuse_fabric, nvmlErrorString=reads("In Use")))
    assert Fabric(state="completed", status="in-use") == gpu.fabric


def test_a_gpu_without_links() -> None:
    gpu = ask_one(a100(nvmlDeviceGetNvLinkState=failing(NotSupported, "Not Supported")))
    assert gpu.nvlinks is None
    assert {"nvlinks": "NotSupported (3): Not Supported"} == gpu.errors


def test_a_group_of_which_nothing_is_known_is_one_question() -> None:
    refuse = failing(NotSupported, "Not Supported")
    gpu = ask_one(a100(nvmlDeviceGetClockInfo=refuse, nvmlDeviceGetMaxClockInfo=refuse, nvmlDeviceGetPowerUsage=refuse))
    assert gpu.clocks is None
    assert Power(limit_watts=400, default_limit_watts=400, largest_limit_watts=400) == gpu.power
    assert dict.fromkeys(["power.draw_watts", "clocks"], "NotSupported (3): Not Supported") == gpu.errors


def test_distances_of_each_pair() -> None:
    levels = {("gpu 0", "gpu 1"): 10, ("gpu 0", "gpu 2"): 40, ("gpu 1", "gpu 2"): 99}
    answer = ask(
        a100(
            nvmlDeviceGetCount=reads(3),
            nvmlDeviceGetTopologyCommonAncestor=lambda one, other: levels[one, other],
        )
    )
    assert ((0, 1, "PIX"), (0, 2, "NODE")) == answer.distances


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (0, ""),
        (0x1, "gpu-idle"),
        (
            0x6E,
            "applications-clocks-setting sw-power-cap hw-slowdown sw-thermal-slowdown hw-thermal-slowdown",
        ),
        (0x190, "sync-boost hw-power-brake-slowdown display-clocks-setting"),
        (1 << 20, "reason-20"),
    ],
)
def test_clock_events(bits: int, expected: str) -> None:
    assert expected.split() == name_clock_events(bits)


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, -2, 2.5, 1e300, True, False, '\u00e9\n"\\\x00\ufffd\U0001f600'], "b": {"c": (1, "x")}},
        {},
        [[], {}],
        {"big": 2**63},
    ],
)
def test_json(value: Any) -> None:
    assert json.loads(json.dumps(value)) == json.loads(encode(value))


def test_json_of_what_has_none() -> None:
    assert '{"a": [null, null, null]}' == encode({"a": [float("nan"), float("inf"), object()], "b": None})


def test_pynvml_is_the_real_one() -> None:
    import ctypes.util
    import string

    assert callable(import_pynvml().nvmlInit)
    assert ("ctypes/util.py", "string.py") == (ctypes.util.__file__[-14:], string.__file__[-9:])
