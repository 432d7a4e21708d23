"""Fields of issue templates and tools that print ``label: value``, in any form that Markdown gives them.

Bullets, bold labels, tables of two columns, headings with the value below; Transformers', accelerate's,
diffusers', mmcv's and sglang's reports are such lists too.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.pattern import lazy
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.labels import normal_label, reader_of
from mlenv.intake.merging import merge_told
from mlenv.intake.words.versions import says_nothing

Field = tuple[str, str]
MOST = 2000
"""Labelled lines that are read."""

_HEADING = lazy(r"\s?#{1,6}\s?(?P<label>[^\n]{2,120})$")
_COLON = lazy(
    r"[\s*\-+\u2022\u00b7>|#]{0,8}(?:\d{1,2}[.)]\s|\[[ xX]\]\s)?(?P<label>[^:=\n|]{1,110}?)\s?(?::"
    r"|=(?!=))\s?(?P<value>[^\n]{0,1000})"
)
_ROW = lazy(r"\s?\|(?P<label>[^|\n]{1,110})\|(?P<value>[^|\n]{1,600})\|?")
_DASH = lazy(r"[\s*\-+\u2022]{0,6}(?P<label>[A-Za-z][\w /.]{1,40}?)\s-{1,2}\s(?P<value>[^\n]{1,200})")
_SHORT = lazy(
    r"(?i)[\s*\-+\u2022]{0,6}(?P<label>python|pytorch|torch|tensorflow|tf|cuda|cudnn|jax|jaxlib|numpy"
    r"|onnxruntime|keras|nvidia driver|driver"
    r"|transformers|vllm|cuda toolkit|rocm|tensorflow-macos|tensorflow-metal|torchvision|torchaudio|xformers"
    r"|bitsandbytes|glibc)"
    r"(?: version)?\s?(?:is|:|==?|-)?\s?(?P<value>v?\d[\w.+-]{0,60}(?:\s\([^()\n]{0,80}\))?)[.,;]?"
)
_PLAIN_SYSTEM = lazy(
    r"(?i)[\s*\-+\u2022]{0,6}(?P<value>(?:ubuntu|debian|fedora|centos|rocky linux|windows|macos|arch linux"
    r"|manjaro) ?\d{0,2}[\w.() ]{0,40})"
)
_SHORT_LINE = 100
# [2026-01-01 10:00:00.123] [info] Python version: 3.12.8
_LOGGED = lazy(r"(?:\[(?!pip3?\]|conda\])[^\]\n]{1,40}\]\s?){1,4}")
_COMMAND = lazy(r"\s{0,4}(?:\$|>>>|#!|pip\d? install|conda install|uv )")


def fields_of(text: str) -> Iterator[Field]:
    """Every known label with its value, in the order of the text."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line[:1] == "[":
            line = _LOGGED.sub("", line)
        if len(line) < 3 or (line.lstrip()[:1] in "$>#pcu" and _COMMAND.match(line)):
            continue
        heading = _HEADING.match(line) if "#" in line[:2] else None
        if heading is not None and ":" not in heading["label"]:
            label = normal_label(heading["label"])
            if reader_of(label) is not None:
                yield label, _below(lines, number)
            continue
        yield from _of_line(line, lines, number)


def _of_line(line: str, lines: list[str], number: int) -> Iterator[Field]:
    if line.count("|") >= 2 and (row := _ROW.match(line)) is not None:
        yield from _known(row["label"], row["value"])
        return
    if "uda:" in line[:9].lower() and _is_torch_cuda(lines, number):
        return
    short = _SHORT.fullmatch(line) if len(line) < _SHORT_LINE else None
    if short is not None:
        yield from _known(short["label"], short["value"])
        return
    for pattern, mark in ((_COLON, ":"), (_COLON, "="), (_DASH, " - ")):
        match = pattern.match(line) if mark in line[:130] else None
        if match is None:
            continue
        value = match["value"].strip(" *_")
        found = list(_known(match["label"], value or _under(line, lines, number)))
        if found:
            yield from found
            return
    system = _PLAIN_SYSTEM.fullmatch(line) if len(line) < _SHORT_LINE else None
    if system is not None:
        yield "os", system["value"]


def _known(label: str, value: str) -> Iterator[Field]:
    name = normal_label(label)
    if reader_of(name) is not None:
        yield name, value.strip(" *_'\"|")


def _below(lines: list[str], number: int) -> str:
    """The lines under a heading, up to the next one."""
    found: list[str] = []
    for line in lines[number : number + 12]:
        if line.lstrip().startswith("#") or len(found) == 4:
            break
        if line.strip():
            found.append(line.strip(" -*"))
    return "\n".join(found)


def _under(line: str, lines: list[str], number: int) -> str:
    """The value of a label that stands alone, where the next line has no label of its own."""
    if not line.rstrip().endswith(":") or number >= len(lines):
        return ""
    after = lines[number].strip()
    return after if after and ":" not in after and not after.startswith(("-", "*", "#", "|")) else ""


def _is_torch_cuda(lines: list[str], number: int) -> bool:
    """Whether this CUDA is the one of PyTorch: bitsandbytes puts it under PyTorch's version, above HIP's."""
    before = lines[number - 2] if number > 1 else ""
    after = lines[number] if number < len(lines) else ""
    return normal_label(before.partition(":")[0]) == "pytorch" and "hip" in after.lower()


def read_fields(text: str) -> Told:
    """What all labelled values state; the first of a label wins."""
    sections: list[Told] = []
    for at, (label, value) in enumerate(fields_of(text)):
        reader = reader_of(label)
        if reader is not None and at < MOST and not says_nothing(value):
            sections.append(reader(value))
    return merge_told(sections)


def find_fields(text: str) -> list[str]:
    """The whole text where two or more labels are known in it."""
    labels = set()
    for label, value in fields_of(text):
        if value and not says_nothing(value):
            labels.add(label)
        if len(labels) > 1:
            return [text]
    return []


FORMS: tuple[Form, ...] = (Form(name="issue_fields", find=find_fields, read=read_fields),)
