"""The comparison of NVML with nvidia-smi tells what differs and what moves."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from mlenv.facts.gpu import Ecc, Gpu, PcieLink

SCRIPT = Path(__file__).parents[2] / "scripts" / "compare_nvidia_smi.py"
UUID = "GPU-00000000-0000-0000-0000-000000000001"
XML = f"""<?xml version="1.0" ?>
<nvidia_smi_log>
<driver_version>580.65.06</driver_version>
<attached_gpus>1</attached_gpus>
<gpu id="00000000:01:00.0">
<product_name>NVIDIA H200</product_name>
<uuid>{UUID}</uuid>
<fb_memory_usage><total>143771 MiB</total><free>143000 MiB</free></fb_memory_usage>
<ecc_mode><current_ecc>Enabled</current_ecc><pending_ecc>Enabled</pending_ecc></ecc_mode>
<temperature><gpu_temp>31 C</gpu_temp></temperature>
</gpu>
</nvidia_smi_log>
"""
H200 = Gpu(
    vendor="nvidia",
    name="NVIDIA H200",
    index=0,
    uuid=UUID,
    pci_address="0000:01:00.0",
    memory_bytes=143771 * 1024**2,
    temperature_celsius=35,
    ecc=Ecc(enabled=True, pending=True),
)
spec = importlib.util.spec_from_file_location("compare_nvidia_smi", SCRIPT)
assert spec is not None
assert spec.loader is not None
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)


def run(tmp_path: Path, gpu: Gpu, xml: str = XML) -> tuple[int, str]:
    machine = {
        "schema": "mlenv.machine/1",
        "os": {"family": "linux"},
        "nvidia": {"driver": "580.65.06"},
        "gpus": [msgspec.to_builtins(gpu)],
    }
    (tmp_path / "machine.json").write_bytes(msgspec.json.encode(machine))
    (tmp_path / "smi.xml").write_text(xml)
    argv = [
        sys.executable,
        str(SCRIPT),
        "--xml",
        str(tmp_path / "smi.xml"),
        "--snapshot",
        str(tmp_path / "machine.json"),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def test_what_moves_may_differ(tmp_path: Path) -> None:
    status, text = run(tmp_path, H200)
    assert (0, "1 GPUs, 7 fields agree, 0 differ\n") == (status, text)


def test_what_differs_is_named(tmp_path: Path) -> None:
    status, text = run(tmp_path, msgspec.structs.replace(H200, memory_bytes=1, ecc=Ecc(enabled=False)))
    assert 1 == status
    assert f"{UUID}: memory_bytes: mlenv 1, nvidia-smi {143771 * 1024**2}" in text
    assert f"{UUID}: ecc.enabled: mlenv False, nvidia-smi True" in text


def test_nothing_to_compare(tmp_path: Path) -> None:
    assert 5 == run(tmp_path, H200, xml="")[0]


@pytest.mark.parametrize("link", [None, PcieLink(width=16)])
def test_unknown_is_no_difference(link: PcieLink | None) -> None:
    lines, _ = script.compare(msgspec.structs.replace(H200, link=link), H200)
    assert [] == lines
