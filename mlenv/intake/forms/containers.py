"""How a container was started: command lines of docker and its kin, compose files, Dockerfiles, kubectl."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mlenv.facts.pattern import lazy
from mlenv.facts.system import OperatingSystem, Variable
from mlenv.intake.forms.blocks import find_blocks, gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.system import alpine_libc
from mlenv.intake.forms.variables import clean_value, is_wanted

_RUN = lazy(
    r"(?:^|[\s'\"$#;&|(])(?P<engine>docker|podman|nerdctl|nvidia-docker|singularity|apptainer|docker-compose"
    r"|docker compose)"
    r"(?: container)? (?P<verb>run|create|exec|shell) (?P<rest>[^\n]{1,3000})"
)
_FROM = lazy(r"\s{0,8}FROM (?:--platform=\S{1,40} )?(?P<image>[\w./:@-]{2,200})(?: (?:as|AS) \S{1,60})?\s*")
_ALPINE = lazy(r"alpine(?P<version>[0-9]\.[0-9]{1,2})?(?:\.[0-9]{1,2})?$|(?:^|/)alpine:(?P<tag>[0-9]\.[0-9]{1,2})?")
_COMPOSE = lazy(
    r"\s{0,20}(?:- )?['\"]?(?P<key>runtime|shm_size|ipc|privileged|gpus|driver|capabilities|device_ids|count|image"
    r"|pid|network_mode)['\"]?: ?(?P<value>\S.{0,200})"
)
_COMPOSE_HEAD = lazy(
    r"\s{0,4}(?:services|deploy|version|image|build|devices|environment|resources|reservations):(?:\s.{0,80})?"
)
_LISTED = lazy(r"\s{0,20}- ['\"]?(?P<name>[A-Z][A-Z0-9_]{2,60})=(?P<value>[^\n]{0,400}?)['\"]?\s*")
_DEVICE = lazy(r"\s{0,20}- ['\"]?(?P<path>/dev/[\w/-]{2,60})(?::[\w/:-]{1,80})?['\"]?\s*")
_LIMIT = lazy(
    r"\s{0,20}['\"]?(?P<name>(?:nvidia|amd|gpu\.intel)\.com/[\w.-]{2,40})['\"]?: ?['\"]?(?P<count>[0-9]{1,4})['\"]?\s*"
)
_REASON = lazy(
    r"\s{0,20}(?:Reason|reason): ?(?P<reason>OOMKilled|Error|CrashLoopBackOff|ContainerCannotRun|Evicted"
    r"|FailedScheduling)\b"
)
_EXIT = lazy(r"\s{0,20}(?:Exit Code|exitCode): ?(?P<code>-?[0-9]{1,5})\b")
_VALUES = {
    "--gpus": "gpus", "--runtime": "runtime", "--shm-size": "shm-size", "--ipc": "ipc", "--memory": "memory",
    "-m": "memory", "--device": "devices", "--group-add": "groups", "-e": "env", "--env": "env", "--user": "user",
    "-u": "user", "--device-cgroup-rule": "cgroup-rules", "--cgroupns": "cgroupns", "--env-file": "", "-v": "",
    "--volume": "", "-p": "", "--publish": "", "--name": "", "--network": "", "--net": "", "-w": "", "--workdir": "",
    "--entrypoint": "", "--mount": "", "--ulimit": "", "--security-opt": "", "--cap-add": "", "-h": "",
    "--hostname": "", "--restart": "", "--platform": "platform", "--cpus": "", "--pid": "", "--memory-swap": "",
    "--add-host": "", "-l": "", "--label": "", "--log-driver": "", "--log-opt": "", "--dns": "", "--userns": "",
    "--pull": "", "--tmpfs": "", "--cidfile": "", "--bind": "", "-B": "",
}  # fmt: skip
_SWITCHES = {"--privileged": "privileged", "--nv": "nv", "--rocm": "rocm", "--nvccli": "nvccli"}


def find_runs(text: str) -> list[str]:
    """Command lines that start a container, one a part."""
    if not any(word in text for word in ("docker", "podman", "nerdctl", "singularity", "apptainer")):
        return []
    joined = text.replace(" \\\n", " ").replace("\\\n", " ") if "\\\n" in text else text
    return [line for line in lines_of(joined) if _RUN.search(line)][:20]


def read_run(part: str) -> Told:
    """``remarks``: the engine, the image, and each option that GPUs or memory depend on.

    ``container gpus`` is empty where the command gives no GPU; variables of ``-e`` are the container's.
    """
    match = _RUN.search(part)
    if match is None:
        return Told()
    options, variables, image = _read_words(_split(match["rest"]))
    gives = any(key in options for key in ("gpus", "nv", "rocm", "devices")) or options.get("runtime") == "nvidia"
    remarks = {f"container {key}": value for key, value in options.items()}
    remarks["container engine"] = match["engine"]
    if match["engine"] == "nvidia-docker":
        remarks.setdefault("container runtime", "nvidia")
    elif not gives and match["verb"] in ("run", "create"):
        remarks.setdefault("container gpus", "")
    if image and match["verb"] in ("run", "create"):
        remarks["container image"] = image
    return Told(remarks=remarks, variables=variables, os=_system_of(image))


def _read_words(words: list[str]) -> tuple[dict[str, str], tuple[Variable, ...], str | None]:
    """Options up to the image, the variables, and the image."""
    options: dict[str, str] = {}
    variables: dict[str, str] = {}
    image = None
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option in _SWITCHES:
            options[_SWITCHES[option]] = "true"
        elif option in _VALUES:
            value = value if equals else next(rest, "")
            _keep(options, variables, _VALUES[option], value)
        elif not word.startswith("-"):
            image = word
            break
    return options, tuple(Variable(name=name, value=text) for name, text in variables.items()), image


def _keep(options: dict[str, str], variables: dict[str, str], key: str, value: str) -> None:
    if key == "env":
        name, equals, text = value.partition("=")
        if equals and is_wanted(name):
            variables[name] = clean_value(text)
    elif key in ("devices", "groups"):
        options[key] = f"{options[key]},{value}" if key in options else value
    elif key:
        options[key] = value.strip("'\"")


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)[:300]
    except ValueError:
        return text.split()[:300]


def _system_of(image: str | None) -> OperatingSystem | None:
    """What the name of an image says of its system: only Alpine's C library matters."""
    match = _ALPINE.search(image) if image else None
    if match is None:
        return None
    version = match["version"] or match["tag"]
    return OperatingSystem(family="linux", distribution="alpine", version=version, libc=alpine_libc(version))


def find_bases(text: str) -> list[str]:
    """The lines of a Dockerfile that name the image it begins with."""
    return gather(text, _FROM.fullmatch) if "FROM " in text else []


def read_base(part: str) -> Told:
    """The last image, which is the one that runs."""
    images = [match["image"] for line in lines_of(part) if (match := _FROM.fullmatch(line))]
    return Told(remarks={"container image": images[-1]}, os=_system_of(images[-1])) if images else Told()


def find_compose(text: str) -> list[str]:
    """Compose files, or the part of one that a report shows."""
    words = ("runtime: ", "shm_size", "capabilities:", "devices:", "environment:", "reservations:")
    if not any(word in text for word in words):
        return []
    blocks = find_blocks(
        text,
        lambda line: _COMPOSE_HEAD.fullmatch(line),
        lambda line: _COMPOSE_HEAD.fullmatch(line) or line.rstrip().endswith(":") or ": " in line or "- " in line,
        gap=1,
    )
    return [block for block in blocks if any(word in block for word in words)]


def read_compose(part: str) -> Told:
    """The same remarks of a compose file."""
    remarks = dict(_compose_values(part))
    devices = [match["path"] for line in lines_of(part) if (match := _DEVICE.fullmatch(line))]
    if devices:
        remarks["container devices"] = ",".join(devices)
    variables = {
        match["name"]: clean_value(match["value"])
        for line in lines_of(part)
        if (match := _LISTED.fullmatch(line)) and is_wanted(match["name"])
    }
    if not remarks and not variables:
        return Told()
    return Told(
        remarks={"container engine": "docker compose", **remarks},
        variables=tuple(Variable(name=name, value=value) for name, value in variables.items()),
        os=_system_of(remarks.get("container image")),
    )


def _compose_values(part: str) -> Iterator[tuple[str, str]]:
    for line in lines_of(part):
        if match := _COMPOSE.fullmatch(line):
            value = match["value"].strip().strip("'\"")
            if match["key"] == "driver" and value == "nvidia":
                yield "container gpus", "all"
            elif match["key"] not in ("driver", "count", "device_ids", "capabilities", "pid", "network_mode"):
                yield f"container {match['key'].replace('_', '-')}", value


def find_pods(text: str) -> list[str]:
    """What ``kubectl describe`` and manifests say of limits and of how a container ended."""
    if not any(word in text for word in (".com/", "Exit Code", "exitCode", "OOMKilled", "Reason:")):
        return []
    return gather(text, lambda line: _LIMIT.fullmatch(line) or _REASON.match(line) or _EXIT.match(line))


def read_pod(part: str) -> Told:
    """``remarks``: the GPUs that the pod asks for, why its container ended, and with which status."""
    remarks: dict[str, str] = {}
    for line in lines_of(part):
        if match := _LIMIT.fullmatch(line):
            remarks.setdefault(f"pod {match['name']}", match["count"])
        elif match := _REASON.match(line):
            remarks.setdefault("pod reason", match["reason"])
        elif match := _EXIT.match(line):
            remarks.setdefault("pod exit code", match["code"])
    return Told(remarks=remarks)


FORMS: tuple[Form, ...] = (
    Form(name="container_run", find=find_runs, read=read_run),
    Form(name="dockerfile", find=find_bases, read=read_base),
    Form(name="compose", find=find_compose, read=read_compose),
    Form(name="kubernetes", find=find_pods, read=read_pod),
)
