"""Java for Spark, H2O and TorchServe, and Ray's pickling: what they must not let pass."""

from __future__ import annotations

import importlib
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mlenv.verify.result import Target, Verification
from tests.unit.verify.verify_stubs import StubEnvironment, brief, make_environment

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="the Java is a shell script")
FAKES = Path(__file__).parent / "fakes"
BEGINNING = [("import", "pass", ""), ("version", "pass", "")]


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


java, verdicts = load("_java"), load("_verdicts")


def make_archive(path: Path, member: str, *, release: int) -> Path:
    """An archive with the head of one class, compiled for a release of Java."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, struct.pack(">IHH", 0xCAFEBABE, 0, 44 + release) + b"more")
    return path


def make_java(home: Path, says: str, *, status: int = 0) -> str:
    """A Java that only states its version; gives its home."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {status}\n")
    program.chmod(0o755)
    return str(home)


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "25-ea" 2025-09-16', 25),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_the_release_of_java(text: str, release: int | None) -> None:
    assert java.parse_release(text) == release


def test_an_archive_says_which_java_it_wants(tmp_path: Path) -> None:
    assert java.read_wanted(make_archive(tmp_path / "a.jar", "x/Main.class", release=17), "x/Main.class") == 17


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short"])
def test_a_damaged_archive_is_a_broken_install(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jar"
    path.write_bytes(content)
    with pytest.raises(verdicts.Failure) as caught:
        java.read_wanted(path, "x/Main.class")
    assert caught.value.reason == "broken-install"


@UNIX
def test_which_java_is_asked_first(tmp_path: Path) -> None:
    one, other = make_java(tmp_path / "one", "x"), make_java(tmp_path / "other", "x")
    environ = {"JAVA_HOME": one, "PATH": f"{other}/bin"}
    assert java.find_java(environ) == f"{one}/bin/java"
    assert java.find_java(environ, home_first=False) == f"{other}/bin/java"
    assert java.find_java({"PATH": f"{other}/bin"}) == f"{other}/bin/java"
    assert java.find_java({"JAVA_HOME": str(tmp_path), "PATH": f"{other}/bin"}) is None
    assert java.find_java({"PATH": ""}) is None


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> StubEnvironment:
    """An environment whose Spark is a fake that behaves as the variable FAKE_SPARK says."""
    environment = make_environment(tmp_path_factory.mktemp("spark") / "env")
    environment.add("pyspark", FAKES.joinpath("pyspark_stub.txt").read_text(), version="4.3.0")
    jars = Path(environment.site, "pyspark", "jars")
    make_archive(jars / "spark-launcher_2.13-4.3.0.jar", "org/apache/spark/launcher/Main.class", release=17)
    environment.add("numpy", "")
    return environment


SPARK = Target(framework="pyspark", distribution="pyspark", payload="pyspark")


def verify_spark(environment: StubEnvironment, home: str, level: str = "quick", mode: str = "right") -> Verification:
    variables = {"JAVA_HOME": home, "FAKE_SPARK": mode, "SPARK_REMOTE": "sc://elsewhere.example.org"}
    return environment.verify(SPARK, level="standard" if level == "standard" else "quick", variables=variables)


@UNIX
@pytest.mark.parametrize(
    ("says", "status", "end", "words"),
    [
        ('openjdk version "17.0.15"', 0, ("java", "pass", ""), "wants 17 or newer; a session is started at --level"),
        (
            'openjdk version "1.8.0_392"',
            0,
            ("java", "fail", "java-version"),
            "Spark 4.3.0 needs Java 17 or newer, and /",
        ),
        ("Unable to locate a Java Runtime.", 1, ("java", "fail", "java-missing"), "does not start: Unable to locate"),
    ],
)
def test_spark_and_its_java(
    spark: StubEnvironment, tmp_path: Path, says: str, status: int, end: tuple[str, str, str], words: str
) -> None:
    found = verify_spark(spark, make_java(tmp_path / "java", says, status=status))
    assert brief(found) == [*BEGINNING, end]
    assert words in found.results[-1].detail


def test_spark_without_java(spark: StubEnvironment, tmp_path: Path) -> None:
    found = verify_spark(spark, str(tmp_path))
    assert brief(found) == [*BEGINNING, ("java", "fail", "java-missing")]
    assert f"JAVA_HOME is {tmp_path}, which holds no bin/java" in found.results[-1].detail


@UNIX
@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("right", [("compute", "pass", ""), ("regression", "pass", "")]),
        ("wrong-sum", [("compute", "fail", "wrong-number")]),
        ("wrong-worker", [("compute", "fail", "wrong-number")]),
        ("wrong-model", [("compute", "pass", ""), ("regression", "fail", "wrong-number")]),
    ],
)
def test_a_session_of_spark(spark: StubEnvironment, tmp_path: Path, mode: str, end: list[tuple[str, str, str]]) -> None:
    ended = tmp_path / "ended"
    home = make_java(tmp_path / "java", 'openjdk version "17.0.15"')
    found = spark.verify(
        SPARK, level="standard", variables={"JAVA_HOME": home, "FAKE_SPARK": mode, "FAKE_SPARK_ENDED": str(ended)}
    )
    assert brief(found)[3:] == end
    assert ended.read_text() == "session stopped, gateway shut down, Java machine ended"


RAY = """
import pickle, types, os
WRONG = os.environ["FAKE_RAY"] == "wrong"
cloudpickle = types.SimpleNamespace(dumps=lambda function: function() + WRONG, loads=lambda packed: lambda: packed)
"""


@pytest.mark.parametrize(
    ("mode", "end"), [("right", ("pickle", "pass", "")), ("wrong", ("pickle", "fail", "wrong-number"))]
)
def test_rays_pickling(tmp_path: Path, mode: str, end: tuple[str, str, str]) -> None:
    environment = make_environment(tmp_path / "env")
    target = environment.add("ray", RAY)
    ray = Target(framework=target.framework, distribution="ray", payload="ray")
    found = environment.verify(ray, variables={"FAKE_RAY": mode})
    assert brief(found)[2] == end


class FakeRay:
    """A Ray whose first starts time out."""

    def __init__(self, failures: int) -> None:
        self.failures, self.calls = failures, 0

    def init(self, **settings: object) -> None:
        assert settings["address"] == "local"
        self.calls += 1
        if self.calls <= self.failures:
            raise RuntimeError("The current node timed out during startup.")

    def shutdown(self) -> None:
        pass


def test_ray_may_start_a_second_time_but_not_a_third(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import contextlib

    monkeypatch.chdir(tmp_path)
    ray = load("ray")
    slow, dead = FakeRay(1), FakeRay(2)
    with contextlib.ExitStack() as ending:
        ray.start(slow, "cpu", ending)
    assert slow.calls == 2
    with contextlib.ExitStack() as ending, pytest.raises(RuntimeError, match="timed out"):
        ray.start(dead, "cpu", ending)


def test_h2o_takes_two_neighbouring_ports() -> None:
    import socket

    port = load("h2o").find_port()
    for number in (port, port + 1):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", number))
