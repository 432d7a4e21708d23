"""Bundles read back: whole ones open, damaged and hostile ones are refused in one line."""

from __future__ import annotations

import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mlenv.bundle.archive import Kind, kind_of, stem_of, write_archive
from mlenv.bundle.manifest import MANIFEST, SUMS
from mlenv.bundle.opening import is_bundle, open_bundle
from mlenv.errors import UsageError
from tests.unit.bundle.making import MOMENT, make_bundle, make_wheel

KINDS: tuple[Kind, ...] = ("tar", "tar.gz", "zip")
Entry = tuple[tarfile.TarInfo, bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_bundle(tmp_path / "one", "lower", "upper")
    return tmp_path / "one"


def pack(folder: Path, kind: Kind) -> Path:
    path = folder.with_name(f"packed.{kind}")
    write_archive(folder, path, kind, top="packed", moment=MOMENT)
    return path


def refused(path: Path, said: str) -> None:
    scratch = path.parent / "scratch"
    scratch.mkdir()
    with pytest.raises(UsageError) as caught:
        open_bundle(path, scratch)
    assert said in caught.value.message
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


def test_a_folder_opens(folder: Path) -> None:
    bundle = open_bundle(folder)
    assert ("starter", folder / "wheels", None) == (bundle.manifest.profile, bundle.wheels, bundle.pythons)
    paths = [file.path for package in bundle.lock.packages for file in package.files]
    assert [str(folder / f"wheels/{name}-1.0-py3-none-any.whl") for name in ("lower", "upper")] == paths
    assert all(path in bundle.lock_text for path in paths)


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_opens_in_a_folder_of_ones_own(folder: Path, tmp_path: Path, kind: Kind) -> None:
    path, scratch = pack(folder, kind), tmp_path / "scratch"
    scratch.mkdir()
    bundle = open_bundle(path, scratch)
    assert scratch == bundle.folder
    assert {"lower-1.0-py3-none-any.whl", "upper-1.0-py3-none-any.whl"} == set(os.listdir(bundle.wheels))


def test_an_archive_opens_in_a_temporary_folder(folder: Path) -> None:
    assert (open_bundle(pack(folder, "tar")).folder / MANIFEST).is_file()


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_is_the_same_for_the_same_contents(folder: Path, kind: Kind) -> None:
    first = pack(folder, kind).read_bytes()
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    assert first == pack(folder, kind).read_bytes()


def test_is_bundle(folder: Path, tmp_path: Path) -> None:
    assert [True] * 4 == [is_bundle(path) for path in (folder, *(pack(folder, kind) for kind in KINDS))]
    (tmp_path / "other.zip").write_bytes(b"PK")
    (tmp_path / "other.tar.gz").write_bytes(b"no gzip")
    others = (tmp_path, tmp_path / "other.zip", tmp_path / "other.tar.gz", tmp_path / "missing", folder / MANIFEST)
    assert [False] * 5 == [is_bundle(path) for path in others]


@pytest.mark.parametrize(
    ("name", "kind", "stem"),
    [
        ("a.tar", "tar", "a"),
        ("A.TGZ", "tar.gz", "A"),
        ("a.b.tar.gz", "tar.gz", "a.b"),
        ("ü x.zip", "zip", "__x"),
        ("folder", "folder", "folder"),
        (".zip", "zip", "mlenv-bundle"),
    ],
)
def test_names(name: str, kind: str, stem: str) -> None:
    assert (kind, stem) == (kind_of(Path(name)), stem_of(Path(name)))


# ---------------------------------------------------------------- damaged folders


def change_manifest(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    value = json.loads((folder / MANIFEST).read_text())
    change(value)
    (folder / MANIFEST).write_text(json.dumps(value))


def test_a_changed_wheel(folder: Path) -> None:
    wheel = folder / "wheels/lower-1.0-py3-none-any.whl"
    data = bytearray(wheel.read_bytes())
    data[10] ^= 1
    wheel.write_bytes(bytes(data))
    refused(folder, "wheels/lower-1.0-py3-none-any.whl is damaged")


def test_a_cut_wheel(folder: Path) -> None:
    os.truncate(folder / "wheels/lower-1.0-py3-none-any.whl", 10)
    refused(folder, "wheels/lower-1.0-py3-none-any.whl has 10 bytes where the manifest says")


def test_a_missing_file(folder: Path) -> None:
    (folder / "requirements.txt").unlink()
    refused(folder, "requirements.txt is missing")


def test_another_wheel_beside_them(folder: Path) -> None:
    make_wheel(folder / "wheels", "lower", "2.0")
    refused(folder, "wheels/lower-2.0-py3-none-any.whl is not in its manifest")


def test_a_file_elsewhere_is_passed_over(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine\n")
    (folder / ".venv").symlink_to("/nowhere")
    assert (".venv", "notes.txt") == open_bundle(folder).ignored


def test_a_link_among_the_wheels(folder: Path) -> None:
    wheel = folder / "wheels/lower-1.0-py3-none-any.whl"
    wheel.rename(folder / "away.whl")
    wheel.symlink_to(folder / "away.whl")
    refused(folder, "wheels/lower-1.0-py3-none-any.whl is a link or no plain file")


def test_a_folder_of_wheels_that_is_a_link(folder: Path) -> None:
    (folder / "wheels").rename(folder.parent / "elsewhere")
    (folder / "wheels").symlink_to(folder.parent / "elsewhere")
    refused(folder, "wheels/lower-1.0-py3-none-any.whl is missing")


def test_a_manifest_of_another_time(folder: Path) -> None:
    change_manifest(folder, lambda value: value.update(schema="mlenv.bundle/2"))
    refused(folder, "schema: 'mlenv.bundle/2' is not one that this mlenv reads (mlenv.bundle/1)")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda value: value["files"][0].update(path="../outside"), "files[0].path: '../outside' is no name"),
        (lambda value: value["files"][0].update(path="/etc/passwd"), "files[0].path: '/etc/passwd' is no name"),
        (lambda value: value["files"][0].update(path="a\\b"), "is no name for a file of a bundle"),
        (lambda value: value["files"][0].update(path="nul.txt"), "is no name for a file of a bundle"),
        (lambda value: value["files"].append(value["files"][0]), "is there twice"),
        (lambda value: value["files"][0].update(sha256="0"), "files[0].sha256: '0' is none"),
        (lambda value: value["files"][0].update(size=-1), "files[0].size: -1 is none"),
        (lambda value: value["files"].clear(), "files: pylock.toml is missing"),
        (lambda value: value["packages"][0].update(path="install.sh"), "packages[0].path"),
        (lambda value: value.pop("target"), "target"),
        (lambda value: value.update(created="2000-01-01"), "do not belong together"),
    ],
)
def test_a_manifest_that_is_wrong(folder: Path, change: Callable[[dict[str, object]], object], said: str) -> None:
    change_manifest(folder, change)
    refused(folder, said)


def test_a_lock_that_leads_elsewhere(folder: Path, tmp_path: Path) -> None:
    from mlenv.bundle.manifest import encode_manifest
    from mlenv.bundle.reading import parse_manifest
    from mlenv.bundle.writing import expected_sums, list_files

    lock = folder / "pylock.toml"
    lock.write_text(lock.read_text().replace("wheels/lower", "../wheels/lower"))
    manifest = parse_manifest(folder, (folder / MANIFEST).read_bytes())
    (folder / MANIFEST).unlink()
    (folder / SUMS).unlink()
    value = json.loads(encode_manifest(manifest))
    value["files"] = [{"path": row.path, "sha256": row.sha256, "size": row.size} for row in list_files(folder)]
    (folder / MANIFEST).write_text(json.dumps(value))
    changed = parse_manifest(folder, (folder / MANIFEST).read_bytes())
    (folder / SUMS).write_text(expected_sums(folder, changed))
    refused(folder, "pylock.toml: packages[0] (lower)")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.tar", b"no archive", "is damaged or no archive"),
        ("x.tar.gz", b"no archive", "is damaged or no archive"),
        ("x.zip", b"no archive", "is damaged or no archive"),
        ("x.tar", b"", "is damaged or no archive"),
        ("x.whl", b"", "is no bundle"),
    ],
)
def test_what_is_no_archive(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    refused(tmp_path / name, said)


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_that_is_cut_off(folder: Path, kind: Kind) -> None:
    path = pack(folder, kind)
    os.truncate(path, path.stat().st_size * 2 // 3)
    refused(path, str(path))


# ---------------------------------------------------------------- hostile archives


def entries(folder: Path) -> list[Entry]:
    """What a good archive holds."""
    with tarfile.open(pack(folder, "tar")) as tar:
        found = [(member, tar.extractfile(member)) for member in tar.getmembers()]
    with tarfile.open(pack(folder, "tar")) as tar:
        return [(member, tar.extractfile(member).read()) for member, _ in found]  # type: ignore[union-attr]


def tar_of(path: Path, items: list[Entry]) -> Path:
    with tarfile.open(path, "w") as tar:
        for member, data in items:
            tar.addfile(member, io.BytesIO(data))
    return path


def entry(name: str, data: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> Entry:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = len(data) if kind == tarfile.REGTYPE else 0, kind, link
    return member, data


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (entry("../outside"), "'../outside' is no name"),
        (entry("/etc/outside"), "'/etc/outside' is no name"),
        (entry("packed/../../outside"), "is no name for a file of a bundle"),
        (entry("packed/C:evil"), "is no name for a file of a bundle"),
        (entry("packed/a b"), "is no name for a file of a bundle"),
        (entry("elsewhere/README.txt"), "lies outside its folder packed"),
        (entry("README.txt"), "lies outside its folder packed"),
        (entry("packed/wheels/extra-1.0-py3-none-any.whl"), "is not in its manifest"),
        (entry("packed/wheels/link", kind=tarfile.SYMTYPE, link="/etc/passwd"), "is a link"),
        (entry("packed/wheels/link", kind=tarfile.LNKTYPE, link="packed/README.txt"), "is a link"),
        (entry("packed/wheels/pipe", kind=tarfile.FIFOTYPE), "is a device or the like"),
        (entry("packed/wheels/disk", kind=tarfile.BLKTYPE), "is a device or the like"),
        (entry("packed/README.txt"), "has 1 bytes where the manifest says"),
    ],
)
def test_a_hostile_entry_is_refused(folder: Path, tmp_path: Path, bad: Entry, said: str) -> None:
    good = entries(folder)
    path = tar_of(tmp_path / "bad.tar", [good[0], bad, *good[1:]])
    refused(path, said)
    assert not (tmp_path / "outside").exists()


def test_the_same_file_twice(folder: Path, tmp_path: Path) -> None:
    good = entries(folder)
    refused(tar_of(tmp_path / "bad.tar", [*good, good[-1]]), "is there twice")


def test_an_archive_without_a_manifest_in_front(folder: Path, tmp_path: Path) -> None:
    good = entries(folder)
    refused(tar_of(tmp_path / "bad.tar", [*good[1:], good[0]]), f"does not begin with {MANIFEST}")


def test_a_head_that_claims_to_be_huge(folder: Path, tmp_path: Path) -> None:
    member = tarfile.TarInfo("packed/x")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    good = tar_of(tmp_path / "good.tar", entries(folder)[:1]).read_bytes()
    (tmp_path / "bad.tar").write_bytes(good.rstrip(b"\0").ljust(-(-len(good.rstrip(b"\0")) // 512) * 512, b"\0"))
    with (tmp_path / "bad.tar").open("ab") as file:
        file.write(member.tobuf(tarfile.GNU_FORMAT))
    refused(tmp_path / "bad.tar", "is longer than any")


def test_more_bytes_than_any_disk_has(folder: Path, tmp_path: Path) -> None:
    member, data = entries(folder)[0]
    value = json.loads(data)
    value["files"][0]["size"] = 1 << 60
    refused(tar_of(tmp_path / "bad.tar", [entry(member.name, json.dumps(value).encode())]), "are free here")


@pytest.mark.parametrize(
    ("name", "mode", "flags", "said"),
    [
        ("../outside", 0o100644, 0, "is no name"),
        ("packed/wheels/link", 0o120777, 0, "is a link"),
        ("packed/wheels/pipe", 0o010644, 0, "is a device or the like"),
        ("packed/wheels/more.whl", 0o100644, 0, "is not in its manifest"),
    ],
)
def test_a_hostile_entry_of_a_zip(folder: Path, name: str, mode: int, flags: int, said: str) -> None:
    path = pack(folder, "zip")
    with zipfile.ZipFile(path, "a") as archive:
        member = zipfile.ZipInfo(name)
        member.create_system, member.external_attr = 3, mode << 16
        archive.writestr(member, b"x")
    refused(path, said)


def test_a_zip_that_unpacks_to_more_than_it_says(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.zip"
    manifest = (folder / MANIFEST).read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"packed/{MANIFEST}", manifest)
        archive.writestr("packed/README.txt", bytes(50_000_000))
    refused(path, "README.txt has 50000000 bytes where the manifest says")
