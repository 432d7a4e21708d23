"""The shell that the user sits in, and one of its own kind with an environment in use."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mlenv.facts.python import ManagerName
    from mlenv.facts.system import SystemFamily
    from mlenv.report.activation import ShellName


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A command that starts an interactive shell, and its variables."""

    argv: tuple[str, ...]
    environ: dict[str, str]


def activation_here(path: str, manager: ManagerName) -> str:
    """What to type in this shell to use the environment at ``path`` that ``manager`` made."""
    from mlenv.cli.farewell import program
    from mlenv.report.activation import activation_command

    return activation_command(path, this_shell(), _system(), manager=manager, program=program())


def enter_lines(folder: Path, shell: ShellName, environ: Mapping[str, str]) -> str:
    """What a shell runs after its user's start files to be in the environment at ``folder``.

    Start files may put other programs first on PATH; without an activation script of the environment's
    own (conda, pixi) its programs are put first again.
    """
    from mlenv.report.activation import activation_command

    script = next((path for name in ("bin", "Scripts") if (path := folder / name / "activate").is_file()), None)
    if script is not None:
        manager: ManagerName = "pip" if (script.parent / "Activate.ps1").is_file() else "uv"
        return activation_command(str(folder), shell, _system(), manager=manager)
    programs = environ["PATH"].split(os.pathsep)[0]
    lines = {"fish": f"set -gx PATH {_quote(programs)} $PATH", "powershell": f"$env:PATH = '{programs};' + $env:PATH"}
    return lines.get(shell, f"PATH={_quote(programs)}:$PATH; export PATH" if shell in ("bash", "zsh", "sh") else "")


def this_shell() -> ShellName:
    """The shell that called mlenv."""
    from mlenv.report.activation import detect_shell

    return detect_shell(os.environ, _system(), _parent_name())


def open_session(environ: Mapping[str, str], activation: str, shell: ShellName, scratch: Path) -> Session:
    """A shell of the user's own kind and settings in which ``activation`` was typed.

    ``scratch`` is a folder for the start files of shells that take no command before they begin.
    """
    variables = dict(environ)
    program = _program(shell, environ)
    if shell == "bash":
        start = _write(scratch / "bashrc", f"[ -f ~/.bashrc ] && . ~/.bashrc\n{activation}\n")
        return Session(argv=(program, "--rcfile", start, "-i"), environ=variables)
    if shell == "zsh":
        home = environ.get("ZDOTDIR") or environ.get("HOME", "~")
        lines = f"ZDOTDIR={_quote(home)}\n[ -f {_quote(home)}/.zshrc ] && . {_quote(home)}/.zshrc\n{activation}\n"
        _write(scratch / ".zshrc", lines)
        return Session(argv=(program, "-i"), environ={**variables, "ZDOTDIR": str(scratch)})
    if shell == "sh":
        start = _write(scratch / "shrc", f"{activation}\n")
        return Session(argv=(program, "-i"), environ={**variables, "ENV": start})
    return Session(argv=(program, *_command_first(shell, activation)), environ=variables)


def _command_first(shell: ShellName, activation: str) -> Sequence[str]:
    """The options by which a shell runs a command and stays."""
    if shell == "fish":
        return ("--init-command", activation)
    if shell == "nushell":
        return ("--execute", activation)
    if shell == "powershell":
        return ("-NoLogo", "-NoExit", "-Command", activation)
    if shell == "cmd":
        return ("/k", activation)
    return ()  # csh: only the variables, which are set anyway


def _program(shell: ShellName, environ: Mapping[str, str]) -> str:
    import shutil

    names = {"powershell": ("pwsh", "powershell"), "nushell": ("nu",), "cmd": ("cmd",), "csh": ("tcsh", "csh")}
    named = environ.get("SHELL", "")
    wanted = names.get(shell, (str(shell),))
    if os.path.basename(named) in wanted and os.access(named, os.X_OK):
        return named
    return next((found for name in wanted if (found := shutil.which(name))), wanted[0])


def _parent_name() -> str | None:
    import psutil

    try:
        for parent in psutil.Process().parents()[:3]:
            name = parent.name().removesuffix(".exe").lstrip("-")
            # Between a shell and mlenv there may be a launcher in Python, or uv.
            if not name.startswith(("python", "uv", "mlenv")):
                return name
    except (psutil.Error, OSError):
        return None
    return None


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that lives as long as the shell."""
    return tempfile.TemporaryDirectory(prefix="mlenv-shell-")


def _write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def _quote(text: str) -> str:
    import shlex

    return shlex.quote(text)


def _system() -> SystemFamily:
    if sys.platform == "win32":
        return "windows"
    return "macos" if sys.platform == "darwin" else "linux"
