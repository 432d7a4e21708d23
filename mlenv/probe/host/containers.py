"""What this host has to give GPUs to containers: engines, NVIDIA's toolkit and CDI files."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from mlenv.facts.pattern import LazyPattern, lazy
from mlenv.facts.system import ContainerEngine, Containers
from mlenv.probe.host.container import read_container
from mlenv.probe.log import Log, names_in
from mlenv.probe.paths import join
from mlenv.system.host import Host

TOOLKIT_PROGRAMS = ("/usr/bin/nvidia-ctk", "/usr/bin/nvidia-container-cli", "/usr/bin/nvidia-container-runtime")
TOOLKIT_LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/libnvidia-container.so.1",
    "/usr/lib/aarch64-linux-gnu/libnvidia-container.so.1",
    "/usr/lib64/libnvidia-container.so.1",
    "/usr/lib/libnvidia-container.so.1",
)
CDI_FOLDERS, CDI_ENDINGS = ("/etc/cdi", "/var/run/cdi"), (".json", ".yaml", ".yml")
CONTAINERD_FILES = ("/etc/containerd/config.toml", "/var/lib/rancher/k3s/agent/etc/containerd/config.toml")
CONTAINERD_PARTS = "/etc/containerd/conf.d"
CRIO_FILE, CRIO_PARTS = "/etc/crio/crio.conf", "/etc/crio/crio.conf.d"
DOCKER_FILES = ("/etc/docker/daemon.json", "/var/snap/docker/current/config/daemon.json")
PODMAN_FILES = ("/usr/share/containers/containers.conf", "/etc/containers/containers.conf")
DOCKER_PROGRAMS = ("/usr/bin/dockerd", "/usr/bin/docker", "/snap/bin/docker")
PROGRAMS = {
    "podman": "/usr/bin/podman",
    "containerd": "/usr/bin/containerd",
    "cri-o": "/usr/bin/crio",
    "apptainer": "/usr/bin/apptainer",
    "singularity": "/usr/bin/singularity",
    "enroot": "/usr/bin/enroot",
}

_LIBRARY_VERSION = lazy(r"\.so\.(\d+\.\d+[\w.~-]*)$", re.ASCII)
# > [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
_CONTAINERD_RUNTIME = lazy(r"""^[ \t]*\[[^\]\n]*\bruntimes\.["']?nvidia["']?\]""", re.MULTILINE)
_CONTAINERD_DEFAULT = lazy(r"""^[ \t]*default_runtime_name[ \t]*=[ \t]*["']([\w.-]+)["']""", re.MULTILINE)
_CRIO_RUNTIME = lazy(r"""^[ \t]*\[crio\.runtime\.runtimes\.["']?nvidia["']?\]""", re.MULTILINE)
_CRIO_DEFAULT = lazy(r"""^[ \t]*default_runtime[ \t]*=[ \t]*["']([\w.-]+)["']""", re.MULTILINE)
_PODMAN_RUNTIME = lazy(r"""^[ \t]*["']?nvidia["']?[ \t]*=[ \t]*\[""", re.MULTILINE)
_PODMAN_DEFAULT = lazy(r"""^[ \t]*runtime[ \t]*=[ \t]*["']([\w./-]+)["']""", re.MULTILINE)


def read_containers(host: Host, log: Log) -> Containers | None:
    """The engines of this host; None inside a container and on other systems, where nobody looked."""
    if host.identity.system != "linux":
        log.not_asked("containers", "/usr/bin", "only Linux shows it")
        return None
    if read_container(host, Log()):
        log.not_asked("containers", "/usr/bin", "this is a container itself")
        return None
    engines = _read_engines(host, log)
    note = log.found if engines else log.absent
    note("containers", "/usr/bin", ", ".join(engine.name for engine in engines))
    return Containers(engines=engines, toolkit=_read_toolkit(host, log), cdi_devices=_read_devices(host, log))


def _read_engines(host: Host, log: Log) -> tuple[ContainerEngine, ...]:
    read: dict[str, Callable[[Host, Log], ContainerEngine]] = {
        "podman": _read_podman,
        "containerd": _read_containerd,
        "cri-o": _read_crio,
    }
    engines = [_read_docker(host, log)] if any(host.exists(path) for path in DOCKER_PROGRAMS) else []
    for name, program in PROGRAMS.items():
        if host.exists(program):
            engines.append(read[name](host, log) if name in read else ContainerEngine(name=name))
    return tuple(engines)


def _read_docker(host: Host, log: Log) -> ContainerEngine:
    """Docker's runtimes; without root it has a file of its own, and as a snap another one."""
    own = join(host, host.home, ".config", "docker", "daemon.json")
    settings = _read_settings(host, log, "docker", own, *DOCKER_FILES)
    return settings.judge(parse_docker(settings.texts[0] if settings.texts else ""))


# > {"default-runtime": "nvidia", "runtimes": {"nvidia": {"path": "nvidia-container-runtime"}}}
def parse_docker(text: str) -> ContainerEngine:
    """Whether daemon.json registers NVIDIA's runtime; unknown where the text is not JSON."""
    try:
        settings = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ContainerEngine(name="docker")
    if not isinstance(settings, dict):
        return ContainerEngine(name="docker")
    runtimes, default = settings.get("runtimes"), settings.get("default-runtime")
    return ContainerEngine(
        name="docker",
        nvidia_runtime=isinstance(runtimes, dict) and "nvidia" in runtimes,
        default_runtime=default if isinstance(default, str) else None,
    )


def _read_podman(host: Host, log: Log) -> ContainerEngine:
    settings = _read_settings(host, log, "podman", *PODMAN_FILES)
    return settings.judge(parse_podman("\n".join(settings.texts)))


# > [engine.runtimes]
# > nvidia = ["/usr/bin/nvidia-container-runtime"]
def parse_podman(text: str) -> ContainerEngine:
    """Whether containers.conf registers NVIDIA's runtime; Podman usually takes CDI in its place."""
    return ContainerEngine(
        name="podman", nvidia_runtime=bool(_PODMAN_RUNTIME.search(text)), default_runtime=_last(_PODMAN_DEFAULT, text)
    )


def _read_containerd(host: Host, log: Log) -> ContainerEngine:
    parts = [f"{CONTAINERD_PARTS}/{name}" for name in names_in(host, CONTAINERD_PARTS) if name.endswith(".toml")]
    settings = _read_settings(host, log, "containerd", *CONTAINERD_FILES, *parts)
    return settings.judge(parse_containerd("\n".join(settings.texts)))


def parse_containerd(text: str) -> ContainerEngine:
    """Whether config.toml has a table for NVIDIA's runtime, and which runtime it takes by default."""
    return ContainerEngine(
        name="containerd",
        nvidia_runtime=bool(_CONTAINERD_RUNTIME.search(text)),
        default_runtime=_last(_CONTAINERD_DEFAULT, text),
    )


def _read_crio(host: Host, log: Log) -> ContainerEngine:
    parts = [f"{CRIO_PARTS}/{name}" for name in names_in(host, CRIO_PARTS)]
    settings = _read_settings(host, log, "cri-o", CRIO_FILE, *parts)
    return settings.judge(parse_crio("\n".join(settings.texts)))


def parse_crio(text: str) -> ContainerEngine:
    """The same of CRI-O's files, of which later ones outrank earlier ones."""
    return ContainerEngine(
        name="cri-o", nvidia_runtime=bool(_CRIO_RUNTIME.search(text)), default_runtime=_last(_CRIO_DEFAULT, text)
    )


def _last(pattern: LazyPattern, text: str) -> str | None:
    """The last setting of a name, which outranks the earlier ones."""
    found = pattern.findall(text)
    return found[-1] if found else None


class _Settings(msgspec.Struct, kw_only=True):
    """The texts of an engine's files in the order in which they are read; ``hidden`` if one could not be."""

    texts: list[str] = []
    hidden: bool = False

    def judge(self, engine: ContainerEngine) -> ContainerEngine:
        """What the texts do not say is unknown where there are more of them."""
        unknown = self.hidden and not engine.nvidia_runtime
        return msgspec.structs.replace(engine, nvidia_runtime=None) if unknown else engine


def _read_settings(host: Host, log: Log, engine: str, *paths: str) -> _Settings:
    settings = _Settings()
    for path in paths:
        _add_file(host, log, engine, path, settings)
    return settings


def _add_file(host: Host, log: Log, engine: str, path: str, settings: _Settings) -> None:
    """One file more, if it is there: most engines have few of those that they would read."""
    try:
        settings.texts.append(host.read_text(path))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        settings.hidden = True
        log.unreadable(f"containers.{engine}", path, type(error).__name__)
    else:
        log.found(f"containers.{engine}", path)


def _read_toolkit(host: Host, log: Log) -> str | None:
    """The toolkit's version, which its library shares and carries in its file's name; empty for none."""
    program = next((path for path in TOOLKIT_PROGRAMS if host.exists(path)), None)
    if program is None:
        log.absent("containers.toolkit", TOOLKIT_PROGRAMS[0])
        return ""
    for library in TOOLKIT_LIBRARIES:
        version = parse_library_version(host.real_path(library)) if host.exists(library) else None
        if version:
            log.found("containers.toolkit", library)
            return version
    log.found("containers.toolkit", program, "its version is not to be seen")
    return None


# /usr/lib/x86_64-linux-gnu/libnvidia-container.so.1.17.8
def parse_library_version(path: str) -> str | None:
    """The version at the end of a library's file name."""
    match = _LIBRARY_VERSION.search(path)
    return match[1] if match else None


def _read_devices(host: Host, log: Log) -> tuple[str, ...]:
    files = [f"{folder}/{name}" for folder in CDI_FOLDERS for name in names_in(host, folder)]
    settings = _read_settings(host, log, "cdi", *(path for path in files if path.endswith(CDI_ENDINGS)))
    return tuple(dict.fromkeys(device for text in settings.texts for device in parse_cdi(text)))


# > kind: nvidia.com/gpu
# > devices:
# > - name: "0"
# >   containerEdits:
# >     deviceNodes:
# >     - path: /dev/nvidia0
def parse_cdi(text: str) -> tuple[str, ...]:
    """The devices of a CDI file, ``nvidia.com/gpu=0``, from its YAML or JSON.

    https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
    """
    kind, names = _read_json(text) if text.lstrip().startswith("{") else _read_yaml(text)
    return tuple(dict.fromkeys(f"{kind}={name}" for name in names if kind and name))


def _read_json(text: str) -> tuple[str, list[str]]:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return "", []
    devices = document.get("devices")
    rows = [row for row in devices if isinstance(row, dict)] if isinstance(devices, list) else []
    kind = document.get("kind")
    return kind if isinstance(kind, str) else "", [row["name"] for row in rows if isinstance(row.get("name"), str)]


def _read_yaml(text: str) -> tuple[str, list[str]]:
    """The kind and the names of the devices: keys of the list's own items, whose order is free."""
    kind, names = "", []
    inside, indent = False, -1
    for line in text.splitlines():
        body = line.lstrip(" ")
        depth = len(line) - len(body)
        if depth == 0 and body[:1] not in ("", "-", "#"):
            inside, indent = body.startswith("devices:"), -1
            kind = _value(body) if body.startswith("kind:") else kind
        elif inside:
            if body.startswith("- ") and indent < 0:
                indent = depth
            key = body[2:].lstrip(" ") if body.startswith("- ") and depth == indent else body
            if key.startswith("name:") and depth in (indent, indent + 2):
                names.append(_value(key))
    return kind, names


def _value(line: str) -> str:
    return line.partition(":")[2].strip().strip("\"'")
