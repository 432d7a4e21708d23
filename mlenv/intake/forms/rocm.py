"""What ROCm's programs print: rocminfo, rocm-smi, amd-smi, hipinfo and hipcc."""

from __future__ import annotations

from mlenv.facts.drivers import Rocm
from mlenv.facts.gpu import Gpu
from mlenv.facts.pattern import lazy
from mlenv.facts.system import DeviceNode, KernelModule
from mlenv.formats.amd_gpu import AmdReport
from mlenv.formats.amd_smi import parse_amd_smi
from mlenv.formats.hipinfo import parse_hipinfo
from mlenv.formats.rocm_smi import parse_rocm_smi
from mlenv.formats.rocminfo import parse_rocminfo
from mlenv.intake.forms.blocks import answers_to, command_of, find_blocks, gather, lines_of
from mlenv.intake.forms.form import Form, Told

_INFO_HEADS = ("ROCk module", "HSA System Attributes", "Unable to open /dev/kfd", "HSA Agents")
_AGENT = lazy(r"\s{0,8}Agent [0-9]{1,3}\s{0,8}")
_REFUSED = lazy(r"(?i)(?:unable|failed|cannot) to open (/dev/[\w/]{1,40})\b")
_HIP = lazy(r"HIP version ?: ?([0-9]{1,2}\.[0-9]{1,2})")
_SMI_TITLES = ("ROCm System Management Interface", "ROCm SMI")
_AMD_SMI = lazy(r"\s{0,4}(?:\| ?)?AMD-SMI\b|\s{0,4}GPU: ?[0-9]{1,3}\s*$")
_ROCM_RELEASE = lazy(r"\s{0,8}([0-9]\.[0-9]{1,2}(?:\.[0-9]{1,2})?)(?:-[0-9]{1,6})?\s{0,8}")


def _told(gpus: tuple[Gpu, ...] | None, rocm: Rocm | None = None) -> Told:
    return Told(gpus=gpus or None, rocm=rocm)


def _is_not_prompt(line: str) -> bool:
    return bool(line.strip()) and command_of(line) is None


def find_rocminfo(text: str) -> list[str]:
    """Answers of rocminfo, also those of a user who may not open the device."""
    if not any(head in text for head in _INFO_HEADS) and "Agent" not in text:
        return []
    return find_blocks(
        text, lambda line: any(head in line for head in _INFO_HEADS) or _AGENT.fullmatch(line), _is_not_prompt, gap=2
    )


def read_rocminfo(part: str) -> Told:
    """The GPUs; whether the module is loaded, and a device that could not be opened."""
    modules, nodes, missing, remarks = [], [], [], {}
    for line in part.split("\n"):
        if "ROCk module" in line:
            remarks["rocminfo"] = line.strip()[:200]
            modules += [] if "not loaded" in line.lower() else [KernelModule(name="amdgpu")]
        if match := _REFUSED.search(line):
            remarks["rocminfo"] = line.strip()[:200]
            if "no such" in line.lower():
                missing.append(match[1])
            else:
                nodes.append(DeviceNode(path=match[1], readable=False, writable=False))
    return Told(
        gpus=parse_rocminfo(part) or None,
        kernel_modules=tuple(modules) or None,
        device_nodes=tuple(nodes) or None,
        missing_nodes=tuple(missing),
        remarks=remarks,
    )


def find_rocm_smi(text: str) -> list[str]:
    """Answers of rocm-smi as text, cut off anywhere."""
    if not any(title in text for title in _SMI_TITLES):
        return []
    return find_blocks(text, lambda line: any(title in line for title in _SMI_TITLES), _is_not_prompt, gap=2)


def find_rocm_json(text: str) -> list[str]:
    """Answers of ``rocm-smi --json`` and ``--csv``: one line, or lines of a table."""
    if '"card0"' in text:
        start = text.rfind("{", 0, text.find('"card0"'))
        return [text[max(start, 0) :]]
    return find_blocks(text, lambda line: line.startswith("device,"), lambda line: line.startswith(("card", "device,")))


def _told_amd(report: AmdReport | None) -> Told:
    if report is None:
        return Told()
    rocm = Rocm(version=report.rocm, driver=report.driver)
    return _told(report.gpus, rocm if rocm != Rocm() else None)


def find_amd_smi(text: str) -> list[str]:
    """Answers of amd-smi."""
    if '"market_name"' in text:
        return [text[max(text.find("{") if text.lstrip().startswith("{") else text.find("["), 0) :]]
    if "AMD-SMI" not in text and "AMDSMI" not in text and "MARKET_NAME" not in text:
        return []
    return find_blocks(text, lambda line: "AMDSMI" in line or _AMD_SMI.match(line), _is_not_prompt, gap=2)


def find_hipinfo(text: str) -> list[str]:
    """Answers of hipInfo."""
    if "gcnArchName" not in text:
        return []
    return find_blocks(text, lambda line: line.lstrip().startswith("device#"), lambda line: ":" in line, gap=2)


def find_hip_versions(text: str) -> list[str]:
    """The line of ``hipcc --version``, and the file of ROCm's release that was printed."""
    lines = gather(text, _HIP.search) if "HIP version" in text else []
    files = [
        f"ROCm release {match[1]}"
        for _, answer, _ in answers_to(text, ".info/version")
        for line in answer[:3]
        if (match := _ROCM_RELEASE.fullmatch(line))
    ]
    return lines + files


def read_hip_version(part: str) -> Told:
    """The release of ROCm: HIP has its number."""
    for line in lines_of(part):
        match = _HIP.search(line)
        version = match[1] if match else line.removeprefix("ROCm release ") if line.startswith("ROCm release ") else ""
        if version:
            return Told(rocm=Rocm(version=version))
    return Told()


FORMS: tuple[Form, ...] = (
    Form(name="rocminfo", find=find_rocminfo, read=read_rocminfo, raw=True),
    Form(name="rocm_smi", find=find_rocm_smi, read=lambda part: _told_amd(parse_rocm_smi(part)), raw=True),
    Form(name="rocm_smi_data", find=find_rocm_json, read=lambda part: _told_amd(parse_rocm_smi(part)), raw=True),
    Form(name="amd_smi", find=find_amd_smi, read=lambda part: _told_amd(parse_amd_smi(part)), raw=True),
    Form(name="hipinfo", find=find_hipinfo, read=lambda part: _told(parse_hipinfo(part)), raw=True),
    Form(name="hip_version", find=find_hip_versions, read=read_hip_version),
)
