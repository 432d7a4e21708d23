"""What somebody tried to install: command lines of pip, uv and conda, and the names that their answers repeat."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from mlenv.facts.pattern import lazy
from mlenv.facts.report import Wanted
from mlenv.intake.forms.blocks import gather, lines_of
from mlenv.intake.forms.form import Form, Told
from mlenv.intake.forms.packages import normalise_name, parse_wanted, parse_wheel

_COMMAND = lazy(
    r"(?:^|[\s'\"$#!&;|(])(?:python[0-9.]{0,5}(?:\.exe)? -m )?(?P<tool>pip[0-9.]{0,5}|uv pip|uv|conda|mamba"
    r"|micromamba|poetry|pixi|pdm)"
    r" (?P<verb>install|add|sync|download|wheel|run|tool install) (?P<rest>[^\n]{1,2000})"
)
# Nobody installs a package of such a name: the sentence goes on.
_STOP = frozenset(
    (
        *("a", "after", "again", "an", "and", "are", "as", "at", "because", "before", "but", "by", "command"),
        *("command:", "commands", "did", "do", "does", "doesn", "doesn't", "doesnt", "error", "every"),
        *("everything", "fail", "failed", "fails", "first", "fix", "fixed", "for", "from", "get", "gets"),
        *("getting", "gives", "got", "i", "if", "in", "inside", "is", "it", "its", "just", "leads", "my", "no"),
        *("not", "now", "of", "on", "or", "our", "output", "package", "packages", "results", "return"),
        *("returned", "returns", "same", "says", "should", "so", "still", "succeeds", "that", "the", "their"),
        *("then", "there", "these", "this", "those", "to", "version", "was", "we", "when", "where", "which"),
        *("while", "will", "with", "without", "work", "worked", "works", "would", "you", "your"),
    )
)
_NOT_TYPED = lazy(
    r"(?i)^\s{0,8}(?:hint|note|warning|you should consider|to install|please|try |run )[: ]|you can |such as|consider "
)
_END = lazy(r"\s(?:&&|\|\||\||;|#|>|2>)\s?|\)\s*$|[,.;]\s*$|[,;]\s|\.\s(?=[A-Z])")
_INDEX = ("--index-url", "-i", "--index", "--default-index", "--extra-index-url", "--extra-index", "-f", "--find-links")
_WITH_VALUE = (
    *("-r", "--requirement", "-c", "--constraint", "-t", "--target", "--platform", "--python-version", "--only-binary"),
    *(
        "--no-binary",
        "--prefix",
        "--root",
        "--python",
        "-p",
        "-n",
        "--name",
        "-e",
        "--editable",
        "--cache-dir",
        "--proxy",
    ),
    *(
        "--trusted-host",
        "--cert",
        "--timeout",
        "--retries",
        "--torch-backend",
        "--index-strategy",
        "--extra",
        "--group",
    ),
    *("--progress-bar", "--abi", "--implementation", "--config-settings", "--global-option", "--report", "--src"),
    *("-C", "--override", "--prerelease", "--with", "--exclude-newer"),
)
_CHANNEL = ("-c", "--channel")
_FROM_ANSWER = (
    lazy(
        r"Collecting (?P<wanted>[A-Za-z0-9][\w.\[\],-]{0,80}(?:[=~!<>]=?=?[\w.*+!,<>=~-]{1,80})?)"
        r"(?=\s*$|\s+\(from|\s*@|;)"
    ),
    lazy(
        r"(?:satisfies the requirement"
        r"|[Nn]o matching distribution found for) (?P<wanted>[A-Za-z0-9][\w.\[\],-]{0,80}"
        r"(?: ?[=~!<>]=?=?[\w.*+!,<>=~-]{1,80})?)"
    ),
    lazy(
        r"Distribution '?(?P<wanted>[A-Za-z0-9][\w.-]{0,80}==[\w.+!-]{1,80}) @ (?:registry\+)?"
        r"(?P<index>\S{1,200}?)'? can't be installed"
    ),
)
_NO_WHEEL = lazy(r"(?P<file>[\w.+%-]{3,200}\.whl) is not a supported wheel")
_ADDRESS = lazy(r"^[a-z+]{3,10}://|^git\+|^\.{0,2}[/\\]|^\.$|\.txt$|\.toml$|^[A-Za-z]:\\")


def find_commands(text: str) -> list[str]:
    """Lines with a command that installs, and lines in which an installer names what it looks for."""
    words = (
        "install",
        "uv add",
        "poetry add",
        "pixi add",
        "Collecting",
        "requirement",
        "matching",
        "Distribution",
        ".whl",
    )
    if not any(word in text for word in words):
        return []
    return gather(_join(text), lambda line: _is_command(line) or _named(line))


def _join(text: str) -> str:
    """Lines that a backslash continues, as one."""
    return text.replace(" \\\n", " ") if "\\\n" in text else text


def _is_command(line: str) -> bool:
    return _COMMAND.search(line) is not None and _NOT_TYPED.search(line) is None


def _named(line: str) -> object:
    return next((match for pattern in _FROM_ANSWER if (match := pattern.search(line))), None) or _NO_WHEEL.search(line)


def read_commands(part: str) -> Told:
    """What was asked for, with version and index where they were named; each package once, what states most."""
    found: dict[str, Wanted] = {}
    managers: dict[str, str] = {}
    for line in lines_of(part):
        for wanted in _of_line(line):
            known = found.get(wanted.name)
            found[wanted.name] = _fuller(known, wanted) if known else wanted
        match = _COMMAND.search(line) if _is_command(line) else None
        if match:
            managers.setdefault("installer", match["tool"].split()[0].rstrip("0123456789."))
    return Told(wanted=tuple(found.values()), remarks=managers)


def _fuller(known: Wanted, new: Wanted) -> Wanted:
    return Wanted(name=known.name, version=known.version or new.version, index=known.index or new.index)


def _of_line(line: str) -> Iterator[Wanted]:
    if _is_command(line):
        for match in _COMMAND.finditer(line):
            if match["verb"] != "run":
                yield from _of_command(match["tool"], match["rest"])
        return
    for pattern in _FROM_ANSWER:
        if answer := pattern.search(line):
            index = answer.groupdict().get("index") or ""
            wanted = parse_wanted(answer["wanted"].rstrip(".,"), index if "://" in index else None)
            yield from [wanted] if wanted else []
    if (refused := _NO_WHEEL.search(line)) and (wheel := parse_wheel(refused["file"])):
        yield Wanted(name=wheel[0], version=wheel[1])


def _of_command(tool: str, rest: str) -> Iterator[Wanted]:
    """The requirements among the words of a command."""
    words = _split(_cut(rest))
    is_conda = tool in ("conda", "mamba", "micromamba", "pixi")
    indexes: list[str] = []
    names: list[str] = []
    skips = False
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        following = words[place + 1] if place + 1 < len(words) else ""
        if skips:
            skips = False
        elif option in (_CHANNEL if is_conda else _INDEX) and word.startswith("-"):
            indexes.append(value if equals else following)
            skips = not equals
        elif word.startswith("-"):
            skips = option in _WITH_VALUE and not equals
        elif not _ADDRESS.search(word) or word.endswith(".whl"):
            names.append(word)
    index = next((found for found in indexes if found), None)
    wanted = (_of_conda(name, index) if is_conda else parse_wanted(name, index) for name in names[:100])
    yield from (row for row in wanted if row)


def _cut(rest: str) -> str:
    """The words of the command alone: what follows in the line may be another command, or a sentence."""
    end = _END.search(rest)
    rest = rest[: end.start()] if end else rest
    for quote in "'\"":
        if rest.count(quote) % 2:
            closing = re.search(rf"(?<=\S){quote}(?=\W|$)", rest)
            rest = rest[: closing.start()] if closing else rest
    words = rest.split(" ")
    stop = next((place for place, word in enumerate(words) if word.lower() in _STOP), len(words))
    return " ".join(words[:stop])


# pytorch=2.1.0=py3.10_cuda12.1 ; conda-forge::jaxlib
def _of_conda(word: str, index: str | None) -> Wanted | None:
    channel, colons, rest = word.rpartition("::")
    name, equals, version = rest.partition("=")
    if not equals:
        return parse_wanted(rest, channel if colons else index)
    plain = version.lstrip("=").split("=", 1)[0]
    return Wanted(name=normalise_name(name), version=plain or None, index=channel if colons else index)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text, posix=True)[:300]
    except ValueError:
        return text.split()[:300]


FORMS: tuple[Form, ...] = (Form(name="install_command", find=find_commands, read=read_commands),)
