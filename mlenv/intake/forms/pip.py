"""What pip and uv list as installed: tables, freezes, JSON, ``pip show``, and what an installation did."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mlenv.facts.environment import Distribution
from mlenv.facts.pattern import lazy
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import OperatingSystem
from mlenv.intake.forms.blocks import answers_to, find_blocks, gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.packages import distribution, parse_row
from mlenv.typed import decode_json

_HEADER = lazy(r"\s{0,8}Package\s+Version\b.{0,120}")
_RULE = lazy(r"\s{0,8}-{3,}(?:\s+-{3,}){0,4}\s*")
_PIN = lazy(r"\s{0,8}[A-Za-z0-9][\w.-]{0,80}==[0-9][\w.+!-]{0,80}\s*")
_FREEZE = lazy(r"\s{0,8}(?:[A-Za-z0-9][\w.-]{0,80}(?:==[0-9]| @ )|-e |# Editable)")
_LIST = ("pip list", "pip3 list", "pip freeze", "pip3 freeze")
_REQUIREMENTS = lazy(r"(?i)requirements?[\w.-]{0,40}(?:\.txt|\.in)|constraints\.txt|dependencies")
# Rows without a header are believed for these.
_KNOWN = lazy(
    r"(?i)\s{0,8}(?:- )?(?:torch|torchvision|torchaudio|torchtext|triton|tensorflow|tensorflow[_-](?:gpu|cpu|metal"
    r"|macos|intel)"
    r"|keras|jax|jaxlib|jax-cuda[\w-]{1,20}|numpy|onnxruntime(?:-gpu)?|xformers|flash[_-]attn|bitsandbytes|vllm"
    r"|accelerate"
    r"|transformers|nvidia-[\w-]{2,40}|protobuf|torch[_-]\w{2,30}|cupy-cuda\w{2,6}"
    r"|pytorch-triton(?:-rocm)?)\s+v?[0-9][\w.+!-]{0,60}\s*"
)
_INSTALLED = lazy(r"Successfully installed ([^\n]{3,8000})")
_PART = lazy(r"([A-Za-z0-9][\w.-]{0,80}?)-(v?(?:[0-9]{1,4}!)?[0-9][\w.+!]{0,80})")
_SATISFIED = lazy(
    r"Requirement already (?:satisfied"
    r"|up-to-date): (?P<name>[A-Za-z0-9][\w.-]{0,80})[^\n]{0,200}? in (?P<path>\S{1,300})"
    r"[^\n]{0,200}?\((?P<version>[0-9][\w.+!-]{0,60})\)"
)
_UV_CHANGE = lazy(
    r"\s{0,4}(?P<sign>[+~-]) (?P<name>[A-Za-z0-9][\w.-]{0,80})==(?P<version>[0-9][\w.+!-]{0,80})(?: \(.{0,300}\))?\s*"
)
_FIELD = lazy(r"\s{0,4}(?P<key>Name|Version|Location|Installer|Editable project location): ?(?P<value>.{0,400})")
_SHOW_LINE = lazy(r"\s{0,4}[A-Z][A-Za-z-]{2,30}(?: [a-z]{2,12}){0,3}: ?")
_USER_SITE = lazy(r"(?i)/\.local/lib/python|AppData[/\\]Roaming[/\\]Python|/Library/Python/[0-9.]{1,5}/lib")
_SITE_PYTHON = lazy(r"python(?P<version>[23]\.[0-9]{1,2})(?P<threads>t)?[/\\](?:site|dist)-packages")
_JSON = lazy(r'\[\s*\{\s*"name": ?"')


class _Listed(msgspec.Struct):
    """One row of the JSON form."""

    name: str
    version: str


def _is_row(line: str) -> bool:
    return parse_row(line) is not None or _RULE.fullmatch(line) is not None


def find_tables(text: str) -> list[str]:
    """Answers of ``pip list``: with their header, or below the command."""
    blocks = find_blocks(text, _HEADER.fullmatch, _is_row) if "Package" in text else []
    answered = [
        "\n".join(["Package Version", *rows])
        for command, answer, _ in answers_to(text, *_LIST)
        if "freeze" not in command and not any(_HEADER.fullmatch(line) for line in answer)
        if (rows := [line for line in answer[:2000] if parse_row(line)])
    ]
    return blocks + answered


def read_table(part: str) -> Told:
    """The packages; one whose third column is a place runs from there."""
    rows = (parse_row(line) for line in lines_of(part))
    return Told(distributions=_unique(distribution(*row) for row in rows if row and row != ("Package", "Version")))


def _unique(found: Iterable[Distribution]) -> tuple[Distribution, ...]:
    """The last statement on each package."""
    return tuple({dist.name: dist for dist in found}.values())


def find_freezes(text: str) -> list[str]:
    """Answers of ``pip freeze``: below the command, or two pins and more that no list of requirements begins."""
    if "==" not in text:
        return []
    answered = [
        "\n".join(rows)
        for _, answer, _ in answers_to(text, "freeze", "pip list", "pip3 list")
        if (rows := [line for line in answer if _PIN.fullmatch(line)])
    ]
    if answered:
        return answered
    blocks = find_blocks(text, _FREEZE.match, _FREEZE.match, gap=1)
    return [block for block in blocks if block.count("==") > 1 and not _is_wish(text, block)]


def _is_wish(text: str, block: str) -> bool:
    """Whether the lines above speak of requirements, which nobody may have installed."""
    place = max(text.find(block.split("\n", 1)[0]), 0)
    return _REQUIREMENTS.search(text[max(place - 200, 0) : place]) is not None


def find_documents(text: str) -> list[str]:
    """Answers of ``pip list --format json``."""
    match = _JSON.search(text)
    end = text.find("]", match.start()) if match else -1
    return [text[match.start() : end + 1 if end >= 0 else len(text)]] if match else []


def read_document(part: str) -> Told:
    """The packages of the JSON form, as far as it goes."""
    try:
        rows = decode_json(part, list[_Listed])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pairs = lazy(r'"name": ?"([\w.-]{1,80})", ?"version": ?"([\w.+!-]{1,80})"')
        return Told(distributions=_unique(distribution(match[1], match[2]) for match in pairs.finditer(part)))
    return Told(distributions=_unique(distribution(row.name, row.version) for row in rows))


def find_shows(text: str) -> list[str]:
    """Answers of ``pip show``, one a package."""
    if "Name:" not in text or "Version:" not in text:
        return []
    blocks = find_blocks(text, lambda line: line.lstrip().startswith("Name: "), _SHOW_LINE.match)
    parts = ["Name: " + part for block in blocks for part in ("\n" + block).split("\nName: ")[1:]]
    return [part for part in parts if "Version:" in part]


def read_show(part: str) -> Told:
    """The package, where it lies, and what that says of the interpreter."""
    fields: dict[str, str] = {}
    for line in lines_of(part):
        if match := _FIELD.fullmatch(line):
            fields.setdefault(match["key"], match["value"].strip())
    row = parse_row(f"{fields.get('Name', '')} {fields.get('Version', '')}")
    if row is None:
        return Told()
    place = fields.get("Location") or None
    found = distribution(*row, path=place, installer=fields.get("Installer") or None)
    is_users = place is not None and _USER_SITE.search(place) is not None
    match = _SITE_PYTHON.search(place or "")
    python = PythonInterpreter(version=match["version"], free_threaded=bool(match["threads"])) if match else None
    return Told(
        distributions=() if is_users else (found,),
        user_site=(found,) if is_users else (),
        python=python,
        os=OperatingSystem(family="windows") if place and place[1:3] == ":\\" else None,
    )


def find_installations(text: str) -> list[str]:
    """Lines that say what was installed, or was there already."""
    words = ("Successfully installed", "Requirement already", "==")
    if not any(word in text for word in words):
        return []
    return gather(text, lambda line: _INSTALLED.search(line) or _SATISFIED.search(line) or _UV_CHANGE.fullmatch(line))


def read_installation(part: str) -> Told:
    """The packages that are installed in the end; those of the user's own folder apart."""
    found: dict[str, Distribution] = {}
    users: dict[str, Distribution] = {}
    for line in lines_of(part):
        if match := _INSTALLED.search(line):
            for name, version in (pair.groups() for word in match[1].split() if (pair := _PART.fullmatch(word))):
                found[distribution(name, version).name] = distribution(name, version)
        elif match := _SATISFIED.search(line):
            dist = distribution(match["name"], match["version"])
            (users if _USER_SITE.search(match["path"]) else found)[dist.name] = dist
        elif (match := _UV_CHANGE.fullmatch(line)) and match["sign"] != "-":
            dist = distribution(match["name"], match["version"], installer="uv")
            found[dist.name] = dist
    return Told(distributions=tuple(found.values()), user_site=tuple(users.values()))


def find_rows(text: str) -> list[str]:
    """Rows of packages that frameworks consist of, without header and command."""
    return gather(text, _KNOWN.fullmatch)


def read_rows(part: str) -> Told:
    """The packages."""
    rows = (parse_row(line.lstrip(" -")) for line in lines_of(part))
    return Told(distributions=_unique(distribution(*row) for row in rows if row))


FORMS: tuple[Form, ...] = (
    Form(name="pip_list", find=find_tables, read=read_table),
    Form(name="pip_freeze", find=find_freezes, read=read_table),
    Form(name="pip_json", find=find_documents, read=read_document),
    Form(name="pip_show", find=find_shows, read=read_show),
    Form(name="pip_installed", find=find_installations, read=read_installation),
    Form(name="pip_rows", find=find_rows, read=read_rows),
)
