"""What nvidia-smi prints, found in any text around it."""

from __future__ import annotations

import pytest

from mlenv.clues.text import normalise
from mlenv.facts.drivers import Nvidia
from mlenv.facts.gpu import Gpu
from mlenv.intake.forms import nvidia_smi
from mlenv.intake.forms.form import Told

TABLE = """\
Thu Jan  9 10:11:12 2025
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 555.42.06              Driver Version: 555.42.06      CUDA Version: 12.5     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA RTX A4500               On  |   00000000:41:00.0 Off |                  Off |
| 30%   35C    P8             12W /  200W |      15MiB /  20470MiB |      0%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+
|   1  NVIDIA RTX A4500               On  |   00000000:61:00.0 Off |                  Off |
| 30%   34C    P8             11W /  200W |      15MiB /  20470MiB |      0%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI        PID   Type   Process name                              GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|  No running processes found                                                             |
+-----------------------------------------------------------------------------------------+
"""
QUERY = """\
==============NVSMI LOG==============

Timestamp                                 : Thu Jan  9 10:11:12 2025
Driver Version                            : 555.42.06
CUDA Version                              : 12.5

Attached GPUs                             : 1
GPU 00000000:41:00.0
    Product Name                          : NVIDIA RTX A4500
    MIG Mode
        Current                           : N/A
    FB Memory Usage
        Total                             : 20470 MiB
"""
DOCUMENT = """\
<?xml version="1.0" ?>
<nvidia_smi_log>
  <driver_version>555.42.06</driver_version>
  <cuda_version>12.5</cuda_version>
  <gpu id="00000000:41:00.0">
    <product_name>NVIDIA RTX A4500</product_name>
    <fb_memory_usage><total>20470 MiB</total></fb_memory_usage>
  </gpu>
</nvidia_smi_log>
"""


def tell(name: str, text: str) -> list[Told]:
    """What one form tells of each part that it finds, as the diagnosis would ask it."""
    form = next(form for form in nvidia_smi.FORMS if form.name == name)
    return [form.read(part) for part in form.find(text if form.raw else normalise(text))]


def drivers(told: list[Told]) -> list[str | None]:
    return [row.nvidia.driver if row.nvidia else None for row in told]


def names(told: Told) -> list[str | None]:
    return [gpu.name for gpu in told.gpus or ()]


def test_a_table_between_words_is_found() -> None:
    text = f"Hello,\n\n```\n$ nvidia-smi\n{TABLE}```\n\nI have | a | table | too"

    (told,) = tell("nvidia_smi", text)

    assert told.nvidia == Nvidia(driver="555.42.06", cuda="12.5", nvml="ok")
    assert names(told) == ["NVIDIA RTX A4500"] * 2
    assert [gpu.memory_bytes for gpu in told.gpus or ()] == [20470 * 1024**2] * 2


@pytest.mark.parametrize("mark", ["> ", "> > ", "gpu-test-1  | ", "    "])
def test_what_stands_before_every_line_is_passed_over(mark: str) -> None:
    (told,) = tell("nvidia_smi", "\r\n".join(mark + line for line in TABLE.splitlines()))

    assert names(told) == ["NVIDIA RTX A4500"] * 2


def test_two_tables_are_two_parts() -> None:
    other = TABLE.replace("555.42.06", "535.54.03")

    assert drivers(tell("nvidia_smi", f"host:\n{TABLE}\nin docker:\n{other}")) == ["555.42.06", "535.54.03"]


@pytest.mark.parametrize("end", range(0, len(TABLE), 37))
def test_a_table_may_be_cut_anywhere(end: int) -> None:
    told = tell("nvidia_smi", TABLE[:end])

    assert len(told) <= 1
    assert all(driver in ("555.42.06", None) for driver in drivers(told)) or end < TABLE.index("CUDA Version")


@pytest.mark.parametrize(
    "line",
    [
        "| NVIDIA-SMI 470.199.02   Driver Version: 470.199.02   CUDA Version: 11.4     |",
        "NVIDIA-SMI 470.199.02 Driver Version: 470.199.02 CUDA Version: 11.4",
        "* GPU driver: NVIDIA-SMI 470.199.02  Driver Version: 470.199.02  CUDA Version: 11.4",
    ],
)
def test_the_line_of_versions_alone_says_nothing_of_gpus(line: str) -> None:
    (told,) = tell("nvidia_smi", line)

    assert told.nvidia == Nvidia(driver="470.199.02", cuda="11.4", nvml="ok")
    assert told.gpus is None


def test_the_version_of_the_tool_is_that_of_the_driver() -> None:
    (told,) = tell("nvidia_smi", "A card, NVIDIA-SMI 510.108.03")

    assert told.nvidia == Nvidia(driver="510.108.03")


def test_a_table_without_its_head_still_has_gpus() -> None:
    (told,) = tell("nvidia_smi", "\n".join(TABLE.splitlines()[8:12]))

    assert names(told) == ["NVIDIA RTX A4500"]
    assert drivers([told]) == [None]


@pytest.mark.parametrize("spoil", [str, normalise])
def test_the_long_report_is_read_even_without_its_indentation(spoil: type[str]) -> None:
    (told,) = tell("nvidia_smi_q", spoil(f"$ nvidia-smi -q\n{QUERY}\n$ exit\nfoo"))

    assert told.nvidia == Nvidia(driver="555.42.06", cuda="12.5", nvml="ok")
    assert [(gpu.name, gpu.memory_bytes) for gpu in told.gpus or ()] == [("NVIDIA RTX A4500", 20470 * 1024**2)]


def test_documents_end_where_they_end() -> None:
    first, second = tell("nvidia_smi_xml", f"before {DOCUMENT} between {DOCUMENT[:-90]}")

    assert names(first) == ["NVIDIA RTX A4500"]
    assert drivers([first, second]) == ["555.42.06", "555.42.06"]


def test_lists_of_gpus() -> None:
    text = "PS C:\\Users\\me> nvidia-smi -L\nGPU 0: NVIDIA A30 (UUID: GPU-0a)\n  MIG 1g.6gb Device 0: (UUID: MIG-1b)\n"

    (told,) = tell("nvidia_smi_list", text)

    (gpu,) = told.gpus or ()
    assert (gpu.name, gpu.mig, len(gpu.mig_instances or ())) == ("NVIDIA A30", True, 1)


def test_answers_to_a_query_with_their_head() -> None:
    text = "name, driver_version, memory.total [MiB]\nNVIDIA A30, 535.104.05, 24576 MiB\nand more"

    (told,) = tell("nvidia_smi_csv", text)

    assert (names(told), drivers([told])) == (["NVIDIA A30"], ["535.104.05"])


def test_answers_without_a_head_are_named_by_the_command() -> None:
    text = "user@box:~$ nvidia-smi --query-gpu=name,compute_cap --format=csv,noheader\nNVIDIA A30, 8.0\nuser@box:~$ ls"

    (told,) = tell("nvidia_smi_csv", text)

    assert told.gpus == (Gpu(vendor="nvidia", index=0, name="NVIDIA A30", compute_capability="8.0"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch", "LibRmVersionMismatch"),
        ("NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver. Make sure", "DriverNotLoaded"),
        ("Unable to determine the device handle for GPU0000:02:00.0: GPU is lost.  Reboot", "GpuIsLost"),
        ("Failed to initialize NVML: Unknown Error", "Unknown"),
    ],
)
def test_failures_have_nvml_s_names(text: str, expected: str) -> None:
    (told,) = tell("nvidia_smi_failure", f"$ nvidia-smi\n{text}\n$")

    assert told.nvidia == Nvidia(nvml=expected)


def test_the_library_of_a_mismatch_is_the_user_space_driver() -> None:
    (told,) = tell(
        "nvidia_smi_failure",
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 560.35",
    )

    assert told.nvidia == Nvidia(nvml="LibRmVersionMismatch", driver="560.35")


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("No devices were found", "no devices"),
        ("bash: nvidia-smi: command not found", "not found"),
        ("zsh: command not found: nvidia-smi", "not found"),
        ("'nvidia-smi' is not recognized as an internal or external command,", "not found"),
    ],
)
def test_what_is_no_error_of_nvml_is_a_remark(text: str, remark: str) -> None:
    (told,) = tell("nvidia_smi_failure", text)

    assert told == Told(remarks={"nvidia-smi": remark})


@pytest.mark.parametrize("text", ["I ran nvidia-smi and all was well", "| a | b |\n|---|---|\n| 0 | 1 |", ""])
def test_other_text_has_no_part(text: str) -> None:
    assert {form.name: form.find(text) for form in nvidia_smi.FORMS if form.find(text)} == {}


def test_the_way_between_gpus_and_the_query_of_devices() -> None:
    topology = (
        "        GPU0    GPU1    CPU Affinity    NUMA Affinity\n"
        "GPU0     X      SYS     0-15    0\nGPU1    SYS      X      16-31   1\n"
    )
    query = (
        'CUDA Device Query (Runtime API)\nDevice 0: "NVIDIA A30"\n'
        "  CUDA Capability Major/Minor version number:    8.0\n"
    )

    (ways,) = tell("nvidia_smi_topo", topology)
    (devices,) = tell("device_query", query)

    assert ways.nvidia is not None
    assert [path.level for path in ways.nvidia.topology or ()] == ["SYS"]
    assert [gpu.compute_capability for gpu in devices.gpus or ()] == ["8.0"]
