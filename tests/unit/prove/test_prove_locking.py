"""How uv is asked, and how its answers are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.formats.uv_conflict import UvConflict
from mlenv.formats.uv_failure import UvFailure
from mlenv.prove.locking import Locked, Locker
from mlenv.prove.target import Target
from mlenv.system.process import Completed
from tests.unit.prove.prove_cases import Uv, refusal

TARGET = Target(argv=("--python", "/usr/bin/python3"), environ={"MACOSX_DEPLOYMENT_TARGET": "14.0"})


def locker(uv: Uv, *options: str, **environ: str) -> Locker:
    return Locker("uv", TARGET, options=options, environ=environ, execute=uv)


def test_wheels_alone_and_nothing_of_an_active_environment() -> None:
    uv = Uv("the lock")
    asker = locker(uv, "--offline", HOME="/home/me", VIRTUAL_ENV="/venv", UV_NO_SOURCES="1", UV_INDEX="https://a")
    assert Locked(text="the lock") == asker.lock("[project]")
    (argv,) = uv.asked
    assert ("uv", "pip", "compile", "--project") == argv[:4]
    assert ("--python", "/usr/bin/python3", "--offline", "--no-header", "--only-binary", ":all:") == argv[5:11]
    kept = {name for name in uv.environ if not name.startswith(("UV_NO_W", "UV_NO_P", "NO_"))}
    assert {"HOME", "UV_INDEX", "MACOSX_DEPLOYMENT_TARGET"} == kept


def test_some_may_come_as_source() -> None:
    uv = Uv("the lock")
    locker(uv).lock("[project]", ["pyspark", "h2o"])
    words = " ".join(uv.asked[0])
    assert "--only-binary :all: --no-binary pyspark --no-binary h2o --format pylock.toml" in words


def test_the_project_is_private_and_does_not_stay() -> None:
    seen: list[tuple[str, int]] = []

    class Reader(Uv):
        def __call__(self, argv: object, **given: object) -> Completed:
            assert isinstance(argv, tuple)
            path = Path(argv[-1])
            seen.append((path.read_text(), path.stat().st_mode & 0o077))
            return super().__call__(argv, **given)  # type: ignore[arg-type]

    reader = Reader("the lock")
    locker(reader).lock("a password")
    assert [("a password", 0)] == seen
    assert not Path(reader.asked[0][-1]).exists()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal("Because jax was not found in the registry", "An index (https://a.example) returned a 403"),
         "refused"),
        (refusal("Because jax was not found in the cache and", "because the network was disabled. When"), "offline"),
        (Completed(status=2, stderr="error: Failed to fetch: `https://a.example/simple/`"), "unreachable"),
        (Completed(status=None, timed_out=True), "other"),
        (Completed(status=None, missing=True, stderr="no such file"), "other"),
        (Completed(status=101, stderr="thread panicked"), "other"),
    ],
)  # fmt: skip
def test_no_answer_is_no_conflict(answer: Completed, kind: str) -> None:
    found = locker(Uv(answer)).lock("[project]")
    assert isinstance(found, UvFailure)
    assert (kind, True) == (found.kind, bool(found.text))


def test_a_conflict() -> None:
    found = locker(Uv(refusal("Because there is no version of jax==0.99 and"))).lock("[project]")
    assert isinstance(found, UvConflict)
    assert ("jax",) == found.missing


def test_who_asks_for_what() -> None:
    uv = Uv("numpy==2.0  # via jax\n", Completed(status=1))
    assert {"numpy": ("jax",)} == locker(uv).find_askers("[project]")
    assert {} == locker(uv).find_askers("[project]")


def test_the_question_and_the_version() -> None:
    asker = locker(Uv(), "--offline")
    assert "uv --python /usr/bin/python3 --offline MACOSX_DEPLOYMENT_TARGET=14.0" == asker.question
    assert "uv 0.13.9" == asker.version()
