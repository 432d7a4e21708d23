"""What was told, as a Machine, an Environment and a Report."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.hardware import Cpu, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.reading import Reading
from mlenv.facts.report import FrameworkView, Report
from mlenv.facts.system import Architecture, OperatingSystem
from mlenv.intake.forms.form import Told
from mlenv.intake.guesses import guess_architecture, guess_family
from mlenv.intake.words.versions import cuda_of

UNNAMED = "ENV"
"""The path of an environment whose place nobody told; commands show it as the place to fill in."""

# Fields of what was told and the subject under which their source is kept.
_SUBJECTS: tuple[tuple[str, str], ...] = (
    ("os", "os"),
    ("architecture", "architecture"),
    ("cpu", "cpu"),
    ("memory", "memory"),
    ("disks", "disk"),
    ("gpus", "gpu"),
    ("nvidia", "nvidia"),
    ("rocm", "rocm"),
    ("cuda_toolkits", "cuda_toolkits"),
    ("python", "python"),
    ("managers", "managers"),
    ("variables", "variables"),
    ("account", "account"),
    ("containers", "containers"),
    ("kernel_modules", "kernel_modules"),
    ("dkms", "dkms"),
    ("device_nodes", "device_nodes"),
    ("kernel_events", "kernel_events"),
    ("libraries", "libraries"),
    ("distributions", "environment"),
    ("views", "frameworks"),
)


def make_machine(told: Told, sources: Iterable[tuple[str, Told]], text: str) -> Machine:
    """The machine; ``sources`` are the names of the sections with what each tells, ``text`` all that was given.

    The family of the system is taken from the text's own signs (paths, names of files) where nobody
    states it, and Linux where there are none.
    """
    system = told.os or OperatingSystem(family=guess_family(text))
    architecture = told.architecture or guess_architecture(told, system, text)
    return Machine(
        os=_settle_system(system, told),
        architecture=_settle_architecture(architecture, system, told),
        cpu=told.cpu or Cpu(),
        memory=told.memory or Memory(),
        disks=told.disks,
        gpus=told.gpus,
        nvidia=told.nvidia,
        rocm=told.rocm,
        cuda_toolkits=told.cuda_toolkits,
        pythons=(_settle_python(told.python, told),) if told.python else None,
        managers=told.managers or None,
        variables=told.variables,
        model=told.model,
        account=told.account,
        containers=told.containers,
        kernel_modules=told.kernel_modules,
        dkms=told.dkms,
        device_nodes=told.device_nodes,
        kernel_events=told.kernel_events,
        libraries=told.libraries,
        limits=told.limits,
        jetson=told.jetson,
        readings=tuple(_readings(told, sources)),
    )


def _settle_system(system: OperatingSystem, told: Told) -> OperatingSystem:
    if system.family != "macos" or not _is_apple_silicon(told):
        return system
    translated = told.python is not None and _settle_python(told.python, told).architecture == "x86_64"
    return msgspec.structs.replace(system, rosetta=True) if translated else system


def _settle_architecture(architecture: Architecture | None, system: OperatingSystem, told: Told) -> Architecture | None:
    if system.family == "macos":
        if _is_apple_silicon(told):
            return "arm64"
        return "arm64" if architecture == "aarch64" else architecture
    return "aarch64" if architecture == "arm64" else architecture


def _is_apple_silicon(told: Told) -> bool:
    words = f"{told.cpu.model if told.cpu else ''} {told.model or ''}".lower()
    named = "apple" in words and "intel" not in words
    is_mac = told.os is not None and told.os.family == "macos"
    chip = any(f" m{number}" in f" {words}" for number in range(1, 6))
    return named or chip or _has_apple_gpu(told) or (is_mac and told.architecture == "arm64")


def _has_apple_gpu(told: Told) -> bool:
    return any(gpu.vendor == "apple" for gpu in told.gpus or ())


def _settle_python(python: PythonInterpreter, told: Told) -> PythonInterpreter:
    if python.architecture is None and told.architecture == "x86_64" and _is_apple_silicon(told):
        return msgspec.structs.replace(python, architecture="x86_64")
    return python


def _readings(told: Told, sources: Iterable[tuple[str, Told]]) -> Iterable[Reading]:
    named = list(sources)
    for field, subject in _SUBJECTS:
        origins = [name for name, section in named if _is_told(getattr(section, field))]
        if origins:
            yield Reading(id=subject, source=", ".join(dict.fromkeys(origins)), outcome="found")
        else:
            yield Reading(id=subject, source="report", outcome="not_asked", detail="the report does not state it")
    if told.os is not None and told.os.libc is not None:
        origin = next((name for name, part in named if part.os is not None and part.os.libc is not None), "report")
        yield Reading(id="libc", source=origin, outcome="found")


def _is_told(value: object) -> bool:
    return value is not None and value != ()


def make_environment(told: Told, views: tuple[FrameworkView, ...]) -> Environment | None:
    """The environment, with the packages that were told; None where nothing of it was."""
    stated = told.environment
    distributions = _with_builds(_with_frameworks(told.distributions, views), views)
    if stated is None and not distributions and not told.conda_packages and not told.user_site:
        return None
    environment = stated or Environment(path="")
    python = told.python
    return msgspec.structs.replace(
        environment,
        path=environment.path or UNNAMED,
        python=environment.python or (_python_word(python) if python else None),
        bits=environment.bits or (python.bits if python else None),
        architecture=environment.architecture or (python.architecture if python else None),
        distributions=distributions,
        conda_packages=told.conda_packages or environment.conda_packages,
    )


def _python_word(python: PythonInterpreter) -> str:
    free = python.free_threaded and not python.version.endswith("t")
    return f"{python.version}t" if free else python.version


def _with_frameworks(
    distributions: tuple[Distribution, ...], views: tuple[FrameworkView, ...]
) -> tuple[Distribution, ...]:
    """The packages with the frameworks that told their version by running."""
    names = {row.name for row in distributions}
    own = {"tensorflow": ("tensorflow-cpu", "tensorflow-macos", "tensorflow-gpu", "tf-nightly", "tensorflow-rocm")}
    told = [
        Distribution(name=view.framework, version=view.version)
        for view in views
        if view.version and not names & {view.framework, *own.get(view.framework, ())}
    ]
    return (*distributions, *told)


def _with_builds(distributions: tuple[Distribution, ...], views: tuple[FrameworkView, ...]) -> tuple[Distribution, ...]:
    builds = {view.framework: view for view in views}
    return tuple(_with_build(row, builds[row.name]) if row.name in builds else row for row in distributions)


def _with_build(row: Distribution, view: FrameworkView) -> Distribution:
    if view.version and row.version == view.version.split("+")[0] and "+" in view.version:
        row = msgspec.structs.replace(row, version=view.version)
    known = row.build or "+" in row.version or view.build is None
    return row if known else msgspec.structs.replace(row, build=view.build)


def settle_views(told: Told) -> tuple[FrameworkView, ...]:
    """The views with what their versions' local parts tell; PyTorch's version also gives its view."""
    views = {view.framework: view for view in told.views}
    torch = next((row for row in told.distributions if row.name == "torch"), None)
    if torch is not None and torch.version:
        view = views.get("torch", FrameworkView(framework="torch"))
        full = torch.version if "+" in torch.version else (view.version or torch.version)
        views["torch"] = msgspec.structs.replace(view, version=full, build=view.build or torch.build)
    return tuple(_settle_view(view) for view in views.values())


def _settle_view(view: FrameworkView) -> FrameworkView:
    tag = (view.version or "").partition("+")[2].split(".")[0]
    local = (view.version or "").partition("+")[2]
    if local.startswith("rocm"):
        tag = ".".join(local.split(".")[:2])
    is_tag = tag.startswith(("cu", "rocm", "xpu", "cpu"))
    build = tag if is_tag and not (view.build or "").startswith(tag) else view.build
    if build is None and view.cuda:
        build = "cu" + "".join(view.cuda.split(".")[:2])
    if build is None and view.rocm:
        build = "rocm" + ".".join(view.rocm.split(".")[:2])
    cuda = view.cuda or (cuda_of(build) if build else None)
    rocm = view.rocm or (build.removeprefix("rocm") if build and build.startswith("rocm") else None)
    return msgspec.structs.replace(view, build=build, cuda=cuda, rocm=rocm or None)


def make_report(
    told: Told, views: tuple[FrameworkView, ...], *, text: str, symptom: str, forms: tuple[str, ...]
) -> Report:
    """What was reported beside the facts."""
    return Report(
        symptom=symptom,
        text=text,
        forms=forms,
        views=views,
        wanted=told.wanted,
        user_site=told.user_site,
        missing_nodes=told.missing_nodes,
        toolkit=told.toolkit,
        loaded=told.loaded,
        system_packages=told.system_packages,
        remarks=told.remarks,
    )
