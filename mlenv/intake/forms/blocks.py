"""Parts of a pasted text: lines without quotation marks, commands after their prompts, what a command answered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from itertools import islice

from mlenv.clues.text import LINE, SEARCHED
from mlenv.facts.pattern import lazy

MOST_BLOCKS = 50
"""Parts of one form that are looked at; a text with more repeats itself."""
MOST_LINES = 20_000
"""Lines of one part."""
_QUOTE = lazy(r"\s{0,4}(?:>(?!>) ?){1,5}")
_FENCE = lazy(r"\s{0,8}(?:'{3,}|`{3,}|~{3,})[\w+-]{0,20}\s*")
# docker compose puts the name of the service before each line.
_SERVICE = lazy(r"[\w.-]{1,60} +\| (?=[|+])")
_PROMPT = lazy(
    r"\s{0,8}(?:\([^()\n]{1,60}\) ?){0,3}(?:"
    r"\[[^\]\n]{1,80}\] ?[$#] ?"
    r"|[\w.+-]{1,64}@[\w.-]{1,100}[^\n$#%>]{0,200}[$#%>] ?"
    r"|PS [A-Za-z]:[^\n>]{0,200}> ?"
    r"|[A-Za-z]:\\[^\n>]{0,200}> ?"
    r"|~[^\n$]{0,100}\$ "
    r"|[$\u276f\u279c] ?"
    r"|>>> ?"
    r"|In \[[0-9]{0,5}\]: ?"
    r"|! ?(?=[a-z]))"
)
# A hash is a prompt where one of these follows; else it begins a heading or a comment.
_COMMANDS = frozenset(
    (
        *("sudo", "nvidia-smi", "nvidia-ctk", "nvcc", "pip", "pip3", "uv", "python", "python3", "conda", "mamba"),
        *("micromamba", "pixi", "poetry", "docker", "podman", "kubectl", "apptainer", "singularity", "nerdctl"),
        *("ls", "cat", "echo", "env", "printenv", "export", "uname", "id", "groups", "df", "free", "ulimit", "ldd"),
        *("lsmod", "modinfo", "modprobe", "dkms", "dpkg", "apt", "apt-get", "apt-cache", "rpm", "dnf", "yum", "zypper"),
        *(
            "pacman",
            "apk",
            "mokutil",
            "systemctl",
            "journalctl",
            "dmesg",
            "lspci",
            "lscpu",
            "lsb_release",
            "hostnamectl",
        ),
        *("rocminfo", "rocm-smi", "amd-smi", "hipcc", "clinfo", "xpu-smi", "sycl-ls", "gcc", "g++", "cc", "which"),
        *("sw_vers", "system_profiler", "systeminfo", "ver", "wsl", "grep", "find", "hipInfo", "nv-fabricmanager"),
    )
)


def plain(line: str) -> str:
    """The line without the marks of a quotation and the name of a compose service; its indentation stays."""
    if ">" in line[:12]:
        match = _QUOTE.match(line)
        line = line[match.end() :] if match else line
    if "| " in line[:80]:
        match = _SERVICE.match(line)
        line = line[match.end() :] if match else line
    return line.rstrip()


@functools.lru_cache(maxsize=4)  # every form of a report asks for those of the same text
def lines_of(text: str) -> tuple[str, ...]:
    """The plain lines of a text; of a long one its beginning, of a long line too."""
    return tuple(plain(line[:LINE]) for line in text[:SEARCHED].splitlines())


def is_fence(line: str) -> bool:
    """Whether the line begins or ends a block of code in Markdown."""
    return line.lstrip()[:1] in ("'", "`", "~") and _FENCE.fullmatch(line) is not None


def command_of(line: str) -> str | None:
    """The command that somebody typed in this line, without prompt and sudo; None for another line.

    An empty prompt is ``""``.
    """
    match = _PROMPT.match(line)
    rest = line[match.end() :] if match else line.strip()
    if not match:
        rest = rest[1:].strip() if rest.startswith("#") else rest
        words = rest.split(None, 2)
        if not words or words[0] not in _COMMANDS or (len(words) > 1 and words[1][:1].isdigit()):
            return None
    rest = rest.strip()
    return rest.removeprefix("sudo ").strip() if rest.startswith("sudo ") else rest


def answers(text: str) -> Iterator[tuple[str, list[str], bool]]:
    """Each command, the lines up to the next one or a fence, and whether another command or a fence follows."""
    command: str | None = None
    said: list[str] = []
    for line in lines_of(text):
        typed = command_of(line)
        if typed is not None or is_fence(line):
            if command:
                yield command, said, True
            command, said = typed, []
        elif command is not None:
            said.append(line)
    if command:
        yield command, said, False


def answers_to(text: str, *words: str) -> list[tuple[str, list[str], bool]]:
    """The same for commands that hold one of these words."""
    if not any(word in text for word in words):
        return []
    return [found for found in answers(text) if any(word in found[0] for word in words)][:MOST_BLOCKS]


def find_blocks(text: str, first: Callable[[str], object], more: Callable[[str], object], *, gap: int = 0) -> list[str]:
    """Runs of lines: from one that is ``first``, as long as they are ``more``.

    Up to ``gap`` other lines may stand between two of them; a fence ends a run.
    """
    return list(islice(_runs(text, first, more, gap), MOST_BLOCKS))


def _runs(text: str, first: Callable[[str], object], more: Callable[[str], object], gap: int) -> Iterator[str]:
    held: list[str] = []
    kept = 0
    for line in lines_of(text):
        if held and not is_fence(line) and len(held) < MOST_LINES:
            held.append(line)
            if more(line):
                kept = len(held)
            if len(held) - kept <= gap:
                continue
        if held:
            yield "\n".join(held[:kept])
            held, kept = [], 0
        # The line that ends a run may begin another.
        if first(line):
            held, kept = [line], 1
    if held:
        yield "\n".join(held[:kept])


def gather(text: str, wanted: Callable[[str], object]) -> list[str]:
    """All lines that are wanted, as one part; no part where there is none."""
    found = [line for line in lines_of(text) if line and wanted(line)]
    return ["\n".join(found[:MOST_LINES])] if found else []
