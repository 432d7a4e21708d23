"""``system_profiler`` of macOS: graphics, hardware and software."""

from __future__ import annotations

from mlenv.facts.hardware import Cpu, Memory
from mlenv.facts.pattern import lazy
from mlenv.facts.system import Architecture, OperatingSystem
from mlenv.formats.system_profiler import parse_system_profiler
from mlenv.intake.forms.blocks import find_blocks
from mlenv.intake.forms.form import Form, Told

_HEADING = lazy(r"\s{0,4}(?:Graphics/Displays|Hardware|Software):\s*")
_LINE = lazy(r"\s{0,4}\S[^:\n]{0,80}:|\s{1,40}\S[^\n]{0,300}")
_OVERVIEW = lazy(r"\s{1,12}(?:Model Name|Model Identifier|Chipset Model|Chip|Processor Name|System Version): ")
_KEYS = (
    "Model Identifier",
    "Chipset Model",
    "System Version",
    "SPDisplaysDataType",
    "SPHardwareDataType",
    "Model Name",
)
_HEADS = {"Chipset Model": "Graphics/Displays", "System Version": "Software"}
_ROSETTA = lazy(r"(?m)^\s{0,8}(?:sysctl\.proc_translated|proc_translated): ?(?P<state>[01])\s*$")


def find_profiles(text: str) -> list[str]:
    """Sections of the text for people, and the JSON form whole."""
    if not any(key in text for key in _KEYS):
        return []
    stripped = text.lstrip()
    if stripped.startswith(("{", "<?xml")) and "DataType" in text:
        return [stripped]
    blocks = find_blocks(text, _HEADING.fullmatch, _LINE.match, gap=2)
    return [block for block in blocks if any(key in block for key in _KEYS)] or _find_headless(text)


def _find_headless(text: str) -> list[str]:
    """Values that were copied without their headings, which tell what they are about."""
    blocks = find_blocks(text, _OVERVIEW.match, lambda line: line.startswith((" ", "\t")) and ":" in line)
    return [f"{_head_of(block)}:\n\n    Overview:\n\n{_indent(block)}" for block in blocks]


def _head_of(block: str) -> str:
    return next((head for key, head in _HEADS.items() if key in block), "Hardware")


def _indent(block: str) -> str:
    return "\n".join("      " + line.strip() for line in block.split("\n"))


def _with_levels(part: str) -> str:
    """A text whose indentation became single spaces, with the levels that its lines must have had."""
    lines = part.split("\n")
    if any(line.startswith(("  ", "\t", "{", "<")) for line in lines):
        return part
    return "\n".join(line if _HEADING.fullmatch(line) else _level(line) for line in lines)


def _level(line: str) -> str:
    stripped = line.strip()
    return ("    " if stripped.endswith(":") else "      ") + stripped


def read_profile(part: str) -> Told:
    """The Mac: release, model, processor, memory and GPUs."""
    found = parse_system_profiler(_with_levels(part))
    if found is None:
        return Told()
    architecture: Architecture | None = None
    if found.chip:
        architecture = "arm64" if found.chip.startswith("Apple") else "x86_64"
    return Told(
        os=OperatingSystem(family="macos", version=found.version, kernel=found.kernel),
        architecture=architecture,
        cpu=Cpu(model=found.chip, physical_cores=found.cores) if found.chip or found.cores else None,
        memory=Memory(total_bytes=found.memory_bytes) if found.memory_bytes else None,
        gpus=found.gpus or None,
        model=found.model,
    )


def find_translations(text: str) -> list[str]:
    """The answer of ``sysctl sysctl.proc_translated``."""
    match = _ROSETTA.search(text) if "proc_translated" in text else None
    return [match[0]] if match else []


def read_translation(part: str) -> Told:
    """Whether the process ran under Rosetta."""
    match = _ROSETTA.search(part)
    return Told(os=OperatingSystem(family="macos", rosetta=match["state"] == "1")) if match else Told()


FORMS: tuple[Form, ...] = (
    Form(name="system_profiler", find=find_profiles, read=read_profile, raw=True),
    Form(name="proc_translated", find=find_translations, read=read_translation),
)
