"""A driver's tools and libraries that answer for a described machine: what a tool sees that looks for itself."""

from __future__ import annotations

from pathlib import Path

from mlenv.matrix.hardware import Drivers
from mlenv.matrix.query_hardware import newest_cuda

from .described import AMD, INTEL, NVIDIA, Described

FIELDS = ("index", "name", "uuid", "pci.bus_id", "compute_cap", "memory.total", "driver_version", "count")
"""What the stand-in for nvidia-smi can be asked with ``--query-gpu``."""

# The plain call prints the table's head, the query prints columns of the rows beside the program.
NVIDIA_SMI = r"""#!/bin/sh
fields= unit=" MiB"
for word in "$@"; do
  case $word in --query-gpu=*) fields=${word#*=} ;; --format=*nounits*) unit= ;; esac
done
[ -n "$fields" ] || { cat "$0.table"; exit; }
exec awk -F '\t' -v fields="$fields" -v unit="$unit" '
  NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i
            n = split(fields, want, ",")
            for (i = 1; i <= n; i++) if (!(want[i] in at)) {
              print "Field \"" want[i] "\" is not a valid field to query."
              exit 2
            }
            next }
  { line = ""
    for (i = 1; i <= n; i++) line = line (i > 1 ? ", " : "") $at[want[i]] (want[i] == "memory.total" ? unit : "")
    print line }' "$0.rows"
"""
SMI_TABLE = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI {driver:<22} Driver Version: {driver:<14} CUDA Version: {cuda:<8} |
+-----------------------------------------------------------------------------------------+
"""
PCI_VENDORS = {NVIDIA: "0x10de", AMD: "0x1002", INTEL: "0x8086"}


def make_driver(folder: Path, machine: Described, drivers: Drivers, libraries: Path | None) -> dict[str, str]:
    """Write the machine's programs and devices into a folder; the variables that show them to a process.

    ``libraries`` is a folder with libraries of a fake driver that read ``FAKE_NVIDIA``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_devices(folder / "pci", machine)
    variables = {"PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder)}
    if machine.driver:
        write_nvidia(folder, machine, newest_cuda(drivers, machine.driver) or "N/A")
        if libraries is not None:
            variables |= {"LD_LIBRARY_PATH": str(libraries), "FAKE_NVIDIA": str(folder / "driver.txt")}
    if AMD in machine.vendors:
        targets = "\n".join(["gfx000", *(str(gpu.get("gfx", "")) for gpu in machine.gpus if gpu["vendor"] == AMD)])
        write_program(folder / "rocm_agent_enumerator", f"#!/bin/sh\ncat <<'END'\n{targets}\nEND\n")
    return variables


def write_nvidia(folder: Path, machine: Described, cuda: str) -> None:
    """The stand-in for nvidia-smi with its answers, and the text that the libraries read."""
    write_program(folder / "nvidia-smi", NVIDIA_SMI)
    gpus = [gpu for gpu in machine.gpus if gpu["vendor"] == NVIDIA]
    rows = [describe_gpu(number, gpu, machine.driver, len(gpus)) for number, gpu in enumerate(gpus)]
    lines = ["\t".join(FIELDS), *("\t".join(row[field] for field in FIELDS) for row in rows)]
    (folder / "nvidia-smi.rows").write_text("\n".join(lines) + "\n")
    (folder / "nvidia-smi.table").write_text(SMI_TABLE.format(driver=machine.driver, cuda=cuda))
    major, _, minor = cuda.partition(".")
    code = int(major) * 1000 + int(minor or 0) * 10 if major.isdigit() else 0
    head = [f"driver {machine.driver}", f"cuda {code}", "init 0", "cuinit 0"]
    (folder / "driver.txt").write_text("\n".join([*head, *map(library_line, rows), ""]))


def describe_gpu(number: int, gpu: dict[str, object], driver: str, count: int) -> dict[str, str]:
    """What nvidia-smi says of a GPU, by field."""
    memory = float(str(gpu.get("memory_gib", 0))) * 1024
    return {
        "index": str(number),
        "name": str(gpu["name"]),
        "uuid": f"GPU-00000000-0000-0000-0000-{number:012d}",
        "pci.bus_id": f"00000000:{number + 1:02x}:00.0",
        "compute_cap": str(gpu.get("compute_capability", "[N/A]")),
        "memory.total": f"{memory:.0f}",
        "driver_version": driver,
        "count": str(count),
    }


def library_line(row: dict[str, str]) -> str:
    """A GPU as the fake libraries read it: name, address, memory, capability, no MIG, no ECC, link, no fault."""
    parts = (row["name"], row["uuid"], row["pci.bus_id"], row["memory.total"], "0", row["compute_cap"])
    return f"gpu {'|'.join(parts)}|-1|-1|4|4|16|16|0"


def write_devices(folder: Path, machine: Described) -> None:
    """The machine's display devices as Linux lists them on the PCI bus."""
    for number, gpu in enumerate(machine.gpus):
        if vendor := PCI_VENDORS.get(gpu["vendor"]):
            device = folder / f"0000:{number + 1:02x}:00.0"
            device.mkdir(parents=True, exist_ok=True)
            (device / "class").write_text("0x030000\n")
            (device / "vendor").write_text(f"{vendor}\n")
    folder.mkdir(exist_ok=True)


def write_program(path: Path, text: str) -> None:
    """A program that can be run."""
    path.write_text(text)
    path.chmod(0o755)
