"""What is heard and seen while an installation runs: progress, files on the disk, differences from the lock."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import msgspec
import pytest

from mlenv.consistency.integrity import find_damage
from mlenv.consistency.settled import compare_with_lock
from mlenv.execute.manifest import Manifest
from mlenv.execute.meter import Meter
from mlenv.facts.environment import CondaPackage, Distribution, Environment
from mlenv.formats.install_progress import Progress, parse_progress
from tests.unit.execute.installing import make_plan, proof_of
from tests.unit.plan.plan_cases import describe

# ---------------------------------------------------------------- progress


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Downloading numpy (16.1MiB)", ("began", "numpy")),
        (" Downloaded numpy", ("fetched", "numpy")),
        ("   Building pyspark==4.1.0", None),
        ("      Built pyspark==4.1.0", ("built", "pyspark")),
        ("      Built demo @ file:///srv/demo.tar.gz", ("built", "demo")),
        ("Prepared 10 packages in 2.05s", ("prepared", "10")),
        ("Installed 1 package in 4ms", ("installed", "1")),
        ("  Downloading scikit_learn-1.9.1-cp313-cp313-manylinux_2_28_x86_64.whl (9.1 MB)", ("began", "scikit_learn")),
        ("Successfully installed numpy-2.5.5", ("installed", "numpy-2.5.5")),
        (" + numpy==2.5.5", None),
        ("", None),
        ("error: Failed to fetch", None),
    ],
)
def test_the_lines_of_installers(line: str, expected: tuple[str, str] | None) -> None:
    found = parse_progress(line)
    assert (Progress(kind=expected[0], subject=expected[1]) if expected else None) == found  # type: ignore[arg-type]


def test_progress_by_package_and_bytes() -> None:
    said: list[str] = []
    meter = Meter({"torch": 900_000_000, "scikit-learn": 9_000_000, "six": 0}, said.append)
    for line in ("Downloading torch (858.3MiB)", "Downloading scikit-learn (8.6MiB)", " Downloaded scikit-learn"):
        meter.hear(line)
    meter.hear("Resolved 3 packages in 1ms")
    assert [
        "0 of 3 packages, 0 of 909 MB; torch",
        "0 of 3 packages, 0 of 909 MB; torch, scikit-learn",
        "1 of 3 packages, 9 of 909 MB; torch",
        "Resolved 3 packages in 1ms",
    ] == said


def test_without_sizes_packages_are_counted() -> None:
    said: list[str] = []
    Meter({"a": 0}, said.append).hear(" Downloaded a")
    assert ["1 of 1 packages"] == said


# ---------------------------------------------------------------- files


def install(site: Path, name: str, files: dict[str, bytes], *, rows: str = "") -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    lines = []
    for path, content in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f'"{path}",sha256={digest},{len(content)}\n')
    (info / "RECORD").write_text("".join(lines) + rows)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "python3.13" / "site-packages"


def test_whole_files_are_no_damage(tmp_path: Path, site: Path) -> None:
    install(site, "one", {"one/a.py": b"x = 1\n", "one/b, odd.py": b""}, rows="one-1.0.dist-info/RECORD,,\nnot,a\n")
    assert () == find_damage(tmp_path)


def test_each_damaged_distribution_is_named_once(tmp_path: Path, site: Path) -> None:
    install(site, "good", {"good.py": b"x"})
    install(site, "bad_name", {"bad/a.py": b"x = 1\n", "bad/b.py": b"x = 1\n"})
    for name in ("a", "b"):
        (site / "bad" / f"{name}.py").write_bytes(b"x = 2\n")
    (damage,) = find_damage(tmp_path)
    assert ("bad-name", str(site / "bad/a.py")) == (damage.distribution, damage.path)
    assert "has another content than the one that was published" == damage.problem


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda path: path.write_bytes(b"x"), "has 1 bytes and should have 6"),
        (lambda path: path.unlink(), "cannot be read (No such file or directory)"),
    ],
    ids=["short", "gone"],
)
def test_what_is_wrong_is_said(tmp_path: Path, site: Path, spoil: object, problem: str) -> None:
    install(site, "one", {"one.py": b"x = 1\n"})
    spoil(site / "one.py")  # type: ignore[operator]
    assert [problem] == [damage.problem for damage in find_damage(tmp_path)]


def test_a_hash_that_nobody_computes_proves_nothing(tmp_path: Path, site: Path) -> None:
    install(site, "one", {}, rows="one.py,md5=abc,3\n")
    assert () == find_damage(tmp_path)


def test_no_environment_has_no_damage(tmp_path: Path) -> None:
    assert () == find_damage(tmp_path)


# ---------------------------------------------------------------- against the lock


def manifest(*packages: str, manager: str = "uv", lock: str | None = None) -> Manifest:
    rows = "".join(_row(package) for package in packages)
    return Manifest(
        matrix_version="1",
        created="2026-11-22T10:00:00+00:00",
        plan=msgspec.structs.replace(make_plan(Path("/srv/env")), manager=manager, python="3.13"),
        machine=describe(),
        lock=f'lock-version = "1.0"\n{rows}' if lock is None else lock,
        verification=proof_of("ok"),
    )


def _row(package: str) -> str:
    text, _, marker = package.partition(" ; ")
    name, version = text.split("==")
    more = f'marker = "{marker}"\n' if marker else ""
    return f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}'


@pytest.fixture
def python(tmp_path: Path) -> str:
    (tmp_path / "python").touch()
    return str(tmp_path / "python")


def environment(python: str, *packages: str, conda: tuple[str, ...] = ()) -> Environment:
    pairs = [package.split("==") for package in packages]
    return Environment(
        path="/srv/env",
        kind="venv",
        python="3.13.0",
        executable=python,
        distributions=tuple(Distribution(name=name, version=version) for name, version in pairs),
        conda_packages=tuple(CondaPackage(name=row.split("==")[0], version=row.split("==")[1]) for row in conda),
    )


def test_an_environment_as_locked(python: str) -> None:
    found = compare_with_lock(manifest("a==1.0", "b==2"), environment(python, "a==1.0.0", "b==2"))
    assert ((), (), False) == (found.missing, found.added, found.harmed)


def test_what_is_gone_or_another_is_missing(python: str) -> None:
    found = compare_with_lock(manifest("a==1", "b==2", "c==3"), environment(python, "a==1", "b==3"))
    assert (("b", "c"), True) == (found.missing, found.harmed)


def test_what_came_by_another_hand_is_no_harm(python: str) -> None:
    found = compare_with_lock(manifest("a==1"), environment(python, "a==1", "pip==25", "z==1"))
    assert (("z",), False) == (found.added, found.harmed)


def test_what_is_for_another_system_is_not_missed(python: str) -> None:
    locked = manifest("a==1", "w==1 ; sys_platform == 'win32'", "n==1 ; python_full_version >= '3.14'")
    assert not compare_with_lock(locked, environment(python, "a==1")).harmed


def test_an_interpreter_that_is_gone_is_harm(python: str) -> None:
    assert compare_with_lock(manifest("a==1"), None).broken
    Path(python).unlink()
    assert compare_with_lock(manifest("a==1"), environment(python, "a==1")).broken


def test_an_environment_of_conda_is_compared_with_its_records(python: str) -> None:
    lock = "@EXPLICIT\nhttps://h.example/noarch/numpy-2.5.5-py_0.conda#00\n"
    locked = manifest(manager="conda", lock=lock)
    assert not compare_with_lock(locked, environment(python, conda=("numpy==2.5.5",))).harmed
    assert ("numpy",) == compare_with_lock(locked, environment(python, conda=("numpy==2.0",))).missing


def test_a_file_that_two_wheels_bring_is_whole_if_it_is_one_of_them(tmp_path: Path, site: Path) -> None:
    install(site, "one", {"docs/conf.py": b"one"})
    install(site, "two", {"docs/conf.py": b"the other"})
    assert () == find_damage(tmp_path)
    (site / "docs/conf.py").write_bytes(b"neither of them")
    assert ["one"] == [damage.distribution for damage in find_damage(tmp_path)]
