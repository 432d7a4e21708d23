"""requirements.txt: what pip reads of it."""

from __future__ import annotations

import shlex
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlenv.facts.packages import PackageConfiguration
from mlenv.plan.index_lines import file_address, quote_value
from tests.unit.plan.plan_cases import LOCK, describe, form_for, setting

PATHS = st.text(string.ascii_letters + string.digits + " #$%'\"äß{}()&;|*?[]~!,=@+-_.", min_size=1).map(
    "/srv/{}".format
)


def lines_of(text: str) -> list[str]:
    """The lines that are no comment."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_exact_versions_with_their_index() -> None:
    assert [
        "--extra-index-url https://download.pytorch.org/whl/cpu",
        "torch==2.15.0+cpu",
        "torchvision==0.29.2+cpu",
    ] == [line for line in lines_of(form_for("requirements", "pytorch-cpu")) if "audio" not in line]


def test_it_says_why() -> None:
    text = form_for("requirements", "pytorch-cpu")
    assert "# torch 2.15.0 cpu: the newest release" in text
    assert "Python 3.12" in text
    assert "a version with a local part" in " ".join(text.replace("\n#", " ").split())


def test_what_comes_along_is_bound_too() -> None:
    assert {"einops>=0.8", "scipy>=1.5"} <= set(lines_of(form_for("requirements", "starter", "einops>=0.8")))


def test_a_proven_plan_has_every_package_with_its_hashes() -> None:
    text = form_for("requirements", "pytorch-cpu", lock=LOCK)
    assert [
        f"numpy==2.3.5 --hash=sha256:{'a' * 64}",
        f"torch @ https://own.example/torch-2.15.0.whl --hash=sha256:{'b' * 64}",
    ] == lines_of(text)
    assert "--require-hashes" in text


def test_the_users_sources_are_in_it_without_a_login() -> None:
    packages = PackageConfiguration(
        index_url=setting("https://me:s3cret@mirror.example/simple"),
        find_links=(setting("https://me:s3c'ret\"@wheels.example/"), setting("/srv/my wheels")),
    )
    text = form_for("requirements", "starter", machine=describe(packages=packages))
    assert {
        "--index-url https://mirror.example/simple",
        "--find-links https://wheels.example/",
        "--find-links '/srv/my wheels'",
    } <= set(lines_of(text))
    assert "s3c" not in text
    assert "https://mirror.example/simple wants a login" in text


def test_without_any_index() -> None:
    packages = PackageConfiguration(no_index=setting("true"), find_links=(setting("/srv/wheels"),))
    lines = lines_of(form_for("requirements", "pytorch-cpu", machine=describe(packages=packages)))
    assert ["--no-index", "--find-links /srv/wheels"] == lines[:2]
    assert [] == [line for line in lines if "index-url" in line]


@given(PATHS)
@settings(deadline=None)
def test_pip_reads_back_any_path(path: str) -> None:
    pytest.importorskip("pip")
    from pip._internal.req.req_file import COMMENT_RE, expand_env_variables

    (line,) = (text for _, text in expand_env_variables(iter([(1, f"--find-links {quote_value(path)}")])))
    value = shlex.split(COMMENT_RE.sub("", line).strip())[1]
    assert value in (path, file_address(path))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/my wheels#1", "file:///srv/my%20wheels%231"),
        ("C:\\wheels\\ä", "file:///C:/wheels/%C3%A4"),
        ("/srv/100%", "file:///srv/100%25"),
    ],
)
def test_a_path_as_an_address(path: str, expected: str) -> None:
    assert expected == file_address(path)
