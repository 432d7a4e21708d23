"""What a stand-in for conda, mamba, micromamba or pixi does when it is called (see ``conda_clients``).

It installs what a channel in a folder or on this machine's loopback address has; of any other
address it only keeps the records.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.stands.conda_source import Source, unpack

SEEN = "seen.jsonl"
TROUBLE = "trouble.json"
REACHED = "reached"
PREFIXES = ("CONDA", "MAMBA", "PIXI", "PIP_", "SSL_", "REQUESTS_", "CURL_")
OTHERS = ("NO_COLOR", "NETRC", "PYTHONPATH", "PYTHONNOUSERSITE", "TMPDIR")
FLAGS = {
    *("--yes", "--offline", "--offline=true", "--no-default-packages"),
    *("--override-channels", "--strict-channel-priority"),
}
TAKING = {"--prefix", "--file", "--channel", "--platform", "--manifest-path"}
Options = dict[str, list[str]]


def main(program: Path, version: str, argv: Sequence[str]) -> None:
    """One call of a client that lies at ``program``."""
    if list(argv) == ["--version"]:
        sys.stdout.write(f"{program.name} {version}\n")
        return
    write_down(program, argv)
    verb, (options, rest) = argv[0], read(argv[1:])
    make = {"create": create, "init": init}.get(verb)
    if make is not None:
        make(options, rest)
        return
    if verb != "install":
        sys.exit(f"error: no such command: {verb}")
    (install_workspace if program.name == "pixi" else install)(options, rest, program.with_name(TROUBLE))


def write_down(program: Path, argv: Sequence[str]) -> None:
    row = {
        "program": program.name,
        "path": str(program),
        "argv": list(argv),
        "cwd": os.getcwd(),
        "variables": {name: value for name, value in os.environ.items() if watched(name)},
    }
    with program.with_name(SEEN).open("a") as log:
        log.write(json.dumps(row) + "\n")


def watched(name: str) -> bool:
    return name.startswith(PREFIXES) or name in OTHERS or name.lower().endswith("_proxy")


def read(argv: Iterable[str]) -> tuple[Options, list[str]]:
    """Options with their values, and what is neither."""
    options: Options = {}
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word in TAKING:
            options.setdefault(word, []).append(next(words))
        elif word in FLAGS:
            options[word] = []
        elif word.startswith("-"):
            sys.exit(f"error: unexpected argument {word}")
        else:
            rest.append(word)
    return options, rest


# ---------------------------------------------------------------- conda, mamba, micromamba


def create(options: Options, _: Sequence[str]) -> None:
    prefix = Path(options["--prefix"][0])
    if prefix.exists() and any(prefix.iterdir()):
        sys.exit("error: Non-conda folder exists at prefix - aborting.")
    make_prefix(prefix, [])


def install(options: Options, specs: Sequence[str], trouble: Path) -> None:
    prefix = Path(options["--prefix"][0])
    if not (prefix / "conda-meta" / "history").is_file():
        sys.exit(f"error: not a conda environment: {prefix}")
    lines = [line for lock in options.get("--file", []) for line in lines_of(Path(lock))]
    sources = [Source(name) for name in map(address_of, options.get("--channel", []))]
    found = lines or [line for spec in specs for line in find(sources, *split(spec))]
    make_prefix(prefix, found[:1])
    meet_trouble(trouble)
    make_prefix(prefix, found)


def lines_of(lock: Path) -> list[str]:
    text = lock.read_text()
    if "@EXPLICIT" not in text.splitlines():
        sys.exit(f"error: {lock} is no explicit lock")
    return [line for line in text.splitlines() if "://" in line]


def address_of(channel: str) -> str:
    """A channel as the file that CONDARC names has it; its name where that says nothing."""
    rc = os.environ.get("CONDARC", "")
    lines = Path(rc).read_text().splitlines() if rc else []
    pairs = (line.strip().partition(": ")[::2] for line in lines if line.startswith(" "))
    bases = {json.loads(name): json.loads(base) for name, base in pairs}
    return f"{bases[channel]}/{channel}" if channel in bases else channel


def split(spec: str) -> tuple[str, str]:
    """``python=3.12.*`` as a name and a pattern of versions."""
    name, _, version = spec.partition("=")
    return name, version.lstrip("=") or "*"


def find(sources: Sequence[Source], name: str, version: str, build: str = "*") -> list[str]:
    """The package's line of a lock; a made-up one where no channel can be read."""
    asked = [source for source in sources if source.readable]
    rows = [line for source in asked for line in source.find(name, version, build)]
    if not rows and asked:
        sys.exit(f"PackagesNotFoundError: The following packages are not available:\n\n  - {name}={version}\n")
    return rows[:1] or [f"https://channel.invalid/noarch/{name}-1.0-0.conda"]


# ---------------------------------------------------------------- pixi


def init(_: Options, rest: Sequence[str]) -> None:
    folder = Path(rest[0])
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "pixi.toml").exists():
        sys.exit("error: pixi.toml already exists")
    (folder / "pixi.toml").write_text("[workspace]\n")


def install_workspace(options: Options, _: Sequence[str], trouble: Path) -> None:
    manifest = Path(options["--manifest-path"][0])
    asked = read_toml(manifest)
    if "dependencies" not in asked:
        sys.exit(f"error: {manifest} asks for nothing")
    manifest.with_name("pixi.lock").write_text("version: 6\n")
    sources = [Source(address) for address in asked["workspace"]["channels"]]
    tables = {name: row if isinstance(row, dict) else {"version": row} for name, row in asked["dependencies"].items()}
    found = [
        line
        for name, row in tables.items()
        for line in find(sources, name, row["version"].lstrip("="), row.get("build", "*"))
    ]
    prefix = manifest.parent / ".pixi" / "envs" / "default"
    make_prefix(prefix, found[:1])
    meet_trouble(trouble)
    make_prefix(prefix, found)
    add_wheels(prefix, asked)


def add_wheels(prefix: Path, asked: dict[str, Any]) -> None:
    """What the manifest asks of the package index, by the pip that stands beside this."""
    wanted = [f"{name}{'' if row == '*' else row}" for name, row in asked.get("pypi-dependencies", {}).items()]
    if not wanted:
        return
    (site,) = prefix.glob("lib/python3*/site-packages")
    index = asked.get("pypi-options", {}).get("index-url", "")
    variables = {**os.environ, **({"PIP_INDEX_URL": index} if index else {})}
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), *wanted]
    subprocess.run(pip, check=True, env=variables)


def read_toml(path: Path) -> dict[str, Any]:
    import tomli

    return tomli.loads(path.read_text())


# ---------------------------------------------------------------- the environment, and what may happen to it


def make_prefix(prefix: Path, lines: Iterable[str]) -> None:
    """An environment with the packages of the lines of a lock, and a Python."""
    records = prefix / "conda-meta"
    records.mkdir(parents=True, exist_ok=True)
    (records / "history").touch()
    for line in lines:
        url, _, md5 = line.partition("#")
        file = url.rpartition("/")[2].removesuffix(".conda").removesuffix(".tar.bz2")
        name, version, build = file.rsplit("-", 2)
        channel, subdir, _ = url.rsplit("/", 2)
        unpack(url, md5, prefix)
        record = {"name": name, "version": version, "build": build, "url": url, "md5": md5, "subdir": subdir}
        (records / f"{file}.json").write_text(json.dumps({**record, "channel": channel}))
        (prefix / "bin").mkdir(exist_ok=True)
        if not (prefix / "bin" / "python").exists():
            (prefix / "bin" / "python").symlink_to(sys.executable)


def meet_trouble(path: Path) -> None:
    """Fail, hang or be killed in the middle, where somebody wants that."""
    if not path.is_file():
        return
    wanted = json.loads(path.read_text())
    path.with_name(REACHED).touch()
    while wanted["how"] == "hang":
        time.sleep(0.05)
    if wanted["how"] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stderr.write(wanted["text"])
    sys.exit(wanted["status"])
