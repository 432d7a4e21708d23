"""deviceQuery of the CUDA samples."""

from __future__ import annotations

from mlenv.facts.gpu import Clocks, Ecc, Gpu
from mlenv.formats.device_query import parse_device_query
from mlenv.formats.nvidia_report import NvidiaReport

TITLE = " CUDA Device Query (Runtime API) version (CUDART static linking)\n"
DEVICE = """
Device 1: "NVIDIA RTX A2000 Laptop GPU"
  CUDA Driver Version / Runtime Version          12.4 / 11.8
  CUDA Capability Major/Minor version number:    8.6
  Total amount of global memory:                 4096 MBytes (4294443008 bytes)
  (020) Multiprocessors, (128) CUDA Cores/MP:    2560 CUDA Cores
  GPU Max Clock rate:                            1358 MHz (1.36 GHz)
  Memory Clock rate:                             5501 Mhz
  Integrated GPU sharing Host Memory:            No
  Device has ECC support:                        Disabled
  CUDA Device Driver Mode (TCC or WDDM):         WDDM (Windows Display Driver Model)
  Device PCI Domain ID / Bus ID / location ID:   1 / 212 / 31
  Compute Mode:
     < Exclusive Process (many threads in one process is able to use ::cudaSetDevice() with this device) >
"""


def test_every_fact_of_a_device_is_read() -> None:
    expected = Gpu(
        vendor="nvidia",
        index=1,
        name="NVIDIA RTX A2000 Laptop GPU",
        pci_address="0001:d4:1f.0",
        compute_capability="8.6",
        memory_bytes=4294443008,
        integrated=False,
        compute_units=20,
        clocks=Clocks(largest_graphics_mhz=1358, largest_memory_mhz=5501),
        compute_mode="exclusive-process",
        driver_model="WDDM",
        ecc=Ecc(enabled=False),
    )
    assert NvidiaReport(cuda="12.4", gpus=(expected,)) == parse_device_query(TITLE + DEVICE)


def test_a_failing_query_names_no_device() -> None:
    text = TITLE + "\ncudaGetDeviceCount returned 35\n-> CUDA driver version is insufficient for CUDA runtime version\n"
    assert NvidiaReport() == parse_device_query(text)


def test_text_of_another_form_is_none() -> None:
    texts = ("", 'Device 0: "NVIDIA L4"', "CUDA Driver Version / Runtime Version 12.4 / 11.8", "\x00\ud800")
    assert [None] * len(texts) == [parse_device_query(text) for text in texts]


def test_an_impossible_place_is_unknown() -> None:
    report = parse_device_query(TITLE + DEVICE.replace("1 / 212 / 31", "0 / 999 / 0"))
    assert report is not None
    assert [None] == [gpu.pci_address for gpu in report.gpus]
