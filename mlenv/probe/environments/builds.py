"""The build of a framework that its own files state: its version alone often does not."""

from __future__ import annotations

from collections.abc import Callable

from mlenv.facts.pattern import lazy
from mlenv.probe.log import peek
from mlenv.probe.paths import join
from mlenv.system.host import Host

_ASSIGNMENT = lazy(r"(?m)^(\w+)[ \t]*(?::[^=\n]+)?=[ \t]*(?:'([^'\n]*)'|\"([^\"\n]*)\")[ \t\r]*$")
_PAIR = lazy(r"['\"](\w+)['\"]\s{0,4}[,:]\s{0,4}(?:'([^'\n]*)'|\"([^\"\n]*)\"|(True|False))")
_RELEASE = lazy(r"(\d{1,4}\.\d{1,4})(?:\.\d+)*")


def read_build(host: Host, folder: str, name: str) -> str | None:
    """The build of a distribution in a folder of packages; None where none of its files states it."""
    place = _TENSORFLOW if name.startswith(("tensorflow", "tf-nightly")) else _FILES.get(name)
    if name.startswith("onnxruntime"):
        place = _ONNX
    if place is None:
        return None
    parts, parse = place
    text = peek(host, join(host, folder, *parts))
    return parse(text) if text is not None else None


def parse_assignments(text: str) -> dict[str, str]:
    """The texts that a Python file assigns to names at its top level."""
    return {match[1]: match[2] or match[3] or "" for match in _ASSIGNMENT.finditer(text)}


# > __version__ = '2.9.1+cu128'
# > cuda: Optional[str] = '12.8'
# > hip: Optional[str] = None
def parse_torch_build(text: str) -> str | None:
    """``cu128``, ``rocm6.4``, ``xpu`` or ``cpu``; None where the text is no torch/version.py."""
    values = parse_assignments(text)
    if "__version__" not in values:
        return None
    if values.get("cuda"):
        return "cu" + "".join(values["cuda"].split(".")[:2])
    release = values.get("rocm") or values.get("hip")
    if release:
        return "rocm" + ".".join(release.split(".")[:2])
    return "xpu" if values.get("xpu") else "cpu"


# > __version__ = '0.24.1+cu128'
def parse_local_build(text: str) -> str | None:
    """The local part of the version that a version.py states."""
    return parse_assignments(text).get("__version__", "").partition("+")[2] or None


# > build_info = collections.OrderedDict([('cuda_version', '12.5.1'), ('cudnn_version', '9'), ('is_cuda_build', True),
def parse_tensorflow_info(text: str) -> dict[str, str]:
    """The pairs of tensorflow/python/platform/build_info.py; truth values are ``True`` and ``False``."""
    return {match[1]: match[2] or match[3] or match[4] or "" for match in _PAIR.finditer(text)}


def parse_tensorflow_build(text: str) -> str | None:
    """``cuda12.5``, ``rocm`` or ``cpu``; None where the text does not say."""
    values = parse_tensorflow_info(text)
    if values.get("is_cuda_build") == "True":
        return _name("cuda", values.get("cuda_version"))
    if values.get("is_rocm_build") == "True":
        return _name("rocm", values.get("rocm_version"))
    return "cpu" if values.get("is_cuda_build") == "False" else None


# > package_name = 'onnxruntime-gpu'
# > cuda_version = '12.8'
def parse_onnxruntime_build(text: str) -> str | None:
    """``cuda12.8``, ``rocm6.4``, ``cpu`` or what the package's name ends in (``directml``, ``openvino``)."""
    values = parse_assignments(text)
    for kind in ("cuda", "rocm"):
        if values.get(f"{kind}_version"):
            return _name(kind, values[f"{kind}_version"])
    name = values.get("package_name", "")
    if not name.startswith("onnxruntime"):
        return None
    kind = name.removeprefix("onnxruntime").strip("-") or "cpu"
    return None if kind == "gpu" else kind


def _name(kind: str, version: str | None) -> str:
    match = _RELEASE.fullmatch(version or "")
    return kind + match[1] if match else kind


_Place = tuple[tuple[str, ...], Callable[[str], str | None]]
_TENSORFLOW: _Place = (("tensorflow", "python", "platform", "build_info.py"), parse_tensorflow_build)
_ONNX: _Place = (("onnxruntime", "capi", "build_and_package_info.py"), parse_onnxruntime_build)
_FILES: dict[str, _Place] = {
    "torch": (("torch", "version.py"), parse_torch_build),
    "torchvision": (("torchvision", "version.py"), parse_local_build),
    "torchaudio": (("torchaudio", "version.py"), parse_local_build),
    "jaxlib": (("jaxlib", "version.py"), parse_local_build),
}
