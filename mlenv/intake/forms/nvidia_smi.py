"""What nvidia-smi and deviceQuery print: the table, the long report, lists, and the sentences of failure."""

from __future__ import annotations

from mlenv.facts.drivers import Nvidia
from mlenv.facts.pattern import lazy
from mlenv.formats.device_query import parse_device_query
from mlenv.formats.nvidia_report import NvidiaReport
from mlenv.formats.nvidia_smi_csv import parse_nvidia_smi_csv
from mlenv.formats.nvidia_smi_failure import parse_nvidia_smi_failure, parse_nvml_library_version
from mlenv.formats.nvidia_smi_list import parse_nvidia_smi_list
from mlenv.formats.nvidia_smi_query import parse_nvidia_smi_query
from mlenv.formats.nvidia_smi_table import parse_nvidia_smi_table
from mlenv.formats.nvidia_smi_topology import parse_nvidia_smi_topology
from mlenv.formats.nvidia_smi_version import parse_nvidia_smi_version
from mlenv.formats.nvidia_smi_xml import parse_nvidia_smi_xml
from mlenv.intake.forms.blocks import MOST_BLOCKS, answers_to, find_blocks, gather, is_fence
from mlenv.intake.forms.form import Form, Told

_BANNER = lazy(r"NVIDIA-SMI\s{1,40}[0-9]{2,4}\.")
_OWN = lazy(r"NVIDIA-SMI\s{1,40}([0-9]{3}\.[0-9]{2,3}(?:\.[0-9]{2})?)\b")
_ROW = lazy(r"\s{0,8}\|\s{0,4}[0-9]{1,3}\s+\S.{0,80}\|\s{0,10}[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]\s")
_OF_QUERY = lazy(r"\s|GPU [0-9A-Fa-f]{4,8}:|[^:]{2,60} :|$")
_GPU = lazy(r"[\s*-]{0,8}(GPU\s{0,10}[0-9]{1,4}:.{0,300}\(UUID:.{0,160}\))\s{0,8}")
_MIG = lazy(r"\s{0,12}MIG\s{1,10}\S{1,40}\s{1,20}Device\s{1,10}[0-9]{1,4}:")
_NAMES = lazy(
    r"[a-z][a-z0-9_.]{1,60}(?: \[[A-Za-z%/]{1,10}\])?(?:, ?[a-z][a-z0-9_.]{1,60}(?: \[[A-Za-z%/]{1,10}\])?){1,60}"
)
_ASKED = lazy(r"--query-(?:gpu|compute-apps)[= ][\"']?([a-z0-9_.,]{3,1000})")
_VERSION_LINE = lazy(r"\s{0,8}(?:NVIDIA-SMI|NVML|DRIVER|CUDA|KMD|CUDA UMD) version\s{0,10}:")
_NONE = "No devices were found"
_MISSING = lazy(
    r"(?i)[^\n]{0,80}nvidia-smi[^\n]{0,40}(?:not found|not recognized|no such file|nicht gefunden|introuvable)"
)
_MISSING_ZSH = lazy(r"(?i)[^\n]{0,40}(?:not found|executable file)[^\n]{0,30}nvidia-smi")


def _told(report: NvidiaReport | None) -> Told:
    """The driver and the GPUs; an output that lists none did not say that there are none."""
    if report is None:
        return Told()
    nvidia = Nvidia(
        driver=report.driver,
        kernel_module=report.kernel_module,
        cuda=report.cuda,
        nvml="ok" if report.driver or report.gpus else None,
        topology=report.topology,
    )
    return Told(nvidia=nvidia if nvidia != Nvidia() else None, gpus=report.gpus or None)


def _is_table(line: str) -> bool:
    return line.lstrip()[:1] in ("|", "+") or _BANNER.search(line) is not None


def find_tables(text: str) -> list[str]:
    """Tables, whole or cut off anywhere; the line of versions may stand alone."""
    if "NVIDIA-SMI" not in text and "|" not in text:
        return []
    blocks = find_blocks(text, lambda line: _BANNER.search(line) or _ROW.match(line), _is_table, gap=2)
    # Markdown has tables too: each of ours has a banner or the row of a GPU, as its first line has.
    return [part for block in blocks for part in _split_tables(block)]


def _split_tables(block: str) -> list[str]:
    """A table for each banner."""
    parts: list[list[str]] = [[]]
    for line in block.split("\n"):
        if parts[-1] and _BANNER.search(line):
            parts.append([])
        parts[-1].append(line)
    return ["\n".join(part) for part in parts]


def read_table(part: str) -> Told:
    """Driver, CUDA and GPUs; nvidia-smi comes with the driver and has its version."""
    report = parse_nvidia_smi_table(part)
    own = _OWN.search(part) if report is None else None
    return Told(nvidia=Nvidia(driver=own[1])) if own else _told(report)


def find_queries(text: str) -> list[str]:
    """Answers of ``nvidia-smi -q``."""
    if "NVSMI LOG" not in text:
        return []
    return find_blocks(text, lambda line: "NVSMI LOG" in line, _OF_QUERY.match, gap=1)


def read_query(part: str) -> Told:
    """Everything of it that a machine's facts hold; of a text that lost its indentation without MIG devices."""
    lines = part.split("\n")
    if not any(line.startswith(("  ", "\t")) for line in lines):
        part = "\n".join(line.strip() for line in lines)
    return _told(parse_nvidia_smi_query(part))


def find_documents(text: str) -> list[str]:
    """Answers of ``nvidia-smi -q -x``, up to their end or that of the text."""
    parts: list[str] = []
    start = text.find("<nvidia_smi_log")
    while start >= 0 and len(parts) < MOST_BLOCKS:
        end = text.find("</nvidia_smi_log>", start)
        following = text.find("<nvidia_smi_log", start + 1)
        stop = end + len("</nvidia_smi_log>") if end >= 0 else following if following >= 0 else len(text)
        parts.append(text[start:stop])
        start = following
    return parts


def find_lists(text: str) -> list[str]:
    """Answers of ``nvidia-smi -L``."""
    if "(UUID:" not in text:
        return []
    return find_blocks(text, _GPU.match, lambda line: _GPU.match(line) or _MIG.match(line), gap=1)


def read_list(part: str) -> Told:
    """GPUs with their names, UUIDs and MIG devices."""
    return _told(parse_nvidia_smi_list("\n".join(line.lstrip(" \t*-") for line in part.split("\n"))))


def find_csv(text: str) -> list[str]:
    """Answers of ``--query-gpu``; where they have no line of names, the command that was typed gives it."""
    named = _find_named(text) if "driver_version" in text or "[MiB]" in text or "--query-" in text else []
    asked = [
        f"{', '.join(match[1].strip(',').split(','))}\n" + "\n".join(rows)
        for command, answer, _ in answers_to(text, "--query-gpu", "--query-compute-apps")
        if (match := _ASKED.search(command)) and "noheader" in command and (rows := _rows(answer))
    ]
    return named + asked


def _find_named(text: str) -> list[str]:
    blocks = find_blocks(text, lambda line: _NAMES.fullmatch(line.strip()), lambda line: "," in line)
    return [block for block in blocks if "\n" in block]


def _rows(answer: list[str]) -> list[str]:
    rows = [line for line in answer if line.strip()]
    return [line for line in rows if not is_fence(line)][:100]


def read_csv(part: str) -> Told:
    """The fields that were asked for."""
    return _told(parse_nvidia_smi_csv(part))


def find_versions(text: str) -> list[str]:
    """Answers of ``nvidia-smi --version``."""
    if "NVIDIA-SMI version" not in text:
        return []
    return find_blocks(text, lambda line: "NVIDIA-SMI version" in line, _VERSION_LINE.match)


def find_failures(text: str) -> list[str]:
    """Sentences that nvidia-smi prints in place of an answer."""
    folded = text.lower()
    if "nvml" not in folded and "nvidia-smi" not in folded and _NONE not in text and "device handle" not in folded:
        return []
    return gather(text, _is_failure)


def _is_failure(line: str) -> bool:
    folded = line.lower()
    if not any(word in folded for word in ("nvml", "nvidia-smi", "devices were found", "device handle")):
        return False
    return bool(
        parse_nvidia_smi_failure(line) or parse_nvml_library_version(line) or _NONE in line or _is_missing(line)
    )


def _is_missing(line: str) -> bool:
    return _MISSING.match(line) is not None or _MISSING_ZSH.match(line) is not None


def read_failure(part: str) -> Told:
    """How NVML failed, in its names; ``remarks`` hold what is no error of NVML."""
    failure = parse_nvidia_smi_failure(part)
    library = parse_nvml_library_version(part)
    nvidia = Nvidia(nvml=failure, driver=library)
    remark = "no devices" if _NONE in part else ""
    if failure is None and not remark and any(_is_missing(line) for line in part.split("\n")):
        remark = "not found"
    return Told(
        nvidia=nvidia if nvidia != Nvidia() else None,
        remarks={"nvidia-smi": remark} if remark else {},
    )


def find_topologies(text: str) -> list[str]:
    """Answers of ``nvidia-smi topo -m``."""
    if "CPU Affinity" not in text:
        return []
    return find_blocks(
        text, lambda line: "GPU0" in line and "Affinity" in line, lambda line: line.lstrip().startswith(("GPU", "NIC"))
    )


def read_topology(part: str) -> Told:
    """How the GPUs reach each other."""
    topology = parse_nvidia_smi_topology(part)
    return Told(nvidia=Nvidia(topology=topology)) if topology else Told()


def find_device_queries(text: str) -> list[str]:
    """Answers of the sample deviceQuery."""
    if "CUDA Device Query" not in text and "CUDA Capability" not in text:
        return []
    return find_blocks(
        text,
        lambda line: "CUDA Device Query" in line or line.lstrip().startswith('Device 0: "'),
        lambda line: ":" in line or "<" in line or "CUDART" in line or "Detected" in line,
        gap=2,
    )


FORMS: tuple[Form, ...] = (
    Form(name="nvidia_smi_failure", find=find_failures, read=read_failure),
    Form(name="nvidia_smi", find=find_tables, read=read_table),
    Form(name="nvidia_smi_q", find=find_queries, read=read_query, raw=True),
    Form(name="nvidia_smi_xml", find=find_documents, read=lambda part: _told(parse_nvidia_smi_xml(part)), raw=True),
    Form(name="nvidia_smi_list", find=find_lists, read=read_list),
    Form(name="nvidia_smi_csv", find=find_csv, read=read_csv),
    Form(name="nvidia_smi_version", find=find_versions, read=lambda part: _told(parse_nvidia_smi_version(part))),
    Form(name="nvidia_smi_topo", find=find_topologies, read=read_topology),
    Form(name="device_query", find=find_device_queries, read=lambda part: _told(parse_device_query(part))),
)
