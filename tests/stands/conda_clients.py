"""Stand-ins for conda, mamba, micromamba and pixi: they write down how they were called, and make an environment.

An environment of theirs has a Python (the one that runs the tests) and what conda keeps of itself.
They refuse what the real ones refuse: a folder that holds files, an environment that is none, a lock
that is none, options that they do not know.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

NAMES = ("conda", "mamba", "micromamba", "pixi")
SEEN = "seen.jsonl"

CLIENT = r'''#!{python}
import json, os, pathlib, sys

PREFIXES = ("CONDA", "MAMBA", "PIXI", "PIP_", "SSL_", "REQUESTS_", "CURL_")
OTHERS = ("NO_COLOR", "NETRC", "PYTHONPATH", "PYTHONNOUSERSITE")
FLAGS = {{"--yes", "--offline", "--offline=true", "--no-default-packages"}}
FLAGS |= {{"--override-channels", "--strict-channel-priority"}}
TAKING = {{"--prefix", "--file", "--channel", "--platform", "--manifest-path"}}


def watched(name):
    return name.startswith(PREFIXES) or name in OTHERS or name.lower().endswith("_proxy")


def write_down(program, argv):
    row = {{
        "program": program,
        "path": sys.argv[0],
        "argv": argv,
        "cwd": os.getcwd(),
        "variables": {{name: value for name, value in os.environ.items() if watched(name)}},
    }}
    with open(pathlib.Path(__file__).with_name({seen!r}), "a") as log:
        log.write(json.dumps(row) + "\n")


def read(argv):
    """Options with their values, and what is neither."""
    options, rest, words = {{}}, [], iter(argv)
    for word in words:
        if word in TAKING:
            options.setdefault(word, []).append(next(words))
        elif word in FLAGS:
            options[word] = []
        elif word.startswith("-"):
            sys.exit(f"error: unexpected argument {{word}}")
        else:
            rest.append(word)
    return options, rest


def make_prefix(prefix, records):
    (prefix / "conda-meta").mkdir(parents=True, exist_ok=True)
    (prefix / "conda-meta" / "history").touch()
    for name in records:
        (prefix / "conda-meta" / f"{{name}}.json").write_text(json.dumps({{"name": name.rsplit("-", 2)[0]}}))
    if records:
        (prefix / "bin").mkdir(exist_ok=True)
        if not (prefix / "bin" / "python").exists():
            (prefix / "bin" / "python").symlink_to(sys.executable)


def names_of(lock):
    text = pathlib.Path(lock).read_text()
    if "@EXPLICIT" not in text.splitlines():
        sys.exit(f"error: {{lock}} is no explicit lock")
    files = [line.partition("#")[0].rpartition("/")[2] for line in text.splitlines() if "://" in line]
    return [name.removesuffix(".conda").removesuffix(".tar.bz2") for name in files]


def conda(verb, argv):
    options, specs = read(argv)
    prefix = pathlib.Path(options["--prefix"][0])
    if verb == "create":
        if prefix.exists() and any(prefix.iterdir()):
            sys.exit("error: Non-conda folder exists at prefix - aborting.")
        make_prefix(prefix, [])
    elif verb == "install":
        if not (prefix / "conda-meta" / "history").is_file():
            sys.exit(f"error: not a conda environment: {{prefix}}")
        locked = [name for lock in options.get("--file", []) for name in names_of(lock)]
        make_prefix(prefix, locked or [f"{{spec.split('=')[0].split()[0]}}-1.0-0" for spec in specs])
    else:
        sys.exit(f"error: no such command: {{verb}}")


def pixi(verb, argv):
    options, rest = read(argv)
    if verb == "init":
        folder = pathlib.Path(rest[0])
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "pixi.toml").exists():
            sys.exit("error: pixi.toml already exists")
        (folder / "pixi.toml").write_text("[workspace]\n")
    elif verb == "install":
        manifest = pathlib.Path(options["--manifest-path"][0])
        if "[dependencies]" not in manifest.read_text():
            sys.exit(f"error: {{manifest}} asks for nothing")
        manifest.with_name("pixi.lock").write_text("version: 6\n")
        make_prefix(manifest.parent / ".pixi" / "envs" / "default", ["python-1.0-0"])
    else:
        sys.exit(f"error: no such command: {{verb}}")


program, argv = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
if argv == ["--version"]:
    print(f"{{program}} {version}")
    sys.exit()
write_down(program, argv)
(pixi if program == "pixi" else conda)(argv[0], argv[1:])
'''


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a client: its name and path, its arguments, where, and the variables that concern it."""

    program: str
    path: str
    argv: tuple[str, ...]
    cwd: str
    variables: dict[str, str]


def make_clients(folder: Path, names: Iterable[str] = NAMES, *, version: str = "2.5.0") -> Path:
    """Write the clients into ``folder``, which can then stand in PATH; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = CLIENT.format(python=sys.executable, seen=SEEN, version=version)
    for name in names:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def read_calls(folder: Path) -> list[Call]:
    """How the clients of a folder were called, in order; questions for their version do not count."""
    path = folder / SEEN
    lines = path.read_bytes().splitlines() if path.is_file() else []
    return [msgspec.json.decode(line, type=Call) for line in lines]


def all_words(calls: Iterable[Call]) -> list[str]:
    """Every argument of the calls: what anybody on the machine could have read."""
    return [word for call in calls for word in call.argv]
