"""Kernel modules: lsmod, modinfo, DKMS, the driver's own version file, Secure Boot, services of the driver."""

from __future__ import annotations

from mlenv.facts.drivers import FabricManager, Nvidia
from mlenv.facts.pattern import lazy
from mlenv.facts.system import DkmsModule, KernelModule, OperatingSystem
from mlenv.formats.loaded_modules import parse_loaded_modules
from mlenv.intake.forms.blocks import answers_to, find_blocks, gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.probe.host.kernel_modules import WANTED

_LSMOD = lazy(r"\s{0,4}(?P<name>[a-z][a-z0-9_]{1,40})\s+[0-9]{3,12}\s+-?[0-9]{1,4}(?:\s+[\w,\[\]-]{1,400})?\s*")
_LSMOD_HEAD = lazy(r"(?m)^\s{0,8}Module\s+Size\s+Used by\s*$")
_ROWS_OF_A_SEARCH = 20
# NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build  (builder@host)
_NVRM = lazy(
    r"NVRM version: ?[^\n]{0,120}?Kernel Module(?P<rest>[^\n]{0,40}?)\s(?P<version>[0-9]{2,4}\.[0-9]{1,3}"
    r"(?:\.[0-9]{1,3})?)\b"
)
_MODINFO = lazy(r"\s{0,4}(?P<key>filename|version|vermagic|license):\s+(?P<value>\S.{0,300})")
_NO_MODINFO = lazy(
    r"(?i)modinfo: ERROR: Module (?:alias )?(?P<name>nvidia[\w-]{0,20}|amdgpu) not found|module (?P<other>nvidia"
    r"|amdgpu) not found in directory"
)
# nvidia/535.113.01, 6.2.0-33-generic, x86_64: installed ; nvidia, 470.86, 5.13.0: added
_DKMS = lazy(
    r"\s{0,8}(?P<name>nvidia[\w-]{0,30}|amdgpu|gdrdrv|gasket|xe|i915[\w-]{0,20})(?:/"
    r"|, ?)(?P<version>[0-9][\w.+~:-]{1,60})"
    r"(?:, ?(?P<kernel>[^,\s]{3,100})(?:, ?(?P<arch>\w{3,12}))?)?: ?(?P<state>added|built|installed|broken)\b"
)
_DKMS_FAILED = lazy(
    r"(?i)bad (?:return|exit) status for module build on kernel:? (?P<kernel>[^\s(]{3,100})"
    r"|kernel headers for module (?P<name>nvidia[\w-]{0,20})/(?P<version>[\w.]{3,30})"
)
_DKMS_TARGET = lazy(r"\b(?P<name>nvidia[\w-]{0,12})(?:/| -v )(?P<version>[0-9]{2,4}\.[0-9.]{2,12})(?= |$|/|\.$|\))")
_SECURE = lazy(
    r"(?i)\bsecure ?boot(?: state| status)? ?(?::|=|is|mode)? ?(?:currently )?(?P<state>enabled|disabled|on|off"
    r"|active|inactive)\b"
)
_SERVICE = lazy(r"(?P<name>nvidia-fabricmanager|nvidia-persistenced|nv-fabricmanager|nvidia-mps)(?:\.service)?")
_STATE = lazy(r"(?i)\s{0,8}Active: ?(?P<state>active|inactive|failed|activating|deactivating)")
_NOT_FOUND = lazy(
    r"(?i)Unit (?P<name>[\w-]{3,60})\.service could not be found"
    r"|(?P<other>nvidia-fabricmanager)\.service (?:not found|does not exist)"
)
_FABRIC_VERSION = lazy(r"(?i)Fabric Manager version(?: is)? ?:? ?(?P<version>[0-9]{3}\.[0-9.]{2,12})")


def find_lsmod(text: str) -> list[str]:
    """Rows of lsmod, and questions for a module that nothing answered."""
    rows = gather(text, lambda line: (match := _LSMOD.fullmatch(line)) and match["name"] in WANTED)
    asked = answers_to(text, "lsmod")
    if not rows and (
        _is_whole_list(text)
        or any(is_whole and not any(line.strip() for line in answer) for _, answer, is_whole in asked)
    ):
        return ["none of the modules that were asked for"]
    return rows


def _is_whole_list(text: str) -> bool:
    """Whether the text has a list of all modules: its head and more rows than a search would leave."""
    return _LSMOD_HEAD.search(text) is not None and len(parse_loaded_modules(text)) > _ROWS_OF_A_SEARCH


def read_lsmod(part: str) -> Told:
    """The modules of accelerators that are loaded; () where the user asked and none was listed."""
    names = [name for name in parse_loaded_modules(part) if name in WANTED]
    if not names and not part.startswith("none"):
        return Told()
    return Told(kernel_modules=tuple(KernelModule(name=name) for name in dict.fromkeys(names)))


def find_driver_files(text: str) -> list[str]:
    """The file /proc/driver/nvidia/version."""
    return gather(text, _NVRM.search) if "NVRM version" in text else []


def read_driver_file(part: str) -> Told:
    """The version of the loaded module, and whether it is the open one."""
    match = _NVRM.search(part)
    if match is None:
        return Told()
    nvidia = Nvidia(kernel_module=match["version"], open_kernel_module="Open" in match[0])
    return Told(nvidia=nvidia, kernel_modules=(KernelModule(name="nvidia", version=match["version"]),))


def find_modinfo(text: str) -> list[str]:
    """Answers of ``modinfo nvidia``, or that there is no such module."""
    if "filename:" not in text and "modinfo" not in text:
        return []
    blocks = find_blocks(
        text, lambda line: line.lstrip().startswith("filename:"), lambda line: ":" in line or line.startswith(" ")
    )
    missing = gather(text, _NO_MODINFO.search)
    return [block for block in blocks if "nvidia" in block.split("\n", 1)[0]] + missing


def read_modinfo(part: str) -> Told:
    """The version of the module that the next boot would load; empty for none."""
    if _NO_MODINFO.search(part):
        return Told(remarks={"modinfo": "no module for the running kernel"})
    fields: dict[str, str] = {}
    for line in lines_of(part):
        if match := _MODINFO.fullmatch(line):
            fields.setdefault(match["key"], match["value"].strip())
    if not fields.get("version"):
        return Told()
    is_open = "GPL" in fields["license"] if "license" in fields else None
    return Told(nvidia=Nvidia(module_on_disk=fields["version"], open_kernel_module=is_open))


def find_dkms(text: str) -> list[str]:
    """Answers of ``dkms status``, and builds that failed."""
    if not any(word in text for word in ("installed", "added", "built", "broken", "dkms", "module build")):
        return []
    return gather(text, lambda line: _DKMS.match(line) or _DKMS_FAILED.search(line) or _is_target(line))


def _is_target(line: str) -> bool:
    return "dkms" in line and _DKMS_TARGET.search(line) is not None


def read_dkms(part: str) -> Told:
    """A row for each kernel that a module was built for, or failed to be."""
    rows: dict[tuple[str, str | None], DkmsModule] = {}
    target: tuple[str, str] | None = None
    failed: list[str] = []
    for line in lines_of(part):
        if match := _DKMS.match(line):
            row = DkmsModule(name=match["name"], version=match["version"], kernel=match["kernel"], state=match["state"])
            rows[row.version, row.kernel] = row
            continue
        if match := _DKMS_FAILED.search(line):
            failed += [match["kernel"]] if match["kernel"] else []
            target = target or ((match["name"], match["version"].rstrip(".")) if match["name"] else None)
        if match := _DKMS_TARGET.search(line):
            target = target or (match["name"], match["version"].rstrip("."))
    for kernel in failed if target else []:
        name, version = target or ("nvidia", "")
        rows[version, kernel] = DkmsModule(name=name, version=version, kernel=kernel, state="broken")
    return Told(dkms=tuple(rows.values()) or None)


def find_secure_boot(text: str) -> list[str]:
    """Lines that say whether Secure Boot is on."""
    return gather(text, _SECURE.search) if "ecure" in text else []


def read_secure_boot(part: str) -> Told:
    """The state that the first line gives."""
    match = _SECURE.search(part)
    if match is None:
        return Told()
    enabled = match["state"].lower() in ("enabled", "on", "active")
    return Told(os=OperatingSystem(family="linux", secure_boot=enabled))


def find_services(text: str) -> list[str]:
    """Answers of systemctl for the services of NVIDIA's driver."""
    if "fabric" not in text.lower() and "nvidia-persistenced" not in text:
        return []
    blocks = find_blocks(
        text,
        lambda line: _SERVICE.search(line) and ("service" in line),
        lambda line: bool(line.strip()) and ":" in line,
    )
    lines = gather(text, lambda line: _NOT_FOUND.search(line) or _FABRIC_VERSION.search(line))
    return [block for block in blocks if any(_STATE.match(line) for line in block.split("\n"))] + lines


def read_service(part: str) -> Told:
    """Whether the fabric manager and the persistence daemon run."""
    running: bool | None = None
    for line in lines_of(part):
        if match := _STATE.match(line):
            running = match["state"].lower() == "active"
            break
    version = _FABRIC_VERSION.search(part)
    if "fabric" not in part.lower():
        return Told(nvidia=Nvidia(persistence_daemon=running)) if running is not None else Told()
    if running is None and _NOT_FOUND.search(part):
        running = False
    fabric = FabricManager(version=version["version"].rstrip(".") if version else None, running=running)
    return Told(nvidia=Nvidia(fabric_manager=fabric)) if fabric != FabricManager() else Told()


FORMS: tuple[Form, ...] = (
    Form(name="lsmod", find=find_lsmod, read=read_lsmod),
    Form(name="nvidia_version_file", find=find_driver_files, read=read_driver_file),
    Form(name="modinfo", find=find_modinfo, read=read_modinfo),
    Form(name="dkms", find=find_dkms, read=read_dkms),
    Form(name="secure_boot", find=find_secure_boot, read=read_secure_boot),
    Form(name="services", find=find_services, read=read_service),
)
