"""A site's own rows over the built-in ones: what they change, and what is said of broken ones."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.unit.matrix.refresh.refresh_cases import build, framework, release
from tests.unit.matrix.refresh.refresh_matrix import make_matrix

ACME = """
id = "acme"
name = "Acme"
distribution = "acme"
imports = ["acme"]
checked_on = 2026-11-22
# more
[sources]
wiki = "our wiki"
[[release]]
version = "4.2"
released = 2026-01-01
source = ["wiki"]
builds = [
  { variant = "any", platforms = ["linux-x86_64"], pythons = ["3.12"], indexes = ["site"], \
evidence = "measured", source = ["wiki"] },
]
"""
INDEXES = """
checked_on = 2026-11-22
index = [{ id = "site", title = "ours", url = "https://wheels.site.test/simple", source = ["wiki"] }]
[sources]
wiki = "our wiki"
"""
TEAM = 'name = "team"\ntitle = "The team"\nextends = ["starter"]\nframeworks = ["acme>=4"]\n'
MACHINE = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.4"]\n'
ALONE = 'schema = 1\nversion = "7"\nas_of = 2026-11-22\nreplaces = true\n'
Site = Callable[..., Path]


@pytest.fixture
def site(here: Path, mlenv: Run) -> Site:
    """``site({path: text})`` in the folder that mlenv runs in, beside a described machine."""

    def make(files: dict[str, Any]) -> Path:
        for path, text in files.items():
            place = here / "site" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
        return here / "site"

    (here / "machine.toml").write_text(MACHINE)
    return make


@pytest.fixture
def whole(site: Site) -> Path:
    """A site's framework, profile and index."""
    return site({"frameworks/acme.toml": ACME, "indexes.toml": INDEXES, "profiles/team.toml": TEAM})


def plan_of(mlenv: Run, *arguments: str, **environ: str) -> Any:
    done = mlenv("plan", "--machine", "machine.toml", "--format", "json", *arguments, **environ)
    assert (0, "") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


@pytest.mark.usefixtures("whole")
def test_rows_profiles_and_indexes_are_laid_over(mlenv: Run) -> None:
    text = json.dumps(plan_of(mlenv, "--profile", "team", "--matrix", "site"))
    for part in ("acme==4.2", "https://wheels.site.test/simple", "numpy=="):
        assert part in text


@pytest.mark.usefixtures("whole")
def test_version_and_digest_tell_whose_data_it_is(mlenv: Run) -> None:
    plans = [
        plan_of(mlenv, "--with", "numpy"),
        plan_of(mlenv, "--with", "numpy", "--matrix", "site"),
        plan_of(mlenv, "--with", "numpy", MLENV_MATRIX="site"),
    ]
    told = [(plan["matrix_version"], plan["matrix_digest"]) for plan in plans]
    assert told[1] == told[2]
    assert told[0][1] != told[1][1]
    assert told[1][0].startswith(f"{told[0][0]}+")


def test_a_folder_of_its_own_replaces_the_built_in_data(mlenv: Run, here: Path) -> None:
    alone = make_matrix(here / "alone", framework(release("1.0", build(glibc="", pythons=("3.12",))))).folder
    (alone / "matrix.toml").write_text((alone / "matrix.toml").read_text() + "replaces = true\n")
    rows = json.loads(mlenv("matrix", "show", "--format", "json", MLENV_MATRIX="alone").stdout)
    assert ("2026.03.02", ["acme"]) == (rows["matrix_version"], [row["framework"] for row in rows["rows"]])
    assert (0, "") == ((done := mlenv("profiles", "--matrix", "alone")).returncode, done.stdout)
    assert "unknown profile 'starter'" in mlenv("plan", "--profile", "starter", "--matrix", "alone").stderr


def acme(old: str, new: str) -> dict[str, str]:
    assert old in ACME
    return {"frameworks/acme.toml": ACME.replace('indexes = ["site"], ', "").replace(old, new)}


FILE = "frameworks/acme.toml: "
BROKEN = [
    pytest.param(acme("# more", 'colour = "red"'), f"{FILE}has an unknown key `colour`", id="wrong-key"),
    pytest.param(acme("# more", 'lines = "many"'), f"{FILE}Expected `int`, got `str` in `lines`", id="wrong-type"),
    pytest.param(acme('id = "acme"\n', ""), f"{FILE}lacks the key `id`", id="missing-key"),
    pytest.param({"frameworks/acme.toml": ACME}, f"{FILE}4.2 any linux-x86_64: no index is called 'site'", id="index"),
    pytest.param(acme('"4.2"', '"four"'), f"{FILE}Invalid version: 'four'", id="no-version"),
    pytest.param(acme('["wiki"]', '["web"]'), "source 'web' is not in [sources]", id="unknown-source"),
    pytest.param(acme("Acme", "A\0cme"), f"{FILE}is not valid TOML", id="nul-byte"),
    pytest.param(acme("Acme", "A\\u0000cme"), f"{FILE}`name` holds a control character", id="nul-escape"),
    pytest.param(acme("# more", f"{'k' * 40_000} = 1"), f"{FILE}has an unknown key `kkkk", id="endless-key"),
    pytest.param({"frameworks/acme.toml": f"a = {'[' * 10_000}{']' * 10_000}"}, f"{FILE}is not valid", id="nested"),
    pytest.param({"frameworks/acme.toml": bytes(range(256))}, f"{FILE}is not a text file", id="junk"),
    pytest.param({"frameworks/acme.toml": b""}, f"{FILE}lacks the key `id`", id="empty-file"),
    pytest.param({"framework/acme.toml": ACME}, "framework/acme.toml: is no file of a matrix", id="wrong-folder"),
    pytest.param(
        {
            "profiles/a.toml": 'name = "a"\ntitle = "A"\nextends = ["b"]\n',
            "profiles/b.toml": 'name = "b"\ntitle = "B"\nextends = ["a"]\n',
        },
        "profiles/a.toml: key `extends` goes round in a circle: a -> b -> a",
        id="cyclic",
    ),
    pytest.param({"profiles/team.toml": TEAM}, "profiles/team.toml: no framework is called 'acme'", id="framework"),
    pytest.param({"matrix.toml": ALONE}, "drivers.toml: cannot be read", id="replaces-with-nothing"),
    pytest.param({"matrix.toml": ALONE.replace("1", "2", 1)}, "matrix.toml: schema is 2", id="another-schema"),
    pytest.param({"matrix.toml": b"\xff\xfe"}, "matrix.toml: is not a text file", id="junk-info"),
    pytest.param({"readme.md": "hello"}, "site: holds no TOML file", id="empty-folder"),
]
COMMANDS = (
    ("plan", "--with", "numpy", "--machine", "machine.toml"),
    ("doctor", "--machine", "machine.toml"),
    ("profiles",),
    ("matrix", "show", "numpy"),
)


def fails_in_one_line(mlenv: Run, command: tuple[str, ...], message: str, folder: str = "site") -> None:
    done = mlenv(*command, "--matrix", folder)
    assert (2, "") == (done.returncode, done.stdout)
    first, *hints = done.stderr.splitlines()
    assert first.startswith(f"error: {folder}")
    assert message in first
    assert len(first) < 1000
    assert [True] * len(hints[:1]) == [hint.startswith("hint: ") for hint in hints]


@pytest.mark.parametrize(("files", "message"), BROKEN)
def test_broken(mlenv: Run, site: Site, files: dict[str, Any], message: str) -> None:
    site(files)
    fails_in_one_line(mlenv, COMMANDS[2], message)


@pytest.mark.parametrize("command", COMMANDS, ids=["plan", "doctor", "profiles", "show"])
def test_every_command_says_so(mlenv: Run, site: Site, command: tuple[str, ...]) -> None:
    site(acme("# more", 'colour = "red"'))
    fails_in_one_line(mlenv, command, "site/frameworks/acme.toml: has an unknown key `colour`")


def no_such_file(place: Path) -> None:
    place.symlink_to("nowhere.toml")


def loop(place: Path) -> None:
    place.symlink_to(place.name)


def sparse(place: Path) -> None:
    place.touch()
    os.truncate(place, 100_000_000)


def unreadable(place: Path) -> None:
    place.write_text(ACME)
    place.chmod(0)
    if os.access(place, os.R_OK):
        pytest.skip("this user may read every file")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (no_such_file, "cannot be read (No such file or directory)"),
        (loop, "cannot be read (Too many levels of symbolic links)"),
        (Path.mkdir, "cannot be read (Is a directory)"),
        (sparse, "has 100 MB, a file of this kind at most 32 MB"),
        (unreadable, "cannot be read (Permission denied)"),
        (os.mkfifo, "is no file of a matrix"),
    ],
    ids=["dangling", "loop", "folder", "100-mb", "unreadable", "pipe"],
)
@pytest.mark.parametrize("name", ["acme", "numpy"])
def test_files_that_cannot_be_read(
    mlenv: Run, site: Site, make: Callable[[Path], None], message: str, name: str
) -> None:
    place = site({"profiles/team.toml": TEAM.replace("acme>=4", "numpy")}) / "frameworks" / f"{name}.toml"
    place.parent.mkdir()
    make(place)
    fails_in_one_line(mlenv, ("profiles",), f"site/frameworks/{name}.toml: {message}")


@pytest.mark.parametrize(
    ("folder", "message"), [("gone", "there is no such folder"), ("machine.toml", "is not a folder")]
)
def test_folders_that_are_none(mlenv: Run, site: Site, folder: str, message: str) -> None:
    fails_in_one_line(mlenv, ("profiles",), message, folder)


def test_check_tells_every_problem(mlenv: Run, site: Site) -> None:
    site({**acme("# more", 'colour = "red"'), "profiles/team.toml": TEAM})
    done = mlenv("matrix", "check", "--matrix", "site")
    assert (1, "") == (done.returncode, done.stderr)
    assert "unknown key `colour`" in done.stdout
