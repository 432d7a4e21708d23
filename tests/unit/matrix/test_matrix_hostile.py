"""Profiles and a site's rows that somebody hostile wrote: refused in a line, whatever they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli_w

from mlenv.errors import UsageError
from mlenv.facts.guarded_variables import find_guarded
from mlenv.matrix.check_texts import CHECKS
from mlenv.matrix.files import Files
from mlenv.matrix.load import Matrix
from mlenv.matrix.profiles import read_profile
from mlenv.matrix.rows import Framework, Indexes, Row
from mlenv.resolve.request import make_request

MATRIX = Matrix()
DEEP = "(" * 3000 + "python_version > '3'" + ")" * 3000


def write_profile(folder: Path, **change: Any) -> Path:
    path = folder / "evil.toml"
    path.write_text(tomli_w.dumps({"name": "evil", "title": "Evil", "frameworks": ["numpy"], **change}))
    return path


@pytest.mark.parametrize(
    "name",
    [
        *(
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "DYLD_INSERT_LIBRARIES",
            "PATH",
            "Path",
            "IFS",
            "ENV",
            "BASH_ENV",
        ),
        *("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONUSERBASE", "PROMPT_COMMAND", "BASH_FUNC_ls%%", "SHELL"),
        *("PIP_INDEX_URL", "UV_INDEX", "HTTPS_PROXY", "SSL_CERT_FILE", "MLENV_TRANSACTION", "JAVA_TOOL_OPTIONS"),
        *("", "A B", "A=B", "A;rm", "1A", "A\tB", "Ä"),
    ],
)
@pytest.mark.parametrize("key", ["environment", "environment_with"])
def test_a_profile_sets_no_variable_that_is_the_users(tmp_path: Path, name: str, key: str) -> None:
    variables: dict[str, Any] = {name: "/tmp/evil.so"}
    change: dict[str, Any] = {"first_of": [["jax", "torch"]]} if key == "environment_with" else {}
    change[key] = {"jax": variables} if key == "environment_with" else variables
    path = write_profile(tmp_path, **change)
    with pytest.raises(UsageError) as caught:
        read_profile(path, MATRIX.stated_profile)
    assert caught.value.message.startswith(f"{path}: {key}: ")
    assert 1 == len(caught.value.message.splitlines())


def test_a_value_with_a_line_break_is_refused(tmp_path: Path) -> None:
    path = write_profile(tmp_path, environment={"A": "b\nLD_PRELOAD=/tmp/x"})
    with pytest.raises(UsageError, match="the value of A holds a control character"):
        read_profile(path, MATRIX.stated_profile)


@pytest.mark.parametrize(
    "variables", [{"KERAS_BACKEND": "torch"}, {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "4", "HF_HOME": "/data/hf"}]
)
def test_what_frameworks_want_set_is_allowed(variables: dict[str, str]) -> None:
    assert [] == list(find_guarded(variables))


def test_every_profile_of_ours_keeps_to_it() -> None:
    for name in MATRIX.profile_names:
        profile = MATRIX.profile(name)
        for variables in (profile.environment, *profile.environment_with.values()):
            assert [] == list(find_guarded(variables)), name


@pytest.mark.parametrize(
    "text",
    [
        "numpy\n--index-url https://evil.example.org",
        "--index-url https://evil.example.org",
        "numpy @ https://evil.example.org/numpy.whl",
        "numpy @ file:///etc/passwd",
        "-r /etc/passwd",
        "../../etc/passwd",
        "numpy; $(touch /tmp/evil)",
        f"numpy; {DEEP}",
        "numpy==" + "9" * 100_000 + "x",
        "",
    ],
    ids=["line", "option", "address", "file", "requirements", "path", "shell", "deep", "long", "empty"],
)
def test_a_framework_is_a_name_with_a_condition(tmp_path: Path, text: str) -> None:
    path = write_profile(tmp_path, frameworks=[text])
    with pytest.raises(UsageError) as caught:
        make_request(MATRIX, [read_profile(path, MATRIX.stated_profile)], [], accelerator=None, python=None)
    assert 1 == len(caught.value.message.splitlines())


@pytest.mark.parametrize(
    "change",
    [
        {"frameworks": "numpy"},
        {"frameworks": [1]},
        {"environment": ["LD_PRELOAD"]},
        {"environment": {"A": 1}},
        {"extends": ["../../../etc/passwd"]},
        {"extends": ["evil"]},
        {"accelerator": "; rm -rf ~"},
        {"surprise": True},
        {"disk_gb": "much"},
    ],
)
def test_other_hostile_profiles(tmp_path: Path, change: dict[str, Any]) -> None:
    path = write_profile(tmp_path, **change)
    with pytest.raises(UsageError) as caught:
        make_request(MATRIX, [read_profile(path, MATRIX.stated_profile)], [], accelerator=None, python=None)
    assert caught.value.message.startswith(f"{path}: ")


# ---------------------------------------------------------------- a site's rows

INDEX = {"id": "pytorch", "title": "ours", "url": "https://a.example.org/{variant}", "source": ["us"]}


def troubles_of(files: dict[str, Any]) -> list[str]:
    """What is wrong with the texts of a site's files."""
    kinds = {"indexes.toml": Indexes, "frameworks/acme.toml": Framework}
    rows: dict[str, Row] = {path: msgspec.convert(table, kinds[path]) for path, table in files.items()}
    return [problem for check in CHECKS for problem in check(Files(rows=rows))]


def indexes(**change: Any) -> dict[str, Any]:
    return {"indexes.toml": {"checked_on": MATRIX.day, "index": [{**INDEX, **change}], "sources": {"us": "our own"}}}


def framework(framework: dict[str, Any] | None = None, **build: Any) -> dict[str, Any]:
    row = {
        "variant": "any",
        "platforms": ["linux-x86_64"],
        "pythons": ["3.12"],
        "evidence": "measured",
        "source": ["us"],
    }
    release = {"version": "1.0", "released": MATRIX.day, "source": ["us"], "builds": [{**row, **build}]}
    table = {
        "id": "acme",
        "name": "Acme",
        "distribution": "acme",
        "imports": ["acme"],
        "checked_on": MATRIX.day,
        **(framework or {}),
        "sources": {"us": "our own"},
        "release": [release],
    }
    return {"frameworks/acme.toml": table}


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://a.example.org/\n--trusted-host evil.example.org"},
        {"url": "https://a.example.org/ --trusted-host evil.example.org"},
        {"url": "--index-url=https://evil.example.org"},
        {"url": "git+ssh://evil.example.org/x"},
        {"url": "https://a.example.org/#egg=x"},
        {"url": "relative/folder"},
        {"id": "--index-url"},
        {"id": "a\nb"},
        {"id": "../../etc"},
        {"title": "two\nlines"},
    ],
)
def test_an_index_is_one_word_and_an_address(change: dict[str, Any]) -> None:
    found = troubles_of(indexes(**change))
    assert found
    assert all(text.startswith("indexes.toml: ") and 1 == len(text.splitlines()) for text in found)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example.org/whl/{variant}",
        "http://127.0.0.1:8080/{variant}/",
        "file:///srv/whl",
        "/srv/whl/{variant}",
    ],
)
def test_a_sites_own_address_is_taken(url: str) -> None:
    assert [] == troubles_of(indexes(url=url))


@pytest.mark.parametrize(
    ("change", "whole"),
    [
        ({"variant": "../../x"}, {}),
        ({"variant": "a b"}, {}),
        ({"distribution": "--editable"}, {}),
        ({"extra": "x] @ https://evil.example.org"}, {}),
        ({"brings": ["x\n--index-url https://evil.example.org"]}, {}),
        ({"brings": ["x @ https://evil.example.org/x.whl"]}, {}),
        ({"brings": [f"x; {DEEP}"]}, {}),
        ({}, {"imports": ["acme; import os; os.system('x')"]}),
        ({}, {"imports": ["acme\nimport os"]}),
    ],
)
def test_names_of_a_framework_are_names(change: dict[str, Any], whole: dict[str, Any]) -> None:
    found = troubles_of(framework(whole, **change))
    assert found
    assert all(text.startswith("frameworks/acme.toml: ") and 1 == len(text.splitlines()) for text in found)


def test_a_framework_of_a_sites_own_is_taken() -> None:
    assert [] == troubles_of(framework(brings=["six>=1"], extra="gpu,dev"))
