"""What a single file is made of, and that it is made the same each time."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from mlenv.errors import NoVerdictError, UsageError
from mlenv.pyz.archive import SHEBANG, fill_in, pack, start_text
from mlenv.pyz.build import Parts, build_pyz
from mlenv.pyz.gathering import Uv, read_packages, read_program
from mlenv.pyz.requirements import choose_requirements, is_needed, missing_modules
from mlenv.pyz.targets import Target, choose_targets
from mlenv.system.process import Completed


def open_payload(content: bytes) -> zipfile.ZipFile:
    with zipfile.ZipFile(io.BytesIO(content)) as outer:
        return zipfile.ZipFile(io.BytesIO(outer.read("payload.zip")))


def test_the_same_parts_give_the_same_bytes_in_any_order() -> None:
    one, two = {"a/x.py": b"1", "a/y.so": b"2"}, {"a/y.so": b"3", "a/x.py": b"1"}
    first = pack({"t1": one, "t2": two}, "lock", ("clingo",), start_text())
    again = pack({"t2": two, "t1": dict(reversed(one.items()))}, "lock", ("clingo",), start_text())
    assert first == again
    assert first.startswith(SHEBANG)


def test_the_same_content_is_carried_once() -> None:
    content = pack({"t1": {"x.py": b"1", "m.so": b"2"}, "t2": {"x.py": b"1", "m.so": b"3"}}, "", (), start_text())
    with open_payload(content) as payload:
        table = json.loads(payload.read("contents.json"))["targets"]
        assert table["t1"]["x.py"] == table["t2"]["x.py"]
        assert (b"2", b"3") == (payload.read(table["t1"]["m.so"]), payload.read(table["t2"]["m.so"]))
        assert len(payload.namelist()) == 4


def test_another_content_is_another_build() -> None:
    builds = set()
    for text in (b"1", b"2"):
        with zipfile.ZipFile(io.BytesIO(pack({"t": {"x.py": text}}, "", (), start_text()))) as outer:
            builds.add(outer.read("__main__.py"))
    assert len(builds) == 2


def test_first_lines_are_filled_in() -> None:
    names: dict[str, object] = {"__name__": "x"}
    exec(fill_in(start_text(), build="abc", left_out=("clingo",)), names)
    assert ("abc", ("clingo",)) == (names["BUILD"], names["LEFT_OUT"])


def test_targets() -> None:
    assert ["cp312-linux-x86_64"] == [target.id for target in choose_targets(["linux-x86_64"], ["3.12"])]
    assert Target("3.10", "windows-aarch64") not in choose_targets()
    with pytest.raises(UsageError, match=r"no platform 'plan9'"):
        choose_targets(["plan9"])


def test_large_requirements_stay_out_unless_named() -> None:
    stated = ["msgspec>=0.19", "clingo>=5.7", "uv>=0.9", 'py-rattler>=0.28; extra == "conda"']
    assert choose_requirements(stated) == ("msgspec>=0.19",)
    assert choose_requirements(stated, ["clingo"]) == ("msgspec>=0.19", "clingo>=5.7")
    assert "clingo" in missing_modules(["msgspec>=0.19"])
    assert "clingo" not in missing_modules(["clingo>=5.7"])


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("rich/console.py", True),
        ("bin/pygmentize", False),
        ("rich-15.dist-info/METADATA", True),
        ("rich-15.dist-info/RECORD", False),
        ("rich-15.dist-info/licenses/LICENSE", True),
        ("tomli/_parser.cpython-312-x86_64-linux-gnu.so", False),
        ("msgspec/_core.cpython-312-x86_64-linux-gnu.so", True),
        ("pygments/lexers/_mapping.py", True),
        ("pygments/lexers/abap.py", False),
        ("x/__pycache__/y.pyc", False),
    ],
)
def test_what_of_a_package_is_carried(path: str, wanted: bool) -> None:
    assert is_needed(path, {"tomli/_parser.cpython-312-x86_64-linux-gnu.so"}) == wanted


def test_compiled_parts_go_where_python_does_as_well(tmp_path: Path) -> None:
    records = {"tomli-2.5.0": "tomli/fast.so,,\ntomli/slow.py,,\n", "msgspec-0.22": "msgspec/_core.so,,\n"}
    for name, record in records.items():
        (tmp_path / f"{name}.dist-info").mkdir()
        (tmp_path / f"{name}.dist-info" / "RECORD").write_text(record)
    for path in ("tomli/fast.so", "tomli/slow.py", "msgspec/_core.so"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    assert {"tomli/slow.py", "msgspec/_core.so"} == set(read_packages(tmp_path))


def test_the_program_has_its_data_as_an_installed_one_has(tmp_path: Path) -> None:
    for path in ("mlenv/a.py", "mlenv/__pycache__/a.pyc", "mlenv/compat_matrix/old.toml", "data/matrix.toml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    files = read_program(tmp_path / "mlenv", tmp_path / "data")
    assert {"mlenv/a.py", "mlenv/compat_matrix/matrix.toml"} == set(files)


class FakeUv:
    """Answers as uv does: a lock, and a package with a compiled module for each target."""

    def __init__(self, failing: str = "") -> None:
        self.calls: list[list[str]] = []
        self.failing = failing

    def __call__(self, argv: list[str], *, timeout: float) -> Completed:
        self.calls.append(argv)
        if argv[2] == self.failing:
            return Completed(status=2, stderr="error: no network\n")
        if argv[2] == "compile":
            Path(argv[argv.index("--output-file") + 1]).write_text("msgspec==1 --hash=sha256:0\n")
        else:
            folder = Path(argv[argv.index("--target") + 1], "msgspec")
            folder.mkdir(parents=True)
            (folder / "_core.so").write_text(argv[argv.index("--python-platform") + 1])
        return Completed(status=0)


def make_parts(tmp_path: Path, lock: str = "") -> Parts:
    (tmp_path / "mlenv").mkdir(exist_ok=True)
    (tmp_path / "mlenv" / "__main__.py").write_text("")
    (tmp_path / "data").mkdir(exist_ok=True)
    return Parts(
        package=tmp_path / "mlenv",
        data=tmp_path / "data",
        requirements=("msgspec>=0.19", "uv>=0.9"),
        targets=choose_targets(["linux-x86_64", "macos-aarch64"], ["3.12"]),
        lock=lock,
    )


def test_every_target_is_locked_and_laid_out(tmp_path: Path) -> None:
    fake = FakeUv()
    told: list[Target] = []
    built = build_pyz(make_parts(tmp_path), Uv("uv", fake), told.append)
    with open_payload(built.content) as payload:
        table = json.loads(payload.read("contents.json"))["targets"]
        members = [table[target.id]["msgspec/_core.so"] for target in told]
        assert [b"x86_64-manylinux_2_17", b"aarch64-apple-darwin"] == [payload.read(member) for member in members]
    assert [["compile", "3.12"], ["install", "3.12"], ["install", "3.12"]] == [
        [call[2], call[call.index("--python-version") + 1]] for call in fake.calls
    ]
    assert "--require-hashes" in fake.calls[1]
    assert built.lock == "msgspec==1 --hash=sha256:0\n"


def test_a_lock_that_is_given_is_used(tmp_path: Path) -> None:
    fake = FakeUv()
    assert build_pyz(make_parts(tmp_path, lock="kept"), Uv("uv", fake, offline=True)).lock == "kept"
    assert {"install"} == {call[2] for call in fake.calls}
    assert all("--offline" in call for call in fake.calls)


@pytest.mark.parametrize("failing", ["compile", "install"])
def test_a_part_that_cannot_be_had_is_no_verdict(tmp_path: Path, failing: str) -> None:
    with pytest.raises(NoVerdictError, match="no network"):
        build_pyz(make_parts(tmp_path), Uv("uv", FakeUv(failing)))
