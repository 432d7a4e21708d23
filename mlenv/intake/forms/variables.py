"""Environment variables as shells, Dockerfiles and programs set or show them."""

from __future__ import annotations

from collections.abc import Iterator

from mlenv.facts.pattern import lazy
from mlenv.facts.system import Variable
from mlenv.intake.forms.blocks import answers_to, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.probe.host.variables import SECRETS, is_of_interest

_NAME = r"(?P<name>[A-Z][A-Z0-9_]{1,60}|[a-z]{4,5}_proxy)"
_LINE = lazy(
    rf"\s{{0,8}}(?:export |declare -x |setenv |set |ENV |ARG )?{_NAME}(?P<sign>=| (?=\S))(?P<value>.{{0,4000}})"
)
_ASSIGNED = lazy(
    rf"(?:os\.environ\[ ?['\"]{_NAME}['\"] ?\] ?= ?"
    rf"|os\.environ\.setdefault\( ?['\"]{_NAME.replace('name', 'other')}['\"], ?)"
    r"(?:[fr]?['\"](?P<value>[^'\"\n]{0,2000})['\"]|str\((?P<number>[0-9]{1,4})\))"
)
_POWERSHELL = lazy(rf"\$env:{_NAME} ?= ?(?P<value>[^\n;]{{0,2000}})")
_MAPPED = lazy(rf"\s{{0,12}}['\"]?{_NAME}['\"]?: (?P<value>\S.{{0,2000}})")
_INLINE = lazy(
    r"(?:^|[\s$#>])(?P<name>[A-Z][A-Z0-9_]{2,60})=(?P<value>[^\s=][^\s]{0,400}|''|\"\"|(?= )) (?=[\w./-]{2,})"
)
_ECHO = lazy(rf"(?:echo|Write-Output|printenv)\s+[\"']?(?:\$\{{?|\$env:|%)?{_NAME}")
_REFERENCE = lazy(
    r"\$\{?(?:env:)?[A-Za-z_][\w]{0,60}(?::\+[^}\n]{0,80}|:-[^}\n]{0,80})?\}?|%[A-Za-z_]\w{0,60}%"
    r"|\{os\.environ[^{}\n]{0,120}\}"
)
_COLONS = lazy(r":{2,}")
_WANTED = frozenset(
    (
        *("PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV", "HTTP_PROXY"),
        *("HTTPS_PROXY", "http_proxy", "https_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"),
        *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_TORCH_BACKEND"),
        *("XDG_CACHE_HOME", "DYLD_LIBRARY_PATH", "KMP_DUPLICATE_LIB_OK", "TORCH_CUDA_ARCH_LIST", "FORCE_CUDA"),
    )
)
_UNSET = ("<not set>", "not set", "unset", "none", "(not set)", "<unset>", "undefined")


def is_wanted(name: str) -> bool:
    """Whether frameworks, the loader or an installer obey this variable."""
    return (is_of_interest(name) or name in _WANTED) and not any(word in name.upper() for word in SECRETS)


def find_settings(text: str) -> list[str]:
    """Every setting as a line ``NAME=value``, the last one of a name at the end."""
    lines = [f"{name}={value}" for name, value in _settings(text)]
    return ["\n".join(lines)] if lines else []


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for line in lines_of(text):
        if "_" in line or "PATH" in line or "TMP" in line or "TEMP" in line or "CC=" in line or "CXX=" in line:
            yield from _of_line(line)
    for command, answer, is_whole in answers_to(text, "echo", "printenv", "Write-Output"):
        yield from _echoed(command, answer, is_whole=is_whole)


def _of_line(line: str) -> Iterator[tuple[str, str]]:
    match = _LINE.fullmatch(line)
    if match and is_wanted(match["name"]) and _is_value(line, match["sign"]):
        yield match["name"], clean_value(match["value"])
        return
    for match in _ASSIGNED.finditer(line):
        name = match["name"] or match["other"]
        if is_wanted(name):
            yield name, clean_value(match["value"] if match["value"] is not None else match["number"])
    for match in _POWERSHELL.finditer(line):
        if is_wanted(match["name"]):
            yield match["name"], clean_value(match["value"])
    mapped = _MAPPED.fullmatch(line)
    if mapped and is_wanted(mapped["name"]) and mapped["value"].strip().lower() not in _UNSET:
        yield mapped["name"], clean_value(mapped["value"])
    for match in _INLINE.finditer(line):
        if is_wanted(match["name"]):
            yield match["name"], clean_value(match["value"])


def _is_value(line: str, sign: str) -> bool:
    """Without a sign of equality only the words of csh and Docker set a variable; a space may end an inline one."""
    words = line.split(None, 2)
    if sign == " ":
        return words[0] in ("setenv", "ENV") and len(words) == 3
    rest = line.split("=", 1)[1]
    is_set = words[0] in ("export", "declare", "set", "ENV", "ARG")
    return is_set or _is_quoted_alone(rest) or " " not in rest.strip() or ":" in rest.split(" ")[0]


def _is_quoted_alone(rest: str) -> bool:
    """Whether a value is one quoted text; what follows a space behind it is a command that it is set for."""
    end = rest.find(rest[0], 1) if rest[:1] in ("'", '"') else -1
    return end > 0 and rest[end + 1 :].lstrip()[:1] in ("", ";", "&", "#", ",", "\\")


def clean_value(value: str) -> str:
    """The value without quotes and without references to other variables, which nobody can resolve here."""
    value = value.strip().split(" && ")[0].split(" # ")[0].rstrip(";,\\ ").strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    if "$" in value or "%" in value or "{os" in value:
        value = value.split("{os", 1)[0]
        value = _COLONS.sub(":", _REFERENCE.sub("", value)).strip(":;")
    return value


def _echoed(command: str, answer: list[str], *, is_whole: bool) -> Iterator[tuple[str, str]]:
    """The line below; an empty answer says that the variable is empty or not set, and is told from a cut."""
    match = _ECHO.search(command)
    if match is None or not is_wanted(match["name"]):
        return
    rows = [line.strip() for line in answer]
    first = next((row for row in rows if row), None)
    if first is not None and (rows[0] or is_whole):
        yield match["name"], first


def read_settings(part: str) -> Told:
    """The variables; of a name that was set twice the last value."""
    found: dict[str, str] = {}
    for line in part.split("\n"):
        name, equals, value = line.partition("=")
        if equals:
            found[name] = value
    return Told(variables=tuple(Variable(name=name, value=value) for name, value in found.items()))


FORMS: tuple[Form, ...] = (Form(name="variables", find=find_settings, read=read_settings),)
