"""The labels under which people and tools state facts, and what each of them means."""

from __future__ import annotations

import functools
from collections.abc import Callable

import msgspec

from mlenv.facts.drivers import CudaToolkit
from mlenv.facts.pattern import lazy
from mlenv.intake import fields
from mlenv.intake.forms.form import Told
from mlenv.intake.words.gpus import gpu_named
from mlenv.intake.words.systems import architecture_in, family_of
from mlenv.intake.words.versions import says_nothing, version_in

_PARENTHESIS = lazy(r"\([^()]{0,120}\)?|\[[^\[\]]{0,80}\]")
_EDGES = " \t*_'\"|-#:?.!>\u2022\u00b7"
_VERSION_WORDS = (" version", " versions", " version(s)", " ver", " version number", " release")


@functools.lru_cache(maxsize=4096)
def normal_label(text: str) -> str:
    """A label in small letters without marks, remarks in parentheses and the word version."""
    plain = _PARENTHESIS.sub(" ", text[:160]).replace("_", " ").lower()
    plain = " ".join(plain.split()).strip(_EDGES).removeprefix("your ").removeprefix("the ")
    for word in _VERSION_WORDS:
        plain = plain.removesuffix(word)
    return plain.removeprefix("version of ").strip(_EDGES)


def read_label(label: str, value: str) -> Told | None:
    """What a labelled value tells; None for a label that is not known."""
    reader = reader_of(label)
    return None if reader is None else reader(value)


def reader_of(label: str) -> Callable[[str], Told] | None:
    """How the values of a (normalised) label are read; None for one that is not known."""
    if label in _LABELS:
        return _LABELS[label]
    if label.replace(" ", "-") in PACKAGES:
        return _package(label.replace(" ", "-"))
    if _GPU_NUMBERS.fullmatch(label):
        return _numbered_gpu(label)
    return None


_GPU_NUMBERS = lazy(r"gpu ?\d{1,2}(?:, ?\d{1,2}){0,40}(?P<capability> compute capability)?")


def _numbered_gpu(label: str) -> Callable[[str], Told]:
    """``GPU 0,1,2: NVIDIA A100-SXM4-80GB`` of mmcv and its like."""
    numbers = [int(part) for part in label.replace("compute capability", "").replace("gpu", "").split(",")]

    def read(value: str) -> Told:
        if label.endswith("capability"):
            return _read_capability(value, numbers)
        gpus = [gpu_named(value, index=index) for index in numbers]
        return Told(gpus=tuple(gpu for gpu in gpus if gpu is not None) or None)

    return read


def _read_capability(value: str, numbers: list[int]) -> Told:
    from mlenv.facts.gpu import Gpu

    version = version_in(value)
    if version is None:
        return Told()
    return Told(gpus=tuple(Gpu(vendor="nvidia", index=index, compute_capability=version) for index in numbers))


def _package(name: str) -> Callable[[str], Told]:
    def read(value: str) -> Told:
        return fields.told_framework(name, _first_words(value))

    return read


def _first_words(value: str) -> str:
    """The value without a path behind it: ``1.3.1 @/home/...``."""
    return value.split(" @")[0][:200]


def _system(value: str) -> Told:
    """A system in the words of people or of ``platform.platform()``, or what ``sys.platform`` says."""
    if value.startswith("uname_result("):
        return Told()
    told = fields.told_platform(value)
    family = family_of(value) if told.os is None else None
    if family is None:
        return told
    from mlenv.facts.system import OperatingSystem

    return Told(os=OperatingSystem(family=family))


def _home(value: str) -> Told:
    """``CUDA_HOME`` as a label: its folder, and the release where the folder is named after it."""
    if says_nothing(value):
        return Told()
    told = fields.told_variable("CUDA_HOME", value)
    version = version_in(value.replace("cuda-", "cuda "))
    toolkits = (CudaToolkit(version=version, path=value),) if version else ()
    return msgspec.structs.replace(told, cuda_toolkits=toolkits)


def _gpu(value: str) -> Told:
    return fields.told_gpus(value)


def _hardware(value: str) -> Told:
    """A processor and a GPU in one line: ``Ryzen 7700X / Arc A770``."""
    told = fields.told_gpus(value)
    return told if told.gpus else Told()


def _cuda(value: str) -> Told:
    """A toolkit, with cuDNN where both are named; ``yes`` and ``cu118`` say nothing of a toolkit."""
    if "cudnn" in value.lower() or "/" in value.strip("/")[:20]:
        return fields.told_cuda_and_cudnn(value)
    return fields.told_toolkit(value.lower().replace("cuda", " ").replace("-", " "))


def _nvcc(value: str) -> Told:
    return fields.told_toolkit(value.rpartition("release")[2].strip() or value)


def _architecture(value: str) -> Told:
    return Told(architecture=architecture_in(value))


def _container(value: str) -> Told:
    lowered = value.strip().lower()
    if lowered[:3] == "yes" or lowered == "true":
        return fields.told_container("container")
    return fields.told_container(value)


def _torch_cuda(value: str) -> Told:
    return fields.told_torch_cuda(value, others=True)


def _driver(value: str) -> Told:
    return fields.told_driver(value.lower().replace("nvidia", "").replace("driver", ""))


def _remark(name: str) -> Callable[[str], Told]:
    def read(value: str) -> Told:
        return Told() if says_nothing(value) else Told(remarks={name: value[:400]})

    return read


def _many(labels: str, reader: Callable[[str], Told]) -> dict[str, Callable[[str], Told]]:
    return dict.fromkeys((label.strip() for label in labels.split(",")), reader)


_LABELS: dict[str, Callable[[str], Told]] = {
    **_many(
        "os, operating system, os platform, os platform and distribution, platform, os/platform, platform/os, host os,"
        " os and version, operating system and version, distro, linux distribution, sys.platform, os type, os name,"
        " operating system/platform, os & version, system os, server os, os info, os/distribution, guest os,"
        " linux distro,"
        " betriebssystem, système d'exploitation, sistema operativo, 操作系统, 系统, 系统版本",
        _system,
    ),
    **_many("os platform and distribution e.g, os e.g, environment os, os /platform, uname", _system),
    **_many("kernel, linux kernel, kernel release, kernel/os", fields.told_kernel),
    **_many("glibc, libc, c library, gnu libc", fields.told_libc),
    **_many("architecture, arch, cpu architecture, machine, machine type, processor architecture", _architecture),
    **_many(
        "python, python3, sys.version, python interpreter, python runtime, python env, python版本", fields.told_python
    ),
    **_many("pytorch, torch, torch/pytorch, pytorch/torch", _package("torch")),
    **_many("tensorflow, tf, tensorflow library, tensorflow/tf", _package("tensorflow")),
    **_many(
        "cuda, cuda toolkit, cudatoolkit, cuda/toolkit, cuda toolkit/nvcc, cuda sdk, cuda compiler, system cuda", _cuda
    ),
    **_many("nvcc, nvcc cuda, cuda nvcc, detectron2 cuda compiler", _nvcc),
    **_many(
        "cuda/cudnn, cuda / cudnn, cuda and cudnn, cuda&cudnn, cuda & cudnn, cuda, cudnn, cudnn/cuda, cuda+cudnn",
        fields.told_cuda_and_cudnn,
    ),
    **_many("cudnn, libcudnn, nvidia cudnn", fields.told_cudnn),
    "cuda": _cuda,
    **_many("cuda home, cuda path", _home),
    **_many(
        "gpu, gpus, gpu model, gpu type, gpu name, graphics card, gpu model and memory, video card, gpu models,"
        " gpu model/memory, gpu model & memory, nvidia gpu, gpu card, gpu hardware, graphics, gpu device, gpu info,"
        " gpu models and configuration, gpu(s), gpu and memory, graphic card, device name, accelerator, accelerators,"
        " amd gpu, gpu used, cuda device, 显卡, 显卡型号, gpu型号, grafikkarte",
        _gpu,
    ),
    **_many("hardware, cpu/gpu, cpu / gpu, gpu/cpu, gpu / cpu, machine spec, hardware type", _hardware),
    **_many(
        "driver, nvidia driver, gpu driver, cuda driver, graphics driver, nvidia gpu driver, gpu drivers, nvidia"
        " drivers,"
        " nvidia graphics driver, nvidia-driver, driver nvidia, 驱动版本, 显卡驱动",
        _driver,
    ),
    **_many(
        "cuda available, is cuda available, torch.cuda.is available, gpu available, torch cuda available",
        fields.told_available,
    ),
    **_many(
        "cuda used to build pytorch, torch cuda, pytorch cuda, torch.version.cuda, pytorch built with cuda", _torch_cuda
    ),
    **_many("cpu, processor, cpu model, cpu name, 处理器", fields.told_processor),
    **_many("ram, memory, system ram, system memory, host memory, total ram", fields.told_memory),
    **_many("rocm, rocm toolkit, rocm/hip", fields.told_rocm),
    **_many(
        "docker, container, running in docker, in docker, docker image, container image, using docker, environment",
        _container,
    ),
    **_many("pip", lambda value: fields.told_manager("pip", value)),
    **_many("uv", lambda value: fields.told_manager("uv", value)),
    **_many("conda", lambda value: fields.told_manager("conda", value)),
    **_many(
        "how you installed pytorch, how did you install pytorch, tensorflow installed from, install method,"
        " installation method, installed using virtualenv? pip? conda, installed from, how you installed,"
        " installed using, onnx runtime installed from, package manager, installed via, how installed, package used",
        _remark("installer"),
    ),
    **_many("execution provider, accelerator backend", _remark("execution provider")),
}

PACKAGES = frozenset(
    [
        "jax",
        "jaxlib",
        "numpy",
        "transformers",
        "accelerate",
        "diffusers",
        "huggingface-hub",
        "safetensors",
        "peft",
        "bitsandbytes",
        "xformers",
        "onnxruntime",
        "onnxruntime-gpu",
        "onnx-runtime",
        "onnx",
        "vllm",
        "sglang",
        "flax",
        "tokenizers",
        "flash-attn",
        "flash-attention",
        "triton",
        "deepspeed",
        "lightning",
        "pytorch-lightning",
        "torchvision",
        "torchaudio",
        "torchtext",
        "datasets",
        "trl",
        "protobuf",
        "scipy",
        "keras",
        "tensorflow-macos",
        "tensorflow-metal",
        "tensorflow-gpu",
        "tensorboard",
        "torch-geometric",
        "torchmetrics",
        "opencv",
        "detectron2",
        "mmcv",
        "mmengine",
        "mmdet",
        "scikit-learn",
        "pandas",
        "sentence-transformers",
        "paddlepaddle",
        "paddlepaddle-gpu",
        "cupy",
        "numba",
        "torchao",
        "torch-npu",
        "openvino",
        "tensorrt",
        "xgboost",
        "lightgbm",
        "fastai",
        "timm",
        "einops",
        "auto-gptq",
        "autoawq",
        "optimum",
        "ultralytics",
        "ray",
        "pillow",
        "sgl-kernel",
        "flashinfer",
        "flashinfer-python",
        "fairseq",
        "jax-cuda12-plugin",
        "jax-cuda13-plugin",
        "jax-metal",
        "spacy",
        "gensim",
        "tensorflow-probability",
        "mxnet",
        "mlx",
        "chainer",
        "optax",
        "orbax",
        "torchdata",
        "functorch",
        "unsloth",
        "llama-cpp-python",
        "comfyui",
        "nvidia-ml-py",
        "pydantic",
        "dgl",
        "kornia",
    ]
)
"""Packages whose names are labels of their versions."""
