"""The real uv and pip against an index that misbehaves: nothing half is installed, and what mends it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mlenv.system.process import Completed
from tests.stands.certificates import Authority
from tests.stands.clients import clean_environ, mlenv, pip_install, uv, uv_install
from tests.stands.distributions import sha256
from tests.stands.faults import Fault, Kind
from tests.stands.package_index import PackageIndex
from tests.stands.wheels import make_wheel
from tests.unit.stands.conftest import FILE, PAGE

pytestmark = [pytest.mark.enable_socket, pytest.mark.live, pytest.mark.stand]
Install = Callable[..., Completed]
both = pytest.mark.parametrize("install", [uv_install, pip_install], ids=["uv", "pip"])


@both
def test_install(folder: Path, environ: dict[str, str], target: Path, install: Install) -> None:
    with PackageIndex(folder) as index:
        done = install(environ, index.url(), target, "demo")
        assert done.ok, done.stderr
        assert {"demo", "lower"} == index.names_asked()
        assert ["GET"] == [seen.method for seen in index.asked(FILE)]
    assert 50_000 == (target / "demo.bin").stat().st_size


@both
def test_install_by_hash(tmp_path: Path, folder: Path, environ: dict[str, str], target: Path, install: Install) -> None:
    wanted = tmp_path / "wanted.txt"
    with PackageIndex(folder) as index:
        wanted.write_text(f"demo==1.0 --hash=sha256:{'1' * 64}\n")
        refused = install(environ, index.url(), target, "--require-hashes", "--no-deps", "-r", str(wanted))
        assert 1 == refused.status
        assert "1" * 64 in refused.stderr
        assert not (target / "demo.py").exists()
        wanted.write_text(f"demo==1.0 --hash=sha256:{sha256((folder / FILE).read_bytes())}\n")
        assert install(environ, index.url(), target, "--require-hashes", "--no-deps", "-r", str(wanted)).ok


BYTES: tuple[Kind, ...] = ("corrupted", "truncated", "wrong_hash")
FATAL = [
    (FILE, Fault("corrupted")),
    (FILE, Fault("truncated")),
    (FILE, Fault("html")),
    (FILE, Fault("status", code=403)),
    (FILE, Fault("vanish")),
    (FILE, Fault("wrong_hash")),
    (f"{FILE}.metadata", Fault("corrupted")),
    (PAGE, Fault("status", code=500)),
    (PAGE, Fault("truncated")),
    (PAGE, Fault("html")),
    (PAGE, Fault("cut")),
]
names = [
    f"{'page' if place == PAGE else 'metadata' if place.endswith('data') else 'file'}-{fault.kind}"
    for place, fault in FATAL
]


@pytest.mark.parametrize(("place", "fault"), FATAL, ids=names)
def test_a_second_run_of_uv_gets_it_from_a_healed_index(
    folder: Path, environ: dict[str, str], target: Path, place: str, fault: Fault
) -> None:
    with PackageIndex(folder) as index:
        index.put(place, fault)
        broken = uv_install(environ, index.url(), target, "demo")
        assert broken.status in (1, 2), broken.stderr
        assert not (target / "demo.py").exists()
        index.heal()
        healed = uv_install(environ, index.url(), target, "demo")
        assert healed.ok, healed.stderr


OTHER_BYTES = [*((uv_install, Fault(kind)) for kind in BYTES), (pip_install, Fault("corrupted"))]


@pytest.mark.parametrize(("install", "fault"), OTHER_BYTES)
def test_other_bytes_are_asked_for_once(
    tmp_path: Path, folder: Path, target: Path, install: Install, fault: Fault
) -> None:
    with PackageIndex(folder) as index:
        index.put(FILE, fault)
        assert 1 == install(clean_environ(tmp_path / "home"), index.url(), target, "demo").status
        assert 1 == len(index.asked(FILE))


def test_an_index_that_never_answers(folder: Path, environ: dict[str, str], target: Path) -> None:
    with PackageIndex(folder) as index:
        index.put("*", Fault("stall"))
        done = uv_install({**environ, "UV_HTTP_TIMEOUT": "1"}, index.url(), target, "demo")
        assert 2 == done.status
        assert [0] == [seen.status for seen in index.asked(PAGE)]


@both
def test_an_answer_that_fails_once_is_asked_for_again(
    tmp_path: Path, folder: Path, target: Path, install: Install
) -> None:
    with PackageIndex(folder) as index:
        index.put(FILE, Fault("status", code=503, times=1, retry_after="0"))
        done = install(clean_environ(tmp_path / "home"), index.url(), target, "demo")
        assert done.ok, done.stderr
        assert [503, 200] == [seen.status for seen in index.asked(FILE)]


@both
def test_a_download_that_breaks_is_taken_up_again(tmp_path: Path, folder: Path, target: Path, install: Install) -> None:
    with PackageIndex(folder) as index:
        index.put(FILE, Fault("cut", times=1))
        assert install(clean_environ(tmp_path / "home"), index.url(), target, "demo").ok
        assert 2 == len(index.asked(FILE))


def test_a_page_that_was_kept_with_a_wrong_hash(folder: Path, environ: dict[str, str], target: Path) -> None:
    with PackageIndex(folder, cacheable=True) as index:
        index.put(FILE, Fault("wrong_hash"))
        assert 1 == uv_install(environ, index.url(), target, "demo").status
        index.heal()
        assert 1 == uv_install(environ, index.url(), target, "demo").status
        assert [] == index.asked(PAGE)
        assert uv_install(environ, index.url(), target, "--refresh-package", "demo", "demo").ok


def test_a_spoiled_file_in_the_cache_of_uv_is_installed_until_its_package_is_cleaned(
    tmp_path: Path, folder: Path, environ: dict[str, str]
) -> None:
    with PackageIndex(folder) as index:
        assert uv_install(environ, index.url(), tmp_path / "one", "demo").ok
        (kept,) = Path(environ["UV_CACHE_DIR"]).glob("archive-v*/*/demo.bin")
        kept.write_bytes(b"")
        assert uv_install(environ, index.url(), tmp_path / "two", "--refresh-package", "demo", "demo").ok
        assert b"" == (tmp_path / "two" / "demo.bin").read_bytes()
        assert uv(environ, "cache", "clean", "demo").ok
        assert uv_install(environ, index.url(), tmp_path / "three", "demo").ok
    assert 50_000 == (tmp_path / "three" / "demo.bin").stat().st_size


def test_an_index_is_not_asked_for_what_another_must_supply(
    tmp_path: Path, folder: Path, environ: dict[str, str], target: Path
) -> None:
    make_wheel(tmp_path / "special", "demo", "1.0", requires=["lower"], modules={"demo.py": "special = True\n"})
    (tmp_path / "pyproject.toml").write_text("")
    with PackageIndex({"simple": folder, "whl/cu126": tmp_path / "special"}) as index:
        project = PROJECT.format(default=index.url(), special=index.url("whl/cu126"))
        (tmp_path / "pyproject.toml").write_text(project)
        told = {**environ, "UV_PROJECT_ENVIRONMENT": str(tmp_path / "environment")}
        done = uv(told, "sync", "--python", sys.executable, "--project", str(tmp_path))
        assert done.ok, done.stderr
        assert ({"lower"}, {"demo"}) == (index.names_asked(), index.names_asked("whl/cu126"))


def test_mlenv_installs_from_it(tmp_path: Path, folder: Path, environ: dict[str, str]) -> None:
    with PackageIndex(folder) as index:
        done = mlenv(environ, tmp_path, "install", "--with", "demo", "--index-url", index.url())
        assert done.ok, done.stderr
        assert {"demo", "lower"} == index.names_asked()
        assert [200] == [seen.status for seen in index.asked(FILE)]
    assert "demo 1.0" in done.stdout


PROJECT = """\
[project]
name = "asks"
version = "0"
requires-python = ">=3.10"
dependencies = ["demo"]

[tool.uv.sources]
demo = {{ index = "special" }}

[[tool.uv.index]]
name = "default"
url = "{default}"
default = true

[[tool.uv.index]]
name = "special"
url = "{special}"
explicit = true
"""


@both
def test_credentials_in_the_address(folder: Path, environ: dict[str, str], target: Path, install: Install) -> None:
    with PackageIndex(folder, credentials=("ada", "secret")) as index:
        assert install(environ, index.url(user="ada", password="secret"), target, "demo").ok
        assert {"ada"} == {seen.user for seen in index.requests if seen.status == 200}
        assert "secret" not in str(index.requests)


@both
@pytest.mark.parametrize("trusting", [False, True])
def test_an_authority_of_ones_own(
    tmp_path: Path, folder: Path, environ: dict[str, str], target: Path, install: Install, trusting: bool
) -> None:
    authority = Authority(tmp_path / "authority")
    told = {"SSL_CERT_FILE": str(authority.bundle)} if trusting else {}
    with PackageIndex(folder, authority=authority) as index:
        done = install({**environ, **told}, index.url(), target, "demo")
        assert trusting == done.ok, done.stderr
        assert trusting == bool(index.requests)
        assert trusting == (not index.failed_handshakes)


@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize(("install", "variable"), [(uv_install, "SSL_CLIENT_CERT"), (pip_install, "PIP_CLIENT_CERT")])
def test_client_certificates(
    tmp_path: Path,
    folder: Path,
    environ: dict[str, str],
    target: Path,
    install: Install,
    variable: str,
    shown: bool,
) -> None:
    authority = Authority(tmp_path / "authority")
    told: Mapping[str, str] = {"SSL_CERT_FILE": str(authority.bundle)}
    told = {**told, variable: str(authority.client_certificate("ada"))} if shown else told
    with PackageIndex(folder, authority=authority, asks_client=True) as index:
        done = install({**environ, **told}, index.url(), target, "demo")
        assert shown == done.ok, done.stderr
        assert ({"ada"} if shown else set()) == {seen.client for seen in index.requests}
