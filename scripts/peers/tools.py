"""The tools of the comparison: how each is told of a machine, and how its answer is read."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from .answer import Answer, parse_pip, refusal, run, unasked
from .described import AMD, INTEL, NVIDIA, Described, below
from .listing import Listing

FRAMEWORK = "torch"
GLIBCS = ["2.17", "2.28", *(f"2.{minor}" for minor in range(31, 41))]
"""Those that uv's --python-platform knows by name."""


class Tool(Protocol):
    """One of the compared; ``takes_python`` tells whether it can plan for a Python that is not there yet."""

    name: str
    takes_python: bool
    asked: str

    def version(self) -> str:
        """Its version; empty where it does not run."""

    def ask(self, machine: Described, python: str, shown: Mapping[str, str]) -> Answer:
        """What it answers for a machine; ``shown`` are the variables of the machine's stand-in driver."""


def read_version(program: Path, shown: Mapping[str, str]) -> str:
    """The number at the end of ``PROGRAM --version``."""
    words = run([str(program), "--version"], shown).out.split()
    return next((word for word in words if word[:1].isdigit()), "")


class Uv:
    """uv, asked as its guide to PyTorch does: ``--torch-backend=auto``."""

    name = "uv"
    takes_python = True
    asked = (
        "`uv pip compile --no-deps --torch-backend=auto --python-version P --python-platform S -` for `torch`; "
        "NVIDIA by `UV_CUDA_DRIVER_VERSION`, AMD by `rocm_agent_enumerator` on PATH, "
        "Intel by the devices below `/sys/bus/pci`, macOS by `MACOSX_DEPLOYMENT_TARGET`"
    )

    def __init__(self, program: Path, index: Mapping[str, str], cache: Path) -> None:
        self.program, self.index, self.cache = program, index, cache

    def version(self) -> str:
        """Its version."""
        return read_version(self.program, {"PATH": os.environ["PATH"]})

    def ask(self, machine: Described, python: str, shown: Mapping[str, str]) -> Answer:
        """What it answers for a machine."""
        platform = self.platform(machine)
        if not platform:
            return unasked("no platform of uv's is like it")
        command = self.look(self.command(platform, python), machine, Path(shown["HOME"]))
        if not command:
            return unasked("its devices cannot be shown here: no mount namespace")
        done = run(command, {**shown, **self.variables(machine)}, stdin=f"{FRAMEWORK}\n")
        version, variant = parse_pip(done.out)
        if done.status or not version:
            return refusal(done, python)
        return Answer(kind="build", version=version, variant=variant or "cpu", python=python, seconds=done.seconds)

    def command(self, platform: str, python: str) -> list[str]:
        """What is run; the requirement comes on standard input."""
        options = ["--no-deps", "--no-header", "--no-annotate", "--torch-backend=auto", "--python-version", python]
        host = ["--python", sys.executable]
        return [str(self.program), "pip", "compile", *host, *options, "--python-platform", platform, "-"]

    def variables(self, machine: Described) -> dict[str, str]:
        """The way to the index, and what uv can be told of a machine."""
        found = {**self.index, "UV_CACHE_DIR": str(self.cache), "UV_PYTHON_DOWNLOADS": "never"}
        if machine.driver:
            found["UV_CUDA_DRIVER_VERSION"] = machine.driver
        if machine.tables["os"] == "macos":
            found["MACOSX_DEPLOYMENT_TARGET"] = str(machine.tables["os_version"])
        return found

    def look(self, command: list[str], machine: Described, folder: Path) -> list[str]:
        """The command where it sees the machine's devices, if it looks for them; empty where that is not possible."""
        if machine.driver or AMD in machine.vendors:
            return command
        wrapped = behind_devices(command, folder / "pci")
        return wrapped if wrapped or INTEL in machine.vendors else command

    def platform(self, machine: Described) -> str:
        """What uv calls such a system; empty where it has no name for it."""
        system, processor = machine.platform.split("-")
        if system == "linux":
            glibc = below(machine.glibc or "0", GLIBCS)
            return glibc and f"{processor}-manylinux_{glibc.replace('.', '_')}"
        return {"windows-x86_64": "windows", "macos-arm64": "aarch64-apple-darwin"}.get(machine.platform, "")


def behind_devices(argv: list[str], devices: Path) -> list[str]:
    """A command in a mount namespace where the PCI bus holds the given devices; empty where there can be none."""
    enter = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    mount = f'mount --bind "{devices}" /sys/bus/pci/devices && exec "$@"'
    wrapped = [*enter, "sh", "-c", mount, "sh"]
    if shutil.which("unshare") is None or run([*wrapped, "true"], os.environ).status:
        return []
    return [*wrapped, *argv]


class Rigsolve:
    """rigsolve, asked with a target that holds all that it takes."""

    name = "rigsolve"
    takes_python = True
    asked = (
        "`rigsolve solve --want torch --prefer newest --output json --target T`, T with GPU, count, capability, "
        "driver, Python, system, architecture, glibc and WSL; its scope by its own README is Linux x86_64 with NVIDIA"
    )

    def __init__(self, program: Path) -> None:
        self.program = program

    def version(self) -> str:
        """Its version."""
        return read_version(self.program, {"PATH": os.environ["PATH"]})

    def ask(self, machine: Described, python: str, shown: Mapping[str, str]) -> Answer:
        """What it answers for a machine."""
        if machine.platform != "linux-x86_64":
            return unasked("plans for Linux x86_64 alone")
        if machine.vendors - {NVIDIA}:
            return unasked("its target knows NVIDIA GPUs alone")
        if len({gpu["name"] for gpu in machine.gpus}) > 1:
            return unasked("its target names one kind of GPU")
        options = ["--want", FRAMEWORK, "--prefer", "newest", "--output", "json", "--target", target(machine, python)]
        done = run([str(self.program), "solve", *options], shown)
        if done.status:
            return refusal(done, python)
        step = next(step for step in json.loads(done.out)["steps"] if step["package"] == FRAMEWORK)
        variant = str(step["index_url"]).rstrip("/").rpartition("/")[2]
        return Answer(kind="build", version=step["version"], variant=variant, python=python, seconds=done.seconds)


def target(machine: Described, python: str) -> str:
    """A machine in rigsolve's words."""
    parts = ["linux", "x86_64", f"python={python}", f"wsl={str(bool(machine.tables.get('wsl'))).lower()}"]
    if machine.glibc:
        parts.append(f"glibc={machine.glibc}")
    if not machine.gpus:
        return ",".join(["cpu", *parts])
    gpu = machine.gpus[0]
    if "compute_capability" in gpu:
        parts.append(f"cc={gpu['compute_capability']}")
    return ",".join([gpu["name"], f"count={len(machine.gpus)}", f"driver={machine.driver}", *parts])


class EnvDoctor:
    """env-doctor, which looks at the machine that it runs on."""

    name = "env-doctor"
    takes_python = False
    asked = (
        "`env-doctor install torch` with the machine's `nvidia-smi` on PATH; it knows NVIDIA and CPU, and it cannot "
        "be told of another system than the one it runs on; a release that it leaves open is what pip takes"
    )

    def __init__(self, program: Path, listing: Listing) -> None:
        self.program, self.listing = program, listing

    def version(self) -> str:
        """Its version; the program has no option for it."""
        python = self.program.with_name("python")
        code = "import importlib.metadata as m; print(m.version('env-doctor'))"
        return run([str(python), "-c", code], {"PATH": os.environ["PATH"]}).out.strip()

    def ask(self, machine: Described, python: str, shown: Mapping[str, str]) -> Answer:
        """What it answers for a machine."""
        if machine.platform != "linux-x86_64":
            return unasked("looks only at the machine it runs on; that is Linux x86_64 here")
        if machine.vendors - {NVIDIA}:
            return unasked("knows NVIDIA and CPU alone")
        done = run([str(self.program), "install", FRAMEWORK], {**shown, "PYTHONIOENCODING": "utf-8"})
        lines = [line.strip() for line in done.out.splitlines()]
        command = next((line for line in lines if line.startswith("pip install")), "")
        if done.status or not command:
            return refusal(done, python)
        version, variant = parse_pip(command)
        if not version or not variant:
            taken = self.listing.newest(machine, variant=variant)
            if taken is None:
                return Answer(kind="none", python=python, text=f"no wheel for: {command}", seconds=done.seconds)
            version, variant = (version or taken[0]), taken[1]
        return Answer(kind="build", version=version, variant=variant, python=python, seconds=done.seconds)


class Mlenv:
    """mlenv, with the machine's description."""

    name = "mlenv"
    takes_python = False
    asked = "`mlenv plan --machine FILE --profile pytorch --format json`"

    def __init__(self, program: Path, day: str) -> None:
        self.program, self.day = program, day

    def version(self) -> str:
        """Its version."""
        return read_version(self.program, {"PATH": os.environ["PATH"]})

    def ask(self, machine: Described, python: str, shown: Mapping[str, str]) -> Answer:
        """What it answers for a machine."""
        argv = [str(self.program), "plan", "--machine", str(machine.path), "--profile", "pytorch", "--format", "json"]
        environ = {"PATH": os.environ["PATH"], "HOME": str(Path(shown["HOME"]).parent)}
        done = run([*argv, *(["--as-of", self.day] if self.day else [])], environ)
        if done.status:
            return refusal(done, python)
        return read_plan(json.loads(done.out), done.seconds)


def read_plan(plan: dict[str, Any], seconds: float) -> Answer:
    """The answer in a plan of mlenv's; the Metal build has the name that the index has for it."""
    version = next((package["version"] for package in plan["packages"] if package["name"] == FRAMEWORK), "")
    python, variant = plan["python"], plan["accelerator"]["variant"]
    if not version:
        return Answer(kind="none", python=python, text="the plan has no torch", seconds=seconds)
    return Answer(kind="build", version=version.partition("+")[0], variant=variant, python=python, seconds=seconds)
