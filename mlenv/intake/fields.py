"""Single stated facts as what they tell: ``told_driver("535.129.03")``; all of them never raise.

Every form has its own labels for the same things; what a value means is said here, once.
"""

from __future__ import annotations

import msgspec

from mlenv.facts.drivers import CudaToolkit, FabricManager, Library, Nvidia, Rocm
from mlenv.facts.environment import CondaPackage, Distribution, Environment
from mlenv.facts.hardware import Cpu, Memory
from mlenv.facts.pattern import lazy
from mlenv.facts.python import ManagerName, PackageManager
from mlenv.facts.report import FrameworkView, Wanted
from mlenv.facts.system import OperatingSystem, Variable
from mlenv.intake.forms.form import Told
from mlenv.intake.words.gpus import gpu_named, gpus_in
from mlenv.intake.words.pythons import environment_kind_in, python_in
from mlenv.intake.words.sizes import size_in
from mlenv.intake.words.systems import (
    architecture_in,
    container_in,
    libc_in,
    platform_in,
    system_in,
    wsl_of_kernel,
)
from mlenv.intake.words.versions import (
    build_tag,
    cuda_of,
    is_hedged,
    is_wish,
    says_nothing,
    version_in,
)

NOTHING = Told()

_ALIASES = {
    "pytorch": "torch",
    "torch-cuda": "torch",
    "tf": "tensorflow",
    "pillow-simd": "pillow-simd",
    "opencv": "opencv-python",
    "cv2": "opencv-python",
    "huggingface-hub": "huggingface-hub",
    "sklearn": "scikit-learn",
    "pyyaml": "pyyaml",
    "ort": "onnxruntime",
}
_VIEWED = {
    "torch": "torch",
    "tensorflow": "tensorflow",
    "jax": "jax",
}
_NAME = lazy(r"[A-Za-z0-9](?:[\w.-]{0,80}[A-Za-z0-9])?")
_CUDNN_PATH = lazy(
    r"(?P<path>(?:[A-Za-z]:)?[/\\][^\s,;|]{1,200}?(?:libcudnn\.so\.|cudnn64_"
    r"|libcudnn\.)(?P<version>\d{1,2}(?:\.\d{1,3}){0,3})[^\s,;|]{0,20})"
)
_CONDA_CPU = lazy(r"(?i)\bbuild[\s:=]{1,3}(?P<build>\S{1,60})|\b(?P<tag>(?:cpu|cuda\d{2,3}|py\d\.?\d{1,2})_\w{1,60})")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_COMMA = lazy(r"[/,]|\band\b|;")


def normal_name(name: str) -> str:
    """The normalised name of a distribution: lower case, hyphens."""
    plain = name.strip().strip("'\"`*").lower().replace("_", "-").replace(".", "-")
    return _ALIASES.get(plain, plain)


def yes_or_no(text: str) -> bool | None:
    """``True``, ``yes``; None for everything else."""
    return _YES.get(text.strip().strip("'\"`*.").lower().split(" ")[0] if text.strip() else "")


# ---------------------------------------------------------------- system


def told_system(text: str) -> Told:
    """``Ubuntu 22.04.5 LTS (x86_64)``, ``win10``; a container or a GPU host that it names too."""
    if says_nothing(text):
        return NOTHING
    system = system_in(text)
    container = container_in(text) or None
    if container is not None:  # on a Mac and on Windows it holds a Linux
        inside = system if system is not None and system.family == "linux" else OperatingSystem(family="linux")
        return Told(os=msgspec.structs.replace(inside, container=container), architecture=architecture_in(text))
    is_apple = system is not None and system.family == "macos" and _APPLE_SILICON.search(text) is not None
    return Told(os=system, architecture="arm64" if is_apple else architecture_in(text))


_NEWEST_LINUX = 14
"""No Linux has such a number yet; Darwin's begin with it."""
_APPLE_SILICON = lazy(r"(?i)apple[- ]silicon|\bm[1-5]\b")


def told_platform(text: str) -> Told:
    """``Linux-5.4.0-1069-aws-x86_64-with-glibc2.27``."""
    system, architecture = platform_in(text)
    if system is None:
        return told_system(text)
    return Told(os=system, architecture=architecture)


def told_kernel(text: str) -> Told:
    """``5.15.0-72-generic``; a release of NT or Darwin says which system it is."""
    kernel = text.strip().split(" ")[0].strip("'\"`,")
    if says_nothing(text) or not kernel[:1].isdigit():
        return NOTHING
    if kernel.startswith("10.0."):
        return told_platform(f"Windows-10-{kernel}")
    if kernel[:2].isdigit() and int(kernel[:2]) > _NEWEST_LINUX:
        return Told(os=system_in(f"Darwin {kernel}"))
    return Told(os=OperatingSystem(family="linux", kernel=kernel[:120], wsl=wsl_of_kernel(kernel)))


def told_libc(text: str) -> Told:
    """``glibc-2.35``, ``2.17``, ``musl``."""
    libc = libc_in(text) or libc_in(f"glibc {version_in(text) or ''}")
    if "musl" in text.lower() and (libc is None or libc.family != "musl"):
        from mlenv.facts.system import Libc

        libc = Libc(family="musl", version=version_in(text) or "")
    return Told(os=OperatingSystem(family="linux", libc=libc)) if libc else NOTHING


def told_processor(text: str) -> Told:
    """The model of the processor."""
    return NOTHING if says_nothing(text) else Told(cpu=Cpu(model=" ".join(text.split())[:200]))


def told_memory(text: str) -> Told:
    """The size of the main memory."""
    size = size_in(text)
    return Told(memory=Memory(total_bytes=size)) if size else NOTHING


def told_container(text: str) -> Told:
    """What the report runs in."""
    name = container_in(text)
    if name is None:
        return NOTHING
    return Told(os=OperatingSystem(family="linux", container=name))


# ---------------------------------------------------------------- Python and its packages


def told_python(text: str) -> Told:
    """The interpreter, and that it is conda's where its banner says so."""
    python = python_in(text)
    if python is None:
        return NOTHING
    kind = environment_kind_in(text)
    return Told(python=python, environment=Environment(path="", kind=kind) if kind else None)


def told_package(name: str, text: str) -> Told:
    """An installed package; a range is a wish, and words without a version are a remark."""
    key = normal_name(name)
    if says_nothing(text) or _NAME.fullmatch(key) is None:
        return NOTHING
    version, build = version_in(text, whole=True), build_tag(text.partition("+")[2] or text)
    if is_wish(text) or version is None:
        return told_wish(name, text, build=_conda_build(text) or build)
    local = version.partition("+")[2]
    row = Distribution(name=key, version=version, build=None if local or key != "torch" else build)
    view = _view_of(key, version, build)
    return Told(distributions=(row,), views=(view,) if view else ())


def told_wish(name: str, text: str, *, build: str | None = None) -> Told:
    """A package that somebody wants, and the build that the words name."""
    key = normal_name(name)
    if _NAME.fullmatch(key) is None:
        return NOTHING
    wanted = Wanted(name=key, version=version_in(text), index=_index_in(text))
    view = FrameworkView(framework=key, build=build) if build and key in _VIEWED else None
    return Told(wanted=(wanted,), views=(view,) if view else (), remarks={f"packages.{key}": text[:400]})


def _index_in(text: str) -> str | None:
    """The index that words name: an address, or ``index pytorch-cu126``."""
    match = _INDEX.search(text[:400])
    return match[1] if match else None


_INDEX = lazy(r"(?i)(https?://[^\s,;)'\"]{4,200}|(?<=index )[\w.-]{2,60}|[\w.-]{2,60}(?= index\b))")


def _conda_build(text: str) -> str | None:
    """``cpu`` of a build string of conda such as ``cpu_py38h92724a6_0``."""
    match = _CONDA_CPU.search(text[:400])
    word = (match["build"] or match["tag"]) if match else ""
    if word.startswith("cpu"):
        return "cpu"
    return f"cu{word[4:].split('_')[0]}" if word.startswith("cuda") and word[4:6].isdigit() else None


def _view_of(name: str, version: str, build: str | None) -> FrameworkView | None:
    if name not in _VIEWED:
        return None
    return FrameworkView(framework=_VIEWED[name], version=version, build=build)


def told_distribution(name: str, version: str, **known: str | None) -> Told:
    """An installed package as an installer lists it."""
    key = normal_name(name)
    if _NAME.fullmatch(key) is None or not version[:1].isalnum():
        return NOTHING
    return Told(distributions=(Distribution(name=key, version=version, **known),))  # type: ignore[arg-type]


def told_conda_package(name: str, version: str, build: str | None, channel: str | None) -> Told:
    """A line of ``conda list``; one of the channel ``pypi`` was installed by pip."""
    key = normal_name(name)
    if channel == "pypi" or (build or "").startswith("pypi"):
        return Told(distributions=(Distribution(name=key, version=version, installer="pip"),))
    tag = _conda_build(build or "") if build else None
    row = CondaPackage(name=name.lower(), version=version, build=build, channel=channel)
    mark = _conda_mark(build or "") if key == "torch" else None
    found = Distribution(name=key, version=version, build=mark or tag, installer="conda")
    return Told(conda_packages=(row,), distributions=(found,) if key in _PYTHON_NAMES else ())


_CONDA_MARK = lazy(r"(?:^|_)(?:cuda|cu)(\d{1,2}\.?\d)|(?:^|_)(cpu)(?=_|\d|$|py)")
_PYTHON_NAMES = (
    "torch",
    "torchvision",
    "torchaudio",
    "tensorflow",
    "jax",
    "jaxlib",
    "numpy",
    "onnxruntime",
    "xformers",
)


# py3.10_cuda11.8_cudnn8.7.0_0 ; cpu_py38h92724a6_0 ; cuda118py310h...
def _conda_mark(build: str) -> str | None:
    match = _CONDA_MARK.search(build[:100])
    if match is None:
        return None
    return "cpu" if match[2] else f"cu{match[1].replace('.', '')}"


def told_manager(name: ManagerName, text: str) -> Told:
    """An installer and its version."""
    version = version_in(text)
    return Told(managers=(PackageManager(name=name, path="", version=version),)) if version else NOTHING


# ---------------------------------------------------------------- frameworks


def told_framework(framework: str, text: str) -> Told:
    """A framework that said its version: ``2.4.0+cu121``, ``tf 2.16``, ``v2.4.1-0-g85c8b2a 2.4.1``."""
    told = told_package(framework, text)
    available = _GPU_MARK.search(text[:200])
    if available is None:
        return told
    seen = FrameworkView(framework=normal_name(framework), available=available[1].lower() in ("true", "yes"))
    views = tuple(_with_availability(view, seen) for view in told.views) or (seen,)
    return msgspec.structs.replace(told, views=views)


def _with_availability(view: FrameworkView, seen: FrameworkView) -> FrameworkView:
    return msgspec.structs.replace(view, available=seen.available)


# 2.0.1+cu117 (True) ; 2.12.0 (GPU: yes)
_GPU_MARK = lazy(r"(?i)\((?:gpu\??:? ?)?(true|false|yes|no)\)")


def told_torch_cuda(text: str, *, others: bool = False) -> Told:
    """The CUDA that PyTorch was built with; ``None`` says that it is no CUDA build.

    ``others`` tells that the build is one for another kind of GPU.
    """
    plain = text.strip().lower()
    if plain in ("none", "null", "") and not others:
        return Told(views=(FrameworkView(framework="torch", build=NO_CUDA),))
    version = None if says_nothing(text) else version_in(text)
    if version is None:
        return NOTHING
    cuda = ".".join(version.split(".")[:2])
    return Told(views=(FrameworkView(framework="torch", cuda=cuda),))


NO_CUDA = "cpu"
"""The build that is left where PyTorch says that it was built with no CUDA; others overwrite it."""


def told_torch_rocm(text: str) -> Told:
    """The HIP that PyTorch was built with: ``6.2.41133-dd7f95766`` is that of ROCm 6.2."""
    version = None if says_nothing(text) else version_in(text.replace("-", " "))
    if version is None:
        return NOTHING
    rocm = ".".join(version.split(".")[:2])
    return Told(views=(FrameworkView(framework="torch", rocm=rocm, build=f"rocm{rocm}"),))


def told_torch_xpu(text: str) -> Told:
    """The oneAPI that PyTorch was built with."""
    if says_nothing(text):
        return NOTHING
    return Told(views=(FrameworkView(framework="torch", build="xpu"),), remarks={"torch.xpu": text.strip()[:80]})


def told_available(text: str, framework: str = "torch") -> Told:
    """Whether a framework found an accelerator."""
    found = yes_or_no(text)
    return NOTHING if found is None else Told(views=(FrameworkView(framework=framework, available=found),))


def told_devices(names: tuple[str, ...], framework: str = "torch") -> Told:
    """The devices that a framework listed, which are GPUs of the machine as well."""
    gpus = tuple(gpu for gpu in (gpu_named(name, index=at) for at, name in enumerate(names)) if gpu is not None)
    return Told(gpus=gpus or None, views=(FrameworkView(framework=framework, devices=names),))


# ---------------------------------------------------------------- drivers, toolkits, libraries


def told_driver(text: str) -> Told:
    """The NVIDIA driver: ``535.129.03``, ``470``; its flavour and doubts are left out."""
    version = None if says_nothing(text) else version_in(text, whole=True)
    return Told(nvidia=Nvidia(driver=version)) if version and int(version.split(".")[0]) >= 100 else NOTHING


def told_driver_cuda(text: str) -> Told:
    """The newest CUDA that the driver offers (nvidia-smi's corner); a doubtful one is a remark."""
    version = None if says_nothing(text) else version_in(text)
    if version is None:
        return NOTHING
    return Told(remarks={"driver_cuda": text[:200]}) if is_hedged(text) else Told(nvidia=Nvidia(cuda=version))


def told_toolkit(text: str) -> Told:
    """The CUDA toolkit of nvcc; ``Build cuda_12.4.r12.4``, ``V12.4.131``, a path that names it."""
    if says_nothing(text):
        return NOTHING
    version = version_in(text.replace("cuda-", "cuda ").replace("cuda_", " ").replace("V", " "))
    if version is None and (whole := version_in(text, whole=True)) is not None:
        version = whole
    if version is None or not 5 <= int(version.split(".")[0]) <= 30:
        return NOTHING
    path = _TOOLKIT_PATH.search(text[:400])
    return Told(
        toolkit=version,
        cuda_toolkits=(CudaToolkit(version=version, path=path[0].rstrip(")'\"")),) if path else (),
    )


_TOOLKIT_PATH = lazy(r"(?:[A-Za-z]:)?[/\\][\w./\\ +-]{0,160}[Cc][Uu][Dd][Aa][\w./\\+-]{0,80}")


def told_cudnn(text: str) -> Told:
    """A cuDNN of the system: a version, or the paths of its files."""
    paths = tuple(
        Library(name="cudnn", path=match["path"], version=match["version"])
        for match in _CUDNN_PATH.finditer(text[:4000])
    )
    if paths:
        return Told(libraries=paths[:1])
    version = None if says_nothing(text) else version_in(text, whole=True)
    if version is None:
        return NOTHING
    version = _packed_cudnn(version)
    if "loaded" in text.lower():
        return Told(loaded={"cudnn": version})
    return Told(libraries=(Library(name="cudnn", path="", version=version),))


def _packed_cudnn(version: str) -> str:
    """``8902`` and ``90100``, as the library counts, with dots; others as they are."""
    if not version.isdigit() or len(version) < 4:
        return version
    number = int(version)
    large = number >= 90000
    major, minor = (number // 10000, number // 100 % 100) if large else (number // 1000, number // 100 % 10)
    return f"{major}.{minor}.{number % 100}"


def told_cuda_and_cudnn(text: str) -> Told:
    """``11.2/8.1``, ``CUDA 12.3, cuDNN 8.9.7``, ``cuda-11.2``: the toolkit first, unless the words say otherwise."""
    parts = [part for part in _COMMA.split(text[:300]) if not says_nothing(part)]
    cudnn = next(
        (part for part in parts if "cudnn" in part.lower() and version_in(_after_cudnn(part), whole=True)), None
    )
    rest = [part for part in parts if part is not cudnn]
    toolkit = next((part for part in rest if version_in(part.replace("-", " "), whole=True)), None)
    if cudnn is None:
        later = rest[rest.index(toolkit) + 1 :] if toolkit is not None else []
        cudnn = next((part for part in later if version_in(part, whole=True)), None)
    toolkit_told = told_toolkit(toolkit.replace("-", " ")) if toolkit else NOTHING
    cudnn_told = told_cudnn(_after_cudnn(cudnn)) if cudnn else NOTHING
    return msgspec.structs.replace(toolkit_told, libraries=cudnn_told.libraries, loaded=cudnn_told.loaded)


def _after_cudnn(text: str) -> str:
    at = text.lower().rfind("cudnn")
    return text[at + 5 :].replace("-", " ") if at >= 0 else text


def told_hip(text: str) -> Told:
    """The HIP runtime that runs under PyTorch."""
    version = None if says_nothing(text) else version_in(text)
    return Told(loaded={"hip": version}) if version else NOTHING


def told_rocm(text: str) -> Told:
    """The ROCm of the system."""
    version = None if says_nothing(text) else version_in(text.replace("-", " "))
    return Told(rocm=Rocm(version=version)) if version else NOTHING


def told_gpus(text: str) -> Told:
    """GPUs in the words of people, and the driver that they often add."""
    if says_nothing(text):
        return NOTHING
    driver = _DRIVER.search(text[:400])
    return Told(
        gpus=gpus_in(text) or None,
        nvidia=Nvidia(driver=driver[1]) if driver else None,
    )


_DRIVER = lazy(r"(?i)(?:driver(?: version)?|nvidia-smi)[\s:=v]{1,4}(\d{3}\.\d{1,3}(?:\.\d{1,2})?)")


def told_variable(name: str, value: str) -> Told:
    """An environment variable."""
    return Told(variables=(Variable(name=name, value=value),))


def told_fabric_manager(text: str, *, version: str | None = None) -> Told:
    """The fabric manager in the words of systemd."""
    lowered = text.lower()
    stopped = any(word in lowered for word in ("inactive", "failed", "dead", "not running", "stopped", "missing"))
    running = False if stopped else (True if "active" in lowered or "running" in lowered else None)
    return Told(nvidia=Nvidia(fabric_manager=FabricManager(version=version, running=running)))


def cuda_of_tag(tag: str) -> str | None:
    """``12.1`` of ``cu121``."""
    return cuda_of(tag)
