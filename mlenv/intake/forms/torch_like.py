"""Reports of the tools around PyTorch: Lightning, DeepSpeed, xFormers, bitsandbytes, detectron2, ComfyUI."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Disk
from mlenv.facts.pattern import lazy
from mlenv.facts.report import FrameworkView
from mlenv.intake import fields
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.labels import normal_label, reader_of
from mlenv.intake.merging import merge_told
from mlenv.intake.words.gpus import gpu_named
from mlenv.intake.words.sizes import size_in
from mlenv.intake.words.systems import architecture_of, family_of
from mlenv.intake.words.versions import says_nothing, version_in

# ---------------------------------------------------------------- Lightning

_SECTION = lazy(r"(?m)^\s?\*\s(?P<name>CUDA|Lightning|Packages|System|PyTorch|Libraries):\s?$")
_BULLET = lazy(r"\s?[-*]\s(?P<key>[\w .+-]{1,60}?)\s?:(?:\s(?P<value>[^\n]{0,300}))?$")


# > * CUDA:
# >  - GPU:
# >    - NVIDIA A10G
# >  - available: True
# >  - version: 12.1
def find_lightning(text: str) -> list[str]:
    """From the first of its headings to the end of the text."""
    first = _SECTION.search(text)
    if first is None or "- " not in text[first.end() : first.end() + 300]:
        return []
    return [text[first.start() :]]


def read_lightning(text: str) -> Told:
    """CUDA, packages and system of Lightning's nested bullets."""
    parts = list(_SECTION.finditer(text))
    sections: list[Told] = []
    for part, following in zip(parts, [*parts[1:], None], strict=False):
        lines = text[part.end() : following.start() if following else len(text)].split("\n")[:2000]
        reader = _LIGHTNING.get(part["name"], _read_packages)
        sections += reader(lines)
    return merge_told(sections)


def _read_cuda(lines: list[str]) -> list[Told]:
    found: list[Told] = []
    names: list[str] = []
    for line in lines:
        bullet = _BULLET.match(line)
        key, value = (bullet["key"].lower(), bullet["value"] or "") if bullet else ("", "")
        if key == "gpu":
            names += [value] if value and not says_nothing(value) else []
        elif key == "available":
            found.append(fields.told_available(value))
        elif key == "version":
            found.append(fields.told_torch_cuda(value, others=True))
        elif not bullet and line.strip(" -*") and not line.lstrip().startswith("["):
            names.append(line.strip(" -*"))
    return [*found, fields.told_devices(tuple(names))] if names else found


def _read_packages(lines: list[str]) -> list[Told]:
    found = []
    for line in lines:
        bullet = _BULLET.match(line)
        if bullet is None or not (bullet["value"] or "")[:1].isdigit():
            continue
        name = {"pytorch_version": "torch", "pytorch version": "torch"}.get(bullet["key"].lower(), bullet["key"])
        found.append(fields.told_package(name, bullet["value"]))
    return found


def _read_system(lines: list[str]) -> list[Told]:
    values = {match["key"].lower(): match["value"] or "" for match in map(_BULLET.match, lines) if match is not None}
    family = family_of(values.get("os", ""))
    system = fields.told_system(values.get("os", "")) if family else Told()
    kernel = fields.told_kernel(values.get("release", "")) if family == "linux" else Told()
    return [
        system,
        kernel,
        fields.told_python(values.get("python", "")),
        Told(architecture=architecture_of(values.get("machine", values.get("processor", "")))),
    ]


_LIGHTNING = {"CUDA": _read_cuda, "System": _read_system}

# ---------------------------------------------------------------- DeepSpeed

_SHARED = "/dev/shm"  # noqa: S108 - a place that a report names
_DOTS = lazy(r"(?m)^\s?(?P<key>[A-Za-z][\w .()/+]{2,50}?) ?\.{2,40} ?(?P<value>[^\n]{1,200})$")


# > torch version .................... 2.1.0+cu121
# > nvcc version ..................... 12.1
def find_deepspeed(text: str) -> list[str]:
    """What stands behind the title of ``ds_report``, or from the first of its dotted lines."""
    at = text.find("DeepSpeed general environment info")
    if at < 0:
        at = min(
            (place for place in (text.find("torch version ..."), text.find("deepspeed info ...")) if place >= 0),
            default=-1,
        )
    return [text[at : at + 4000]] if at >= 0 else []


def read_deepspeed(text: str) -> Told:
    """PyTorch, DeepSpeed, nvcc and the size of shared memory."""
    values = {match["key"].lower().strip(): match["value"].strip() for match in _DOTS.finditer(text)}
    size = size_in(values.get("shared memory (/dev/shm) size", ""))
    return merge_told(
        [
            fields.told_framework("torch", values.get("torch version", "")),
            fields.told_package("deepspeed", values.get("deepspeed info", "").split(",")[0]),
            fields.told_torch_cuda(values.get("torch cuda version", ""), others=True),
            fields.told_torch_rocm(values.get("torch hip version", "")),
            fields.told_toolkit(values.get("nvcc version", "")),
            Told(disks=(Disk(purpose="shared-memory", path=_SHARED, total_bytes=size),) if size else ()),
            Told(
                remarks={"deepspeed built for": built} if (built := values.get("deepspeed wheel compiled w.")) else {}
            ),
        ]
    )


# ---------------------------------------------------------------- xFormers

_XFORMERS = lazy(
    r"(?m)^\s?(?P<key>pytorch\.(?:version|cuda)|gpu\.(?:name|compute_capability)"
    r"|build\.[\w.]{2,50})\s?:\s?(?P<value>[^\n]{1,300})$"
)
_HAVE = lazy(
    r"(?m)^\s?(?P<key>PyTorch|Python)\s(?P<built>[\w.+]{2,50})(?:\swith\s(?P<cuda>[^\n(]{2,30}?))?\s\(you have"
    r" (?P<have>[^)\n]{1,60})\)"
)
_RELEASE = lazy(r"(?m)^\s?xFormers\s(?P<version>\d[\w.+]{2,50})\s?$")


# > xFormers 0.0.23
# > pytorch.version:   2.1.1+cu121
# > gpu.name:          NVIDIA GeForce RTX 3090
def find_xformers(text: str) -> list[str]:
    """The text where ``xformers.info`` or its warning stands in it."""
    if "xformers" not in text.lower():
        return []
    found = any(pattern.search(text) is not None for pattern in (_XFORMERS, _HAVE, _RELEASE))
    return [text] if found else []


def read_xformers(text: str) -> Told:
    """PyTorch, GPU and what xFormers was built for (a remark: ``xformers built for``)."""
    values = {match["key"]: match["value"].strip() for match in _XFORMERS.finditer(text)}
    release = _RELEASE.search(text)
    return merge_told(
        [
            *_have(text),
            fields.told_framework("torch", values.get("pytorch.version", "")),
            _xformers_cuda(values.get("pytorch.cuda", "")),
            fields.told_package("xformers", release["version"]) if release else Told(),
            _xformers_gpu(values),
            Told(remarks=_built_for(text, values)),
        ]
    )


def _have(text: str) -> Iterator[Told]:
    for match in _HAVE.finditer(text):
        if match["key"] == "PyTorch":
            yield fields.told_framework("torch", match["have"])
        else:
            yield fields.told_python(match["have"])


def _xformers_cuda(value: str) -> Told:
    found = {"available": True, "not available": False}.get(value.lower())
    return Told() if found is None else Told(views=(FrameworkView(framework="torch", available=found),))


def _xformers_gpu(values: dict[str, str]) -> Told:
    gpu = gpu_named(values.get("gpu.name", ""), compute_capability=version_in(values.get("gpu.compute_capability", "")))
    return Told(gpus=(gpu,)) if gpu else Told()


def _built_for(text: str, values: dict[str, str]) -> dict[str, str]:
    warning = [match for match in _HAVE.finditer(text) if match["key"] == "PyTorch"]
    built = warning[0]["built"] if warning else values.get("build.torch_version")
    return {"xformers built for": f"torch {built}"} if built else {}


# ---------------------------------------------------------------- bitsandbytes

_BNB = lazy(
    r"(?i)bug report includ|={5,} ?bug report ?={5,}|for bug reports,? please (?:run|submit)|\bCUDA SETUP:"
    r"|={3,}\s?bitsandbytes v\d"
    r"|COMPUTE_CAPABILITIES_PER_GPU|CUDASpecs\(|PyTorch settings found: CUDA_VERSION"
)
_BNB_VERSION = lazy(r"={3,}\s?bitsandbytes v(?P<version>\d[\w.+]{2,30})")
_BNB_CAPABILITY = lazy(
    r"(?i)highest compute capability among GPUs detected: ?(?P<old>\d{1,2}\.\d)|COMPUTE_CAPABILITIES_PER_GPU"
    r" ?= ?\['(?P<list>\d{1,2}\.\d)'"
    r"|highest_compute_capability=\((?P<major>\d{1,2}), ?(?P<minor>\d)\)|Highest Compute Capability:"
    r" ?\((?P<major2>\d{1,2}), ?(?P<minor2>\d)\)"
)
_BNB_CUDA = lazy(
    r"(?i)detected CUDA version:? ?(?P<old>\d{2,3})\b|^\s?CUDA_VERSION ?= ?(?P<banner>\d{2,3})\s?$"
    r"|cuda_version_string='(?P<new>\d{2,3})'"
    r"|settings found: CUDA_VERSION=(?P<torch>\d{2,3})"
)
_BNB_INDENTED = lazy(r"(?m)^\s?(?:CUDA|Cuda): ?(?P<cuda>\d{1,2}\.\d)\s?\n\s?HIP: ?(?P<hip>\S{1,30})")


def find_bitsandbytes(text: str) -> list[str]:
    """The text where the banner or the report of bitsandbytes stands in it."""
    return [text] if _BNB.search(text) is not None else []


def read_bitsandbytes(text: str) -> Told:
    """Its release, PyTorch's CUDA, and the compute capability of the best GPU."""
    version, torch = _BNB_VERSION.search(text), _BNB_INDENTED.search(text)
    return merge_told(
        [
            fields.told_package("bitsandbytes", version["version"]) if version else Told(),
            fields.told_torch_cuda(torch["cuda"], others=True) if torch else Told(),
            fields.told_torch_rocm(torch["hip"]) if torch else Told(),
            _bnb_cuda(text),
            _bnb_gpu(text),
        ]
    )


def _bnb_cuda(text: str) -> Told:
    """The CUDA that it detected: the runtime's in the old form, PyTorch's in the new."""
    match = _BNB_CUDA.search(text)
    if match is None:
        return Told()
    digits = next(value for value in match.groups() if value)
    version = f"{digits[:-1]}.{digits[-1]}"
    remark = Told(remarks={"bitsandbytes.cuda": version})
    if match["new"] or match["torch"]:
        return merge_told([remark, fields.told_torch_cuda(version, others=True)])
    return remark


def _bnb_gpu(text: str) -> Told:
    match = _BNB_CAPABILITY.search(text)
    if match is None:
        return Told()
    dotted = match["old"] or match["list"]
    capability = dotted or f"{match['major'] or match['major2']}.{match['minor'] or match['minor2']}"
    return Told(gpus=(Gpu(vendor="nvidia", compute_capability=capability),))


# ---------------------------------------------------------------- detectron2

_COLUMNS = lazy(
    r"(?P<label>sys\.platform|Python|numpy|PyTorch|CUDA available|GPU available|GPU \d{1,2}(?:,\d{1,2}){0,40}"
    r"|CUDA_HOME|NVCC|"
    r"torchvision|Driver version|detectron2 CUDA compiler|detectron2|Pillow|cv2|fvcore"
    r"|iopath)\s(?P<value>[^\s:][^\n]{0,300})"
)
_ARCHITECTURES = lazy(r"(?m)^\s?(?:detectron2|PyTorch) arch flags\s(?P<flags>[^\n]{2,200})$")


# > sys.platform            linux
# > PyTorch                 1.3.1 @/opt/conda/lib/python3.6/site-packages/torch
# > GPU 0,1                 Tesla V100-SXM2-32GB
def find_detectron2(text: str) -> list[str]:
    """From its first row, where two of its labels stand in columns without a colon."""
    at = text.find("sys.platform ")
    return [text[max(0, at) : at + 6000]] if at >= 0 and text[at : at + 14].rstrip()[-1:] != ":" else []


def read_detectron2(text: str) -> Told:
    """The rows as labelled values."""
    found: list[Told] = []
    for line in text.split("\n"):
        match = _COLUMNS.match(line.strip())
        reader = reader_of(normal_label(match["label"])) if match else None
        if match is not None and reader is not None:
            value = match["value"].split(" @")[0].removesuffix(" (not available)")
            found.append(reader(value))
    return merge_told(found)


# ---------------------------------------------------------------- ComfyUI and its like

_DEVICE = lazy(
    r"(?m)^(?:\[[^\]\n]{1,40}\]\s?)*\s?Device: (?P<device>cuda|xpu|mps|privateuseone|hip)(?::\d{1,2})?"
    r" ?(?P<name>[^:\n]{2,100})?"
)
_VRAM = lazy(r"Total VRAM (?P<vram>\d{1,7}) MB, total RAM (?P<ram>\d{1,9}) MB")


# > Total VRAM 24564 MB, total RAM 64123 MB
# > Device: cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync
def find_comfyui(text: str) -> list[str]:
    """The text where ComfyUI's lines about memory and device stand in it."""
    return [text] if _VRAM.search(text) or _DEVICE.search(text) else []


def read_comfyui(text: str) -> Told:
    """The device that it runs on: it would not have started without."""
    device, sizes = _DEVICE.search(text), _VRAM.search(text)
    memory = int(sizes["vram"]) << 20 if sizes else None
    gpu = gpu_named((device["name"] or "").replace("[ZLUDA]", ""), memory_bytes=memory) if device else None
    view = FrameworkView(framework="torch", available=True, devices=(gpu.name or "",)) if gpu else None
    told = Told(gpus=(gpu,) if gpu else None, views=(view,) if view else ())
    return merge_told([told, fields.told_memory(f"{sizes['ram']} MB") if sizes else Told()])


FORMS: tuple[Form, ...] = (
    Form(name="lightning", find=find_lightning, read=read_lightning),
    Form(name="ds_report", find=find_deepspeed, read=read_deepspeed),
    Form(name="xformers.info", find=find_xformers, read=read_xformers),
    Form(name="bitsandbytes", find=find_bitsandbytes, read=read_bitsandbytes),
    Form(name="detectron2", find=find_detectron2, read=read_detectron2),
    Form(name="comfyui", find=find_comfyui, read=read_comfyui),
)
