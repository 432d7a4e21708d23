"""ROCm's own programs, for systems whose kernel does not describe AMD's GPUs: WSL, Windows, some containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from mlenv.facts.drivers import Rocm
from mlenv.formats.amd_gpu import AmdReport
from mlenv.probe.answers import explain
from mlenv.probe.log import Log
from mlenv.probe.paths import find_program, is_windows, join
from mlenv.system.host import Host

_SUBJECT = "gpus.amd"


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A program, what it is asked, and what understands its answer."""

    name: str
    arguments: tuple[str, ...] = ()
    parse: Callable[[str], AmdReport | None]


def read_tools(host: Host, log: Log, rocm: Rocm | None) -> AmdReport | None:
    """What the first program says that names a GPU; None where none does."""
    tools = _windows_tools() if is_windows(host) else _linux_tools()
    for tool, program in _installed(host, tools, rocm):
        report = _ask(host, log, tool, program)
        if report and report.gpus:
            return report
    return None


def _linux_tools() -> tuple[Tool, ...]:
    """In the order of what they cost: rocminfo is a small program, the others start Python."""
    return (
        Tool(name="rocminfo", parse=_parse_rocminfo),
        Tool(name="amd-smi", arguments=("static", "--json"), parse=_parse_amd_smi),
        Tool(
            name="rocm-smi",
            arguments=("--showproductname", "--showmeminfo", "vram", "--showuniqueid", "--showbus", "--json"),
            parse=_parse_rocm_smi,
        ),
    )


def _windows_tools() -> tuple[Tool, ...]:
    """The SDK's own program; amd-smi is left alone, since it may ask the user for administrator's rights."""
    return (Tool(name="hipInfo", parse=_parse_hipinfo),)


def _installed(host: Host, tools: tuple[Tool, ...], rocm: Rocm | None) -> Iterator[tuple[Tool, str]]:
    """The programs that are there: on PATH, or in the folder of an installed release."""
    for tool in tools:
        program = tool.name if find_program(host, tool.name) else _find_in_releases(host, tool.name, rocm)
        if program:
            yield tool, program


def _find_in_releases(host: Host, name: str, rocm: Rocm | None) -> str | None:
    file_name = f"{name}.exe" if is_windows(host) else name
    paths = (join(host, release.path, "bin", file_name) for release in (rocm.releases if rocm else ()))
    return next((path for path in paths if host.exists(path)), None)


def _ask(host: Host, log: Log, tool: Tool, program: str) -> AmdReport | None:
    completed = host.run((program, *tool.arguments), timeout=log.seconds_left)
    report = tool.parse(completed.stdout)
    if report is None:
        log.unreadable(_SUBJECT, tool.name, explain(completed))
    elif report.gpus:
        log.found(_SUBJECT, tool.name)
    else:
        log.absent(_SUBJECT, tool.name, "it names no GPU")
    return report


def _parse_rocminfo(text: str) -> AmdReport | None:
    from mlenv.formats.rocminfo import parse_rocminfo

    gpus = parse_rocminfo(text)
    return None if gpus is None else AmdReport(gpus=gpus)


def _parse_amd_smi(text: str) -> AmdReport | None:
    from mlenv.formats.amd_smi import parse_amd_smi

    return parse_amd_smi(text)


def _parse_rocm_smi(text: str) -> AmdReport | None:
    from mlenv.formats.rocm_smi import parse_rocm_smi

    return parse_rocm_smi(text)


def _parse_hipinfo(text: str) -> AmdReport | None:
    from mlenv.formats.hipinfo import parse_hipinfo

    gpus = parse_hipinfo(text)
    return None if gpus is None else AmdReport(gpus=gpus)
