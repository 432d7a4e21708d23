"""Facts in a JSON object, as people and scripts write them down: any key may lack, any value be odd."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from mlenv.facts.drivers import Nvidia, Rocm
from mlenv.facts.environment import Distribution, Environment, Shadow
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Disk, DiskPurpose
from mlenv.facts.pattern import LazyPattern, lazy
from mlenv.facts.report import FrameworkView
from mlenv.facts.system import Account, DkmsModule, KernelModule, OperatingSystem
from mlenv.intake import fields
from mlenv.intake.forms.form import Told
from mlenv.intake.merging import merge_told
from mlenv.intake.words.gpus import MOST, gpu_named, gpus_in, mig_instances_in
from mlenv.intake.words.sizes import as_bytes, size_in
from mlenv.intake.words.systems import architecture_of, container_in
from mlenv.intake.words.versions import is_wish, says_nothing, version_in

LONGEST = 4000
"""Characters of one value that are kept."""


def read_observed(observed: object) -> Told:
    """What the object states; keys that are not known are kept as remarks."""
    if isinstance(observed, str):
        return Told(remarks={"observed": observed[:LONGEST]})
    if not isinstance(observed, Mapping):
        return Told()
    values = {str(key): value for key, value in list(observed.items())[:500] if key != "note"}
    return merge_told(_tell(values))


def _tell(values: dict[str, object]) -> Iterator[Told]:
    if values.get("python") is not None:
        yield fields.told_python(f"{text_of(values['python'])} {text_of(values.get('python_arch'))}")
    for key, value in values.items():
        reader = _READERS.get(key.strip().lower())
        if reader is not None:
            yield reader(value)
        if _is_words(key, value):
            yield Told(remarks={key: text_of(value)[:LONGEST]})
    yield _judge_builds(values)


def text_of(value: object) -> str:
    """A value of any type in words: lists by lines, pairs as ``key: value``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_short(item)}" for key, item in list(value.items())[:500])
    if isinstance(value, (list, tuple)):
        return "\n".join(_short(item) for item in value[:500])
    return str(value)[:LONGEST]


def _short(value: object) -> str:
    return ", ".join(text_of(value).split("\n"))[:LONGEST]


# Keys whose values are facts and no words: as text they would only repeat what is known.
_FACTS = {
    "packages", "gpus", "torch_cuda_build", "cuda_available", "xpu_available", "arch", "conda_packages",
    "torch_rocm_build", "driver", "driver_cuda", "wsl", "secure_boot", "python", "glibc", "kernel", "python_arch",
    "packages_requested", "packages_wanted", "packages_user_site",
}  # fmt: skip


def _is_words(key: str, value: object) -> bool:
    """Whether a value says more than its fact: a key of free words, or a fact with a remark."""
    if value is None or value in ("", [], {}):
        return False
    if key not in _FACTS:
        return True
    return isinstance(value, str) and " " in value.strip()


def _items(value: object) -> Iterable[object]:
    """The entries of a list, of an object, or of a text with commas or lines."""
    if isinstance(value, Mapping):
        return [f"{key}: {text_of(item)}" for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return value
    return [part.strip() for part in text_of(value).replace("\n", ",").split(",") if part.strip()]


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    """Names and what is said of them, of an object or of ``name==version`` and ``name version`` in a list."""
    if isinstance(value, Mapping):
        for key, item in list(value.items())[:2000]:
            yield str(key), text_of(item) if item is not None else ""
        return
    for item in list(_items(value))[:2000]:
        match = _PAIR.match(text_of(item).strip())
        if match is not None:
            yield match["name"], match["rest"].strip()


_PAIR = lazy(r"(?P<name>[A-Za-z0-9][\w.-]{0,80}(?:\[[\w,-]{0,80}\])?)\s{0,4}(?:==|:|=|\s)?\s{0,4}(?P<rest>.{0,400})")


# ---------------------------------------------------------------- readers of the keys


def _by_text(read: Callable[[str], Told]) -> Callable[[object], Told]:
    return lambda value: Told() if value is None else read(text_of(value))


def _packages(value: object) -> Told:
    return merge_told(fields.told_package(name.partition("[")[0], text) for name, text in _pairs(value))


def _wanted(value: object) -> Told:
    return merge_told(_wish(name.partition("[")[0], text) for name, text in _pairs(value))


def _wish(name: str, text: str) -> Told:
    return fields.told_wish(name, text)


def _user_site(value: object) -> Told:
    found = []
    for name, text in _pairs(value):
        version = None if is_wish(text) else version_in(text, whole=True)
        path = _PATH.search(text)
        found.append(Distribution(name=fields.normal_name(name), version=version or "", path=path[0] if path else None))
    return Told(user_site=tuple(found))


_PATH = lazy(r"(?:~|[A-Za-z]:)?[/\\][^\s,;]{1,300}")


def _gpus(value: object) -> Told:
    if value is None:
        return Told()
    found: list[Gpu] = []
    rows = value if isinstance(value, (list, tuple)) else [value]
    for row in rows[:MOST]:
        found += _gpu_row(row, len(found))
    return Told(gpus=tuple(found[:MOST]) if found or rows == [] or rows == () else None)


def _gpu_row(row: object, index: int) -> list[Gpu]:
    if not isinstance(row, Mapping):
        return [msgspec.structs.replace(gpu, index=index + at) for at, gpu in enumerate(gpus_in(text_of(row)))]
    name = text_of(row.get("name") or row.get("model") or "")
    known = _gpu_facts(row)
    count = row.get("count")
    named = gpus_in(name)[:1] if not _COUNTED.search(name) else gpus_in(name)
    gpus = list(named) or [gpu for gpu in (gpu_named(name),) if gpu is not None]
    if isinstance(count, int) and 1 < count <= MOST and len(gpus) == 1:
        gpus = gpus * count
    return [
        msgspec.structs.replace(gpu, index=index + at, **{key: item for key, item in known.items() if item is not None})
        for at, gpu in enumerate(gpus)
    ]


_COUNTED = lazy(r"(?i)\b\d{1,2} ?[x*] |[x*] ?\d{1,2}\b")


def _gpu_facts(row: Mapping[object, object]) -> dict[str, object]:
    capability = version_in(text_of(row.get("compute_capability") or row.get("capability") or "").replace("sm_", ""))
    memory = text_of(row.get("vram") or row.get("memory") or "")
    gfx = _GFX.search(text_of(row.get("gfx")) or text_of(row.get("arch")))
    mig = row.get("mig")
    instances = mig_instances_in(text_of(mig)) if mig else ()
    return {
        "compute_capability": capability,
        "memory_bytes": size_in(memory),
        "gfx": gfx[0] if gfx else None,
        "mig": _mig_mode(mig),
        "mig_instances": instances or (() if mig and _NO_INSTANCE.search(text_of(mig)) else None),
        "uuid": text_of(row.get("uuid")) or None,
        "driver": text_of(row.get("kernel_driver")) or None,
    }


_GFX = lazy(r"gfx[0-9a-f]{3,5}")


def _mig_mode(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    lowered = text_of(value).lower()
    if _MIG_OFF.search(lowered):
        return False
    return True if lowered and not says_nothing(lowered) else None


_MIG_OFF = lazy(r"\b(?:disabled|off|false)\b|^\s{0,9}(?:no|none|not in use)\b(?! (?:\w{1,12} )?instance)")
_NO_INSTANCE = lazy(r"(?i)\b(?:no|without|zero|0) (?:\w{1,12} ){0,2}instances?\b")


def _mig_modes(value: object) -> Told:
    """``{"gpu0": "disabled", "gpu1": "enabled"}``; only NVIDIA's GPUs have MIG."""
    rows = []
    for name, text in _pairs(value):
        number = _INDEX.search(name)
        if number is not None:
            rows.append(Gpu(vendor="nvidia", index=int(number[0]), mig=_mig_mode(text)))
    return Told(gpus=tuple(rows[:MOST]) or None)


_INDEX = lazy(r"\d{1,2}")


def _variables(value: object) -> Told:
    return merge_told(_variable(name, text) for name, text in _pairs(value)) if value else Told()


def _variable(name: str, text: str) -> Told:
    if name.upper() in ("CONDA", "VENV", "VIRTUALENV"):
        yes = text.strip().lower() not in ("no", "false", "")
        conda = "conda" if name.upper() == "CONDA" else "venv"
        return Told(environment=Environment(path="", kind=conda)) if yes else Told()  # type: ignore[arg-type]
    if _UNSET.fullmatch(text):
        return Told(remarks={f"env.{name}": text})
    plain = "" if _EMPTY.fullmatch(text) else _REMARK.sub("", text)
    remark = {f"env.{name}": text} if plain != text else {}
    told = fields.told_variable(name, plain)
    return msgspec.structs.replace(told, remarks=remark)


_UNSET = lazy(r"(?i)\s{0,9}(?:<?not set>?|unset|undefined)\s{0,9}")
_EMPTY = lazy(r"(?i)(?:set(?: to)?(?: an?| the)? )?['\"]{0,2}(?:\(?empty(?: string)?\)?)?['\"]{0,2}")
_REMARK = lazy(r"(?<=\S) \((?:set|in|as|by|from|reported|default|exported|value|inside|on)[^()]{0,200}\)$")


def _loaded(value: object) -> Told:
    rows = {name.lower(): text for name, text in _pairs(value) if text}
    libraries = {name: version_in(text, whole=True) or text for name, text in rows.items()}
    return Told(loaded=libraries, remarks={f"loaded.{name}": text for name, text in rows.items()})


def _system_packages(value: object) -> Told:
    rows = {}
    for name, text in _pairs(value):
        plain = name.partition(":")[0]
        rest = text.split()
        rows[plain] = next((part for part in rest if part[0].isdigit()), "")
    return Told(system_packages=rows)


# nvidia/535.113.01, 5.15.0-86-generic, x86_64: installed ; nvidia/550.54: added
_DKMS = lazy(
    r"(?P<name>[\w-]{2,40})[/,]\s?(?P<version>\d[\w.+~-]{1,40})(?:,\s?(?P<kernel>\d[\w.+~-]{2,80}))?(?:,\s?\w{1,10})?"
    r"\s?(?::\s?(?P<state>\w{3,20}))?"
)


def _dkms(value: object) -> Told:
    rows = value if isinstance(value, (list, tuple)) else text_of(value).split("\n")
    found = [match for match in (_DKMS.search(text_of(row)) for row in rows[:200]) if match is not None]
    return Told(dkms=tuple(DkmsModule(**match.groupdict()) for match in found) or None)


def _modules(value: object) -> Told:
    found = tuple(
        KernelModule(name=match["name"].replace("-", "_"), version=version_in(match["rest"]))
        for match in (_PAIR.match(text_of(item).strip()) for item in _items(value))
        if match is not None
    )
    return Told(kernel_modules=found or None)


def _kernel_module(value: object) -> Told:
    version = version_in(text_of(value))
    return Told(nvidia=Nvidia(kernel_module=version)) if version else Told()


def _services(value: object) -> Told:
    for name, text in _pairs(value):
        if "fabric" in name.lower():
            return fields.told_fabric_manager(text, version=version_in(text))
    return Told()


def _missing_nodes(value: object) -> Told:
    found = [match[0] for item in _items(value) for match in _NODE.finditer(text_of(item))]
    return Told(missing_nodes=tuple(dict.fromkeys(found)))


_NODE = lazy(r"/dev/[\w/.*-]{1,80}")


def _groups(value: object) -> Told:
    words = text_of(value).replace("\n", " ").replace(",", " ")
    plain = _INSIDE.sub(" ", words).split(":")[-1].split()
    return Told(account=Account(groups=tuple(dict.fromkeys(plain[:100])))) if plain else Told()


_INSIDE = lazy(r"\([^()]{0,200}\)")

_SHARED = "/dev/shm"  # noqa: S108 - a place that a report names
_PLACES: tuple[tuple[str, DiskPurpose], ...] = (
    (_SHARED, "shared-memory"),
    ("/tmp", "temporary"),  # noqa: S108
    ("temp", "temporary"),
    ("cache", "cache"),
)
_FREE = lazy(
    r"(?i)(?P<before>\d{1,6}(?:[.,]\d{1,3})?)\s?(?P<unit>[KMGT])i?B?\s(?:is |are |of )?(?:free|available|avail|left)\b"
    r"|\b(?:free|available|avail|left)[\s:=]{1,4}(?P<after>\d{1,6}(?:[.,]\d{1,3})?)\s?(?P<unit2>[KMGT])"
)
_TOTAL = lazy(
    r"(?i)(?P<before>\d{1,6}(?:[.,]\d{1,3})?)\s?(?P<unit>[KMGT])i?B?\s(?:in )?(?:total|size|tmpfs|partition|disk)\b"
    r"|\b(?:total|size)[\s:=]{1,4}(?P<after>\d{1,6}(?:[.,]\d{1,3})?)\s?(?P<unit2>[KMGT])"
)


def _disk(value: object) -> Told:
    """Sizes that are stated as free or total; a size in other words says nothing of that."""
    return Told(disks=tuple(_disks_in(text_of(value))))


def _shm(value: object) -> Told:
    text = text_of(value)
    found = list(_disks_in(f"{_SHARED} {text}"))
    alone = size_in(text)
    if not found and alone is not None:
        found = [Disk(purpose="shared-memory", path=_SHARED, total_bytes=alone)]
    return Told(disks=tuple(found))


def _disks_in(text: str) -> Iterator[Disk]:
    for part in _SENTENCE.split(text[:LONGEST]):
        free, total = _amount(_FREE, part), _amount(_TOTAL, part)
        if free is None and total is None:
            continue
        purpose = next((purpose for word, purpose in _PLACES if word in part.lower()), None)
        path = _PATH.search(part)
        yield Disk(purpose=purpose or "environment", path=path[0] if path else ".", free_bytes=free, total_bytes=total)


_SENTENCE = lazy(r"[;\n]|\. ")


def _amount(pattern: LazyPattern, text: str) -> int | None:
    match = pattern.search(text)
    if match is None:
        return None
    return as_bytes(match["before"] or match["after"], match["unit"] or match["unit2"])


def _local_file(value: object) -> Told:
    match = _MODULE.search(text_of(value))
    if match is None:
        return Told()
    shadow = Shadow(module=match["module"], path=match[0], found="working-directory")
    return Told(environment=Environment(path="", shadows=(shadow,)))


_MODULE = lazy(r"(?:[\w.~-]{0,60}[/\\]){0,12}(?P<module>[A-Za-z_]\w{0,60})(?:\.py\b|[/\\]__init__\.py)")


def _arch_list(value: object) -> Told:
    found = tuple(dict.fromkeys(match[0] for match in _TARGET.finditer(text_of(value))))
    return Told(views=(FrameworkView(framework="torch", architectures=found),)) if found else Told()


_TARGET = lazy(r"(?:sm|compute)_\d{2,3}[af]?|gfx[0-9a-f]{3,5}")


def _architecture(value: object) -> Told:
    return Told(architecture=architecture_of(text_of(value).split(" ")[0]))


def _is_true(value: object) -> bool | None:
    return value if isinstance(value, bool) else fields.yes_or_no(text_of(value))


def _wsl(value: object) -> Told:
    number = version_in(text_of(value), whole=True)
    inside = bool(number) or _is_true(value)
    if inside is None:
        inside = "wsl" in text_of(value).lower()
    if not inside:
        return Told(os=OperatingSystem(family="linux", wsl=0)) if value is False else Told()
    return Told(os=OperatingSystem(family="linux", wsl=1 if number == "1" else 2))


def _container(value: object) -> Told:
    """The key itself says that it is one, whatever its words; unless they say that there is none."""
    text = text_of(value)
    if value is None or not text:
        return Told()
    name = "" if value is False else ("container" if value is True else container_in(text))
    return Told(os=OperatingSystem(family="linux", container="container" if name is None else name))


def _secure_boot(value: object) -> Told:
    text = text_of(value).lower()
    state = _is_true(value)
    if state is None and text:
        state = "enabled" in text or text.startswith("on")
    return Told() if state is None else Told(os=OperatingSystem(family="linux", secure_boot=state))


def _cuinit(value: object) -> Told:
    match = _CUDA_ERROR.search(text_of(value))
    return Told(nvidia=Nvidia(cuda_init=match[0])) if match else Told()


_CUDA_ERROR = lazy(r"CUDA_ERROR_[A-Z_]{3,60}")


def _built_with_cuda(value: object) -> Told:
    found = _is_true(value)
    if found is None:
        return Told()
    return Told(views=(FrameworkView(framework="tensorflow", build=None if found else "cpu"),))


def _cpu(value: object) -> Told:
    text = text_of(value)
    words = [row for row in text.split("\n") if row]
    return Told(cpu=Cpu(model=words[0][:200])) if words and not says_nothing(words[0]) else Told()


def _flags(value: object) -> Told:
    words = tuple(dict.fromkeys(text_of(value).replace(",", " ").lower().split()))
    return Told(cpu=Cpu(flags=words)) if len(words) > 5 else Told()


def _model(value: object) -> Told:
    text = text_of(value)
    return Told(model=text[:200]) if text else Told()


def _rocm(value: object) -> Told:
    version = version_in(text_of(value))
    return Told(rocm=Rocm(version=version)) if version else Told()


def _judge_builds(values: dict[str, object]) -> Told:
    """PyTorch's build where the keys state that it has no CUDA: that of another GPU, or the CPU's; unknown on a Mac."""
    if "torch_cuda_build" not in values or values["torch_cuda_build"] is not None:
        return Told()
    if values.get("torch_rocm_build") or values.get("torch_xpu_build") or values.get("xpu_available"):
        return Told()
    packages = values.get("packages")
    if isinstance(packages, Mapping) and "+" in text_of(packages.get("torch")):
        return Told()
    names = f"{text_of(values.get('os'))} {text_of(values.get('platform'))}".lower()
    if not names.strip() or "mac" in names or "darwin" in names or values.get("cuda_available") is not False:
        return Told()
    return Told(views=(FrameworkView(framework="torch", build="cpu"),))


_READERS: dict[str, Callable[[object], Told]] = {
    "os": _by_text(fields.told_system),
    "platform": _by_text(fields.told_platform),
    "kernel": _by_text(fields.told_kernel),
    "glibc": _by_text(fields.told_libc),
    "libc": _by_text(fields.told_libc),
    "arch": _architecture,
    "packages": _packages,
    "packages_requested": _wanted,
    "packages_wanted": _wanted,
    "packages_user_site": _user_site,
    "conda_packages": _packages,
    "torch_cuda_build": _by_text(lambda text: fields.told_torch_cuda(text, others=True)),
    "torch_rocm_build": _by_text(fields.told_torch_rocm),
    "torch_xpu_build": _by_text(fields.told_torch_xpu),
    "cuda_toolkit": _by_text(fields.told_toolkit),
    "nvcc": _by_text(fields.told_toolkit),
    "cudnn": _by_text(fields.told_cudnn),
    "driver": _by_text(fields.told_driver),
    "driver_cuda": _by_text(fields.told_driver_cuda),
    "kernel_module": _kernel_module,
    "gpus": _gpus,
    "gpu": _gpus,
    "mig_mode": _mig_modes,
    "arch_list": _arch_list,
    "cuda_available": _by_text(fields.told_available),
    "xpu_available": lambda value: fields.told_available("true") if value is True else Told(),
    "mps_available": lambda value: fields.told_available("true") if value is True else Told(),
    "env": _variables,
    "loaded": _loaded,
    "container": _container,
    "wsl": _wsl,
    "secure_boot": _secure_boot,
    "device_nodes_missing": _missing_nodes,
    "services": _services,
    "dkms": _dkms,
    "dpkg": _system_packages,
    "rpm": _system_packages,
    "driver_packages": _system_packages,
    "system_packages": _system_packages,
    "modules_loaded": _modules,
    "kernel_modules": _modules,
    "groups": _groups,
    "disk": _disk,
    "shm": _shm,
    "cpu": _cpu,
    "cpu_flags": _flags,
    "machine": _model,
    "memory": _by_text(fields.told_memory),
    "ram": _by_text(fields.told_memory),
    "hip_runtime": _by_text(fields.told_hip),
    "rocm": _rocm,
    "local_file": _local_file,
    "cuinit_error": _cuinit,
    "is_built_with_cuda": _built_with_cuda,
    "pip": _by_text(lambda text: fields.told_manager("pip", text)),
    "uv": _by_text(lambda text: fields.told_manager("uv", text)),
    "conda": _by_text(lambda text: fields.told_manager("conda", text)),
}
