"""The command that brings an environment into somebody's shell, in that shell's own words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Literal

from mlenv.facts.pattern import lazy
from mlenv.facts.python import ManagerName
from mlenv.facts.system import SystemFamily

ShellName = Literal["bash", "zsh", "sh", "fish", "csh", "nushell", "powershell", "cmd"]

_SHELLS: dict[str, ShellName] = {
    **dict.fromkeys(("ash", "dash", "sh", "ksh", "ksh93", "mksh", "oksh", "pdksh", "yash", "busybox"), "sh"),
    **dict.fromkeys(("bash", "rbash"), "bash"),
    **dict.fromkeys(("zsh", "rzsh"), "zsh"),
    **dict.fromkeys(("csh", "tcsh"), "csh"),
    **dict.fromkeys(("nu", "nushell"), "nushell"),
    **dict.fromkeys(("powershell", "pwsh", "pwsh-preview", "powershell_ise"), "powershell"),
    "fish": "fish",
    "cmd": "cmd",
}
_SCRIPTS: dict[ShellName, str] = {
    "fish": "activate.fish",
    "csh": "activate.csh",
    "nushell": "activate.nu",
    "powershell": "activate.ps1",
    "cmd": "activate.bat",
}
_WORDS: dict[ShellName, str] = {"sh": ".", "nushell": "overlay use", "powershell": "&", "cmd": ""}
_CONDA: tuple[ManagerName, ...] = ("conda", "mamba", "micromamba")
_VERSION = lazy(r"[-\d.]+$")  # zsh-5.9
_PLAIN = lazy(r"[A-Za-z0-9_./:@+-][A-Za-z0-9_./:@+=-]*")
_PLAIN_WINDOWS = lazy(r"[A-Za-z0-9_./\\:-]+")


def activation_command(
    environment: str, shell: ShellName, system: SystemFamily, *, manager: ManagerName = "uv", program: str = "mlenv"
) -> str:
    """One line that activates an environment when it is typed into a shell.

    ``environment`` is the path as the user knows it, ``manager`` what made it.  Where a manager leaves
    nothing for a shell to read (pixi; venv, which pip's environments are made by, for nushell), it is the
    command that opens a new shell; ``program`` is how mlenv is called.
    """
    quote = _QUOTES[shell]
    path = _as_path(environment, shell, system)
    if manager in _CONDA:
        return f"{manager} activate {quote(_with_folder(path))}"
    if manager == "pixi" or (manager == "pip" and shell == "nushell"):
        return f"{program} shell --env {quote(path)}"
    word = _WORDS.get(shell, "source")
    return f"{word} {quote(_join(path, _script(shell, manager), shell, system))}".lstrip()


def detect_shell(environ: Mapping[str, str], system: SystemFamily, parent_name: str | None) -> ShellName:
    """Which shell a command was typed into.

    The parent process says it best (``parent_name`` is its name or path); where it is something else
    the variables are asked that shells and logins set, and at last it is what the system has.
    """
    named = _name_shell(parent_name or "")
    if named:
        return named
    if environ.get("NU_VERSION"):
        return "nushell"
    login = _name_shell(environ.get("SHELL", ""))
    if login:
        return login
    if system != "windows":
        return "powershell" if environ.get("PSModulePath") else "sh"
    if _has_own_modules(environ):
        return "powershell"
    return _name_shell(_get(environ, "COMSPEC")) or "powershell"


def _name_shell(name: str) -> ShellName | None:
    """The shell that a program is: ``-bash``, ``/usr/bin/zsh-5.9``, ``pwsh.exe``; None for anything else."""
    base = re.split(r"[/\\]", name.strip())[-1].lower().removesuffix(".exe").removeprefix("-")
    return _SHELLS.get(base) or _SHELLS.get(_VERSION.sub("", base))


def _has_own_modules(environ: Mapping[str, str]) -> bool:
    """Whether a PowerShell has added its user's modules: the system's own stand there for every process."""
    entries = [entry.lower() for entry in _get(environ, "PSMODULEPATH").split(";") if entry]
    roots = [
        _get(environ, name).lower() for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "SYSTEMROOT")
    ]
    known = tuple(root for root in (*roots, "%") if root)
    return any(not entry.startswith(known) for entry in entries)


def _get(environ: Mapping[str, str], name: str) -> str:
    """A variable whose name Windows spells in any case."""
    return next((value for key, value in environ.items() if key.upper() == name), "")


# ---------------------------------------------------------------- paths


def _as_path(environment: str, shell: ShellName, system: SystemFamily) -> str:
    """The path as the shell takes it: shells of Unix want slashes on Windows too, and no path is an option."""
    backslashes = system == "windows" and shell in ("cmd", "powershell", "nushell")
    path = environment if system != "windows" else environment.replace("\\", "/")
    path = path.rstrip("/") or path[:1]
    path = f"./{path}" if path.startswith(("-", "=", "@", "~", "%", "+")) else path
    return path.replace("/", "\\") if backslashes else path


def _with_folder(path: str) -> str:
    """A path with a separator: without one conda takes it for a name."""
    return path if "/" in path or "\\" in path else f"./{path}"


def _join(path: str, script: str, shell: ShellName, system: SystemFamily) -> str:
    folder = "Scripts" if system == "windows" else "bin"
    separator = "\\" if shell == "cmd" or (system == "windows" and shell in ("powershell", "nushell")) else "/"
    return separator.join((path, folder, script))


def _script(shell: ShellName, manager: ManagerName) -> str:
    """The file to read; venv writes PowerShell's with a capital letter, uv without."""
    name = _SCRIPTS.get(shell, "activate")
    return name.capitalize() if shell == "powershell" and manager == "pip" else name


# ---------------------------------------------------------------- quotes


def _quote_fish(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _quote_csh(text: str) -> str:
    """Text for csh, which looks for its history (``!``) and for line ends within quotes too."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("'", "'\\''").replace("!", "\\!").replace("\n", "\\\n")
    return f"'{escaped}'"


def _quote_nushell(text: str) -> str:
    if _PLAIN_WINDOWS.fullmatch(text):
        return text
    if "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quote_powershell(text: str) -> str:
    """PowerShell takes typographic quotes for quotes; each of them is doubled."""
    return "'" + re.sub("['\u2018\u2019\u201a\u201b]", lambda match: match[0] * 2, text) + "'"


def _quote_cmd(text: str) -> str:
    """A path of Windows holds no double quote; a percent sign can only be hoped to name no variable."""
    return f'"{text}"'


_QUOTES: dict[ShellName, Callable[[str], str]] = {
    "bash": shlex.quote,
    "zsh": shlex.quote,
    "sh": shlex.quote,
    "fish": _quote_fish,
    "csh": _quote_csh,
    "nushell": _quote_nushell,
    "powershell": _quote_powershell,
    "cmd": _quote_cmd,
}
