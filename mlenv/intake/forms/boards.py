"""Accelerators of other kinds: Intel's xpu-smi, and the release file of NVIDIA's Jetson boards."""

from __future__ import annotations

from mlenv.facts.drivers import Jetson
from mlenv.facts.pattern import lazy
from mlenv.formats.l4t import parse_tegra_release
from mlenv.formats.xpu_smi import parse_xpu_smi
from mlenv.intake.forms.blocks import command_of, find_blocks, gather
from mlenv.intake.forms.form import Form, Told

_TEGRA = lazy(r"\s{0,8}# ?R[0-9]{2} \(release\), REVISION: ?[0-9.]{1,8}")
_XPU = lazy(r"\s{0,4}(?:\| ?)?(?:Device ID|Device Name)\b|\s{0,4}\+-{6,}")


def find_tegra_releases(text: str) -> list[str]:
    """The first line of /etc/nv_tegra_release."""
    return gather(text, _TEGRA.match) if "(release), REVISION" in text else []


def read_tegra_release(part: str) -> Told:
    """The release of Jetson Linux."""
    release = parse_tegra_release(part.strip())
    return Told(jetson=Jetson(l4t=release)) if release else Told()


def find_xpu_answers(text: str) -> list[str]:
    """Answers of ``xpu-smi discovery`` and its kin."""
    if '"device_list"' in text and '"device_name"' in text:
        return [text[max(text.find("{"), 0) :]]
    if "Device ID" not in text and "xpu-smi" not in text:
        return []
    if "Intel" not in text and "SOC UUID" not in text:
        return []
    return find_blocks(text, _XPU.match, lambda line: bool(line.strip()) and command_of(line) is None)


def read_xpu_answer(part: str) -> Told:
    """Intel's GPUs."""
    report = parse_xpu_smi(part)
    return Told(gpus=report.gpus) if report and report.gpus else Told()


FORMS: tuple[Form, ...] = (
    Form(name="nv_tegra_release", find=find_tegra_releases, read=read_tegra_release),
    Form(name="xpu_smi", find=find_xpu_answers, read=read_xpu_answer, raw=True),
)
