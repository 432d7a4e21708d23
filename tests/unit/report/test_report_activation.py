"""The activation command: typed into the shells that are here, and its words for the others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlenv.facts.python import ManagerName
from mlenv.facts.system import SystemFamily
from mlenv.report.activation import ShellName, activation_command, detect_shell
from mlenv.system.process import run

SCRIPTS = {
    "activate": "PROOF=yes\n",
    "activate.fish": "set PROOF yes\n",
    "activate.csh": "set PROOF = yes\n",
}
PROGRAMS: list[tuple[ShellName, tuple[str, ...]]] = [
    ("bash", ("bash", "-c")),
    ("sh", ("dash", "-c")),
    ("sh", ("sh", "-c")),
    ("zsh", ("zsh", "-f", "-c")),
    ("fish", ("fish", "--no-config", "-c")),
    ("csh", ("tcsh", "-f", "-c")),
]
NAMES = [
    "plain",
    "with space",
    "it's",
    'a $HOME `x` "q"',
    "über!ä \\b",
    "=e",
    "~t",
    "-dash",
    "a%b&c;d|e",
    "#x",
    "[a]*?{b,c}",
]


@pytest.mark.skipif(os.name == "nt", reason="such names are none on Windows")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("shell", "argv"), PROGRAMS, ids=lambda value: value[0] if isinstance(value, tuple) else None)
def test_the_command_works_where_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: ShellName, argv: tuple[str, ...], name: str
) -> None:
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not here")
    folder = tmp_path / name / "bin"
    folder.mkdir(parents=True)
    for script, text in SCRIPTS.items():
        (folder / script).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for environment in (name, str(tmp_path / name), f"{name}/"):
        command = activation_command(environment, shell, "linux")
        completed = run([*argv, f"{command}\necho $PROOF"], timeout=60, environ={**os.environ, "HOME": str(tmp_path)})
        assert ("yes", "") == (completed.stdout.strip(), completed.stderr.strip())


@pytest.mark.parametrize(
    ("environment", "shell", "system", "manager", "expected"),
    [
        (".venv", "bash", "linux", "uv", "source .venv/bin/activate"),
        (".venv", "zsh", "macos", "pip", "source .venv/bin/activate"),
        (".venv", "sh", "linux", "uv", ". .venv/bin/activate"),
        (".venv", "fish", "linux", "uv", "source .venv/bin/activate.fish"),
        (".venv", "csh", "linux", "uv", "source .venv/bin/activate.csh"),
        ("it's", "csh", "linux", "uv", "source 'it'\\''s/bin/activate.csh'"),
        ("it's \\n", "fish", "linux", "uv", "source 'it\\'s \\\\n/bin/activate.fish'"),
        (".venv", "nushell", "linux", "uv", "overlay use .venv/bin/activate.nu"),
        ("a $b", "nushell", "linux", "uv", "overlay use 'a $b/bin/activate.nu'"),
        ('it\'s "q"', "nushell", "linux", "uv", 'overlay use "it\'s \\"q\\"/bin/activate.nu"'),
        ("C:\\my env", "nushell", "windows", "uv", "overlay use 'C:\\my env\\Scripts\\activate.nu'"),
        # venv has no script for nushell, and another name for PowerShell's.
        (".venv", "nushell", "linux", "pip", "mlenv shell --env .venv"),
        (".venv", "powershell", "linux", "pip", "& '.venv/bin/Activate.ps1'"),
        (".venv", "powershell", "linux", "uv", "& '.venv/bin/activate.ps1'"),
        ("C:\\it's ‘q’", "powershell", "windows", "uv", "& 'C:\\it''s ‘‘q’’\\Scripts\\activate.ps1'"),
        ("C:/my env/", "cmd", "windows", "uv", '"C:\\my env\\Scripts\\activate.bat"'),
        ("C:\\my env", "bash", "windows", "uv", "source 'C:/my env/Scripts/activate'"),
        # Prefixes of conda: a name without a separator would be another environment's.
        ("envs", "bash", "linux", "conda", "conda activate ./envs"),
        ("/my envs/a", "zsh", "linux", "mamba", "mamba activate '/my envs/a'"),
        ("/envs/a", "fish", "linux", "micromamba", "micromamba activate /envs/a"),
        ("envs", "powershell", "windows", "conda", "conda activate './envs'"),
        ("my env", "bash", "linux", "pixi", "mlenv shell --env 'my env'"),
        ("my env", "powershell", "windows", "pixi", "mlenv shell --env 'my env'"),
    ],
)
def test_words_of_each_shell(
    environment: str, shell: ShellName, system: SystemFamily, manager: ManagerName, expected: str
) -> None:
    assert expected == activation_command(environment, shell, system, manager=manager)


PROGRAM_FILES = "C:\\Program Files"
SYSTEM_MODULES = f"{PROGRAM_FILES}\\WindowsPowerShell\\Modules;C:\\Windows\\system32\\WindowsPowerShell\\v1.0\\Modules"
WINDOWS = {
    "ProgramFiles": PROGRAM_FILES,
    "SystemRoot": "C:\\Windows",
    "PSModulePath": SYSTEM_MODULES,
    "ComSpec": "C:\\Windows\\system32\\cmd.exe",
}


@pytest.mark.parametrize(
    ("environ", "system", "parent", "expected"),
    [
        ({"SHELL": "/bin/bash"}, "linux", "fish", "fish"),
        ({"SHELL": "/bin/bash"}, "linux", "-zsh", "zsh"),
        ({"SHELL": "/bin/bash"}, "linux", "/usr/bin/zsh-5.9", "zsh"),
        ({"SHELL": "/bin/bash"}, "linux", "dash", "sh"),
        ({"SHELL": "/bin/bash"}, "linux", "tcsh", "csh"),
        ({"SHELL": "/bin/bash"}, "linux", "pwsh", "powershell"),
        ({"SHELL": "/bin/bash"}, "linux", "nu", "nushell"),
        # A launcher in between: the variables decide.
        ({"SHELL": "/bin/bash"}, "linux", "uv", "bash"),
        ({"SHELL": "/usr/local/bin/fish"}, "macos", None, "fish"),
        ({"SHELL": "/bin/bash", "NU_VERSION": "0.108.0"}, "linux", "uv", "nushell"),
        ({"PSModulePath": "/opt/modules"}, "linux", None, "powershell"),
        ({"SHELL": "/usr/sbin/nologin"}, "linux", None, "sh"),
        ({}, "linux", None, "sh"),
        (WINDOWS, "windows", "PowerShell.EXE", "powershell"),
        (WINDOWS, "windows", "C:\\Windows\\System32\\cmd.exe", "cmd"),
        (WINDOWS, "windows", None, "cmd"),
        (
            {**WINDOWS, "PSModulePath": f"C:\\Users\\ada\\Documents\\PowerShell\\Modules;{SYSTEM_MODULES}"},
            "windows",
            "uv.exe",
            "powershell",
        ),
        ({**WINDOWS, "SHELL": "/usr/bin/bash"}, "windows", None, "bash"),
        ({}, "windows", None, "powershell"),
    ],
)
def test_which_shell_this_is(
    environ: dict[str, str], system: SystemFamily, parent: str | None, expected: ShellName
) -> None:
    assert expected == detect_shell(environ, system, parent)
