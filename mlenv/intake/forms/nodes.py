"""Device files and who may open them: listings of /dev, ``id`` and ``groups``."""

from __future__ import annotations

from mlenv.facts.pattern import lazy
from mlenv.facts.system import Account, DeviceNode
from mlenv.intake.forms.blocks import answers_to, gather, lines_of
from mlenv.intake.forms.form import Form, Told

# crw-rw-rw- 1 root root 195, 0 Mar 4 10:11 /dev/nvidia0
_ROW = lazy(
    r"\s{0,8}c(?P<mode>[rwxsStT-]{9})[.+@]?\s+[0-9]{1,4}\s+(?P<owner>[\w+-]{1,40})\s+(?P<group>[\w+-]{1,40})\s+"
    r"[0-9]{1,4},\s*[0-9]{1,7}\s+.{3,40}?\s(?P<path>(?:/dev/[\w/-]{1,60})|(?:nvidia[\w-]{0,30}|kfd|card[0-9]{1,3}"
    r"|renderD[0-9]{3,4}|accel[0-9]{1,2}))\s*"
)
_GONE = lazy(
    r"(?i)(?:cannot access|cannot open|could not open|stat|open|find) ?(?:device )?['\"]?(?P<path>/dev/(?:nvidia"
    r"|kfd|dri|accel|dxg)[\w*/-]{0,40})['\"]?[^\n]{0,20}: ?(?:no such file|file not found)"
    r"|(?P<other>/dev/(?:nvidia|kfd|dri|accel|dxg)[\w*/-]{0,40})['\"]?:?(?: and /dev/[\w-]{2,40})? (?:no such file"
    r"|do not exist|are missing|does not exist|is missing"
    r"|not found|is not there|doesn't exist)"
)
_REFUSED = lazy(
    r"(?i)(?P<path>/dev/(?:nvidia|kfd|dri/|accel|dxg)[\w/-]{0,40})['\"]?[^\n]{0,40}(?:permission denied"
    r"|operation not permitted)"
)
_PLAIN = lazy(r"\s{0,8}(?:/dev/nvidia[\w/-]{0,30}\s*){1,40}")
_PATH = lazy(r"/dev/[\w/-]{3,40}")
_ID = lazy(r"\buid=(?P<uid>[0-9]{1,10})(?:\((?P<user>[^)\n]{1,60})\))?[^\n]{0,120}? groups=(?P<groups>[^\n]{1,2000})")
_GROUP = lazy(r"[0-9]{1,10}\(([^)\n]{1,60})\)")
_GROUPS = lazy(r"\s{0,8}(?:[\w.-]{1,60} : )?(?P<groups>[a-z_][\w.-]{0,40}(?: [a-z_][\w.-]{0,40}){0,60})\s*")
_TROUBLE = ("no such", "not found", "exist", "missing", "not there", "denied", "not permitted")
_BITS = {"r": 4, "w": 2, "x": 1, "s": 1, "t": 1}
_FOLDERS = {"card": "/dev/dri/", "rend": "/dev/dri/", "acce": "/dev/accel/"}


def find_listings(text: str) -> list[str]:
    """Rows of ``ls -l`` for device files, and lines that say that one is missing or refused."""
    if "/dev/" not in text and "renderD" not in text and "kfd" not in text:
        return []
    rows = gather(text, lambda line: _ROW.fullmatch(line) or _names_trouble(line))
    return rows + _listed(text)


def _names_trouble(line: str) -> bool:
    folded = line.lower()
    if "/dev/" not in line or not any(word in folded for word in _TROUBLE):
        return False
    return _GONE.search(line) is not None or _REFUSED.search(line) is not None


def _listed(text: str) -> list[str]:
    """Whole answers of a listing of all nodes of NVIDIA, each with a mark that it is whole."""
    parts = []
    for command, answer, is_whole in answers_to(text, "/dev/nvidia*", "/dev | grep -i nvidia", "/dev | grep nvidia"):
        rows = [line for line in answer if _PLAIN.fullmatch(line) or _ROW.fullmatch(line)]
        if command.startswith(("ls", "find")) and rows:
            parts.append("\n".join(["all" if is_whole else "some", *rows]))
    return parts


def read_listing(part: str) -> Told:
    """The nodes, and those that are missing; a whole list without nvidia-uvm says that it is missing."""
    nodes: dict[str, DeviceNode] = {}
    missing: list[str] = []
    for line in lines_of(part):
        if match := _ROW.fullmatch(line):
            node = _node(match["path"], match["mode"], match["owner"], match["group"])
            nodes[node.path] = node
        elif match := _GONE.search(line):
            missing.append(match["path"] or match["other"])
        elif match := _REFUSED.search(line):
            nodes.setdefault(match["path"], DeviceNode(path=match["path"], readable=False, writable=False))
        elif _PLAIN.fullmatch(line):
            nodes |= {path: DeviceNode(path=path) for path in _PATH.findall(line) if path not in nodes}
    if part.startswith("all\n") and "/dev/nvidiactl" in nodes and "/dev/nvidia-uvm" not in nodes:
        missing.append("/dev/nvidia-uvm")
    return Told(device_nodes=tuple(nodes.values()) or None, missing_nodes=tuple(dict.fromkeys(missing)))


def _node(path: str, mode: str, owner: str, group: str) -> DeviceNode:
    if not path.startswith("/"):
        path = _FOLDERS.get(path[:4], "/dev/") + path
    digits = [sum(_BITS.get(sign.lower(), 0) for sign in mode[at : at + 3]) for at in (0, 3, 6)]
    everyone = digits[2]
    return DeviceNode(
        path=path,
        # What others may, this user may; else it depends on groups, which the row does not tell.
        readable=True if everyone & 4 else None,
        writable=True if everyone & 2 else None,
        mode="0" + "".join(str(digit) for digit in digits),
        owner=owner,
        group=group,
    )


def find_accounts(text: str) -> list[str]:
    """Answers of ``id`` and ``groups``."""
    lines = gather(text, _ID.search) if "uid=" in text else []
    answered = [
        f"groups={match['groups']}"
        for command, answer, _ in answers_to(text, "groups")
        if command.split()[0] == "groups"
        for line in answer[:1]
        if (match := _GROUPS.fullmatch(line))
    ]
    return lines + answered


def read_account(part: str) -> Told:
    """The groups of the user, whether it is root, and no name."""
    for line in lines_of(part):
        if match := _ID.search(line):
            groups = tuple(_GROUP.findall(match["groups"]))
            return Told(account=Account(groups=groups or None, administrator=match["uid"] == "0"))
        if line.startswith("groups="):
            return Told(account=Account(groups=tuple(line.removeprefix("groups=").split())))
    return Told()


FORMS: tuple[Form, ...] = (
    Form(name="device_nodes", find=find_listings, read=read_listing),
    Form(name="account", find=find_accounts, read=read_account),
)
