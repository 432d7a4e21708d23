"""The comparison with the rivals: what they are shown, how their answers are read, judged and written down."""

from __future__ import annotations

import datetime as dt
import importlib
import shutil
import ssl
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from mlenv.matrix.load import Matrix
from mlenv.matrix.rows import Build, Framework, Release

SCRIPTS = Path(__file__).parents[2] / "scripts"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the rivals are asked on Linux")


def part(name: str) -> Any:
    """A module of the script's."""
    if str(SCRIPTS) not in sys.path:
        sys.path.insert(0, str(SCRIPTS))
    return importlib.import_module(f"peers.{name}")


GTX = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.3"]
[nvidia]
driver = "580.95.05"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce GTX 1080 Ti"
compute_capability = "6.1"
memory_gib = 11
"""
CPU = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\npython = ["3.12.3"]\n'
MI300 = CPU + '[[gpu]]\nvendor = "amd"\nname = "AMD Instinct MI300X"\ngfx = "gfx942"\n'
MAC = 'os = "macos"\nos_version = "14.5"\narch = "arm64"\npython = ["3.12.3"]\n[[gpu]]\nvendor = "apple"\nname = "M1"\n'
# A judge of two releases: 2.0 has cu1 with code for every GPU, 2.1 has cu2 with code for none and a likely cu3.
JUDGE = """
class Facts:
    def __init__(self, folder):
        self.torch = {"release": [
            {"series": "2.1", "date": "2026-02-01", "sure": {"cpu", "cu2"}, "likely": {"cu3"}},
            {"series": "2.0", "date": "2026-01-01", "sure": {"cpu", "cu1"}, "likely": set()},
            {"series": "1.9", "date": "2025-01-01", "sure": {"cpu", "cu1"}, "likely": set()},
        ]}
def platform(machine): return machine["os"]
def cpu_ok(machine): return "flags" not in machine.get("cpu", {})
def names(facts, release, where): return release["sure"], release["likely"]
def system_ok(release, machine, where): return True
def gpu_variant_ok(facts, release, variant, where, machine): return bool(machine.get("gpu")) and variant == "cu1"
def answers(facts, machine, gpu):
    for release in facts.torch["release"]:
        good = [v for v in release["sure"] if (gpu_variant_ok(0, 0, v, "", machine) if gpu else v == "cpu")]
        if good:
            return {(release["series"], v) for v in good}, release["series"]
    return set(), None
"""


def describe(tmp_path: Path, text: str, name: str = "machine") -> Any:
    folder = tmp_path / "machines"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text)
    return next(one for one in part("described").read_machines(folder) if one.name == name)


def make_build(variant: str, **fields: Any) -> Build:
    known = {"platforms": ("linux-x86_64",), "pythons": ("3.12",), "indexes": ("pytorch",), "glibc": "2.28"}
    return Build(variant=variant, evidence="measured", source=("s",), **{**known, **fields})


def make_listing(*releases: tuple[str, tuple[Build, ...]], day: dt.date | None = None) -> Any:
    rows = tuple(
        Release(version=version, released=dt.date(2026, number + 1, 1), builds=builds, source=("s",))
        for number, (version, builds) in enumerate(releases)
    )
    framework = Framework(
        id="torch", name="T", distribution="torch", imports=("torch",), checked_on=dt.date(2026, 1, 1), sources={},
        release=rows,
    )  # fmt: skip
    return part("listing").make_listing(framework, day)


# ---------------------------------------------------------------- what they are shown


def test_nvidia_smi_answers_as_asked(tmp_path: Path) -> None:
    machine = describe(tmp_path, GTX + GTX[GTX.index("[[gpu]]") :].replace("1080 Ti", "1070"))
    shown = part("fake_driver").make_driver(tmp_path / "driver", machine, Matrix().drivers, None)

    def ask(*words: str) -> tuple[int, str]:
        done = subprocess.run(["nvidia-smi", *words], env=shown, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    assert (0, "580.95.05\n580.95.05\n") == ask("--query-gpu=driver_version", "--format=csv,noheader")
    rows = "0, NVIDIA GeForce GTX 1080 Ti, 11264 MiB, 6.1\n1, NVIDIA GeForce GTX 1070, 11264 MiB, 6.1\n"
    assert (0, rows) == ask("--query-gpu=index,name,memory.total,compute_cap", "--format=csv,noheader")
    assert (0, "11264\n11264\n") == ask("--query-gpu=memory.total", "--format=csv,noheader,nounits")
    assert (2, 'Field "colour" is not a valid field to query.\n') == ask("--query-gpu=colour", "--format=csv")
    status, table = ask()
    assert (0, True) == (status, "Driver Version: 580.95.05      CUDA Version: 13.0" in table)


def test_an_amd_machine_has_no_nvidia_smi(tmp_path: Path) -> None:
    shown = part("fake_driver").make_driver(tmp_path / "driver", describe(tmp_path, MI300), Matrix().drivers, None)
    assert not (tmp_path / "driver" / "nvidia-smi").exists()
    done = subprocess.run(["rocm_agent_enumerator"], env=shown, capture_output=True, text=True, check=True)
    assert "gfx000\ngfx942\n" == done.stdout
    vendors = [path.read_text() for path in (tmp_path / "driver" / "pci").glob("*/vendor")]
    assert ["0x1002\n"] == vendors


def test_the_libraries_of_a_fake_driver_get_their_text(tmp_path: Path) -> None:
    shown = part("fake_driver").make_driver(tmp_path / "d", describe(tmp_path, GTX), Matrix().drivers, tmp_path / "lib")
    assert str(tmp_path / "lib") == shown["LD_LIBRARY_PATH"]
    expected = ["driver 580.95.05", "cuda 13000", "init 0", "cuinit 0"]
    lines = Path(shown["FAKE_NVIDIA"]).read_text().splitlines()
    assert expected == lines[:4]
    assert lines[4].startswith("gpu NVIDIA GeForce GTX 1080 Ti|GPU-")
    assert "|11264|0|6.1|" in lines[4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            GTX,
            "NVIDIA GeForce GTX 1080 Ti,count=1,driver=580.95.05,linux,x86_64,python=3.12,wsl=false,glibc=2.35,cc=6.1",
        ),
        (CPU, "cpu,linux,x86_64,python=3.12,wsl=false,glibc=2.35"),
    ],
)
def test_a_target_in_the_words_of_rigsolve(tmp_path: Path, text: str, expected: str) -> None:
    assert expected == part("tools").target(describe(tmp_path, text), "3.12")


# ---------------------------------------------------------------- the index


def test_pages_hold_what_the_rows_say() -> None:
    mac = make_build("cpu", platforms=("macos-arm64",), indexes=("default",), macos="14.0", glibc="")
    elsewhere = make_build("cu1", indexes=("default",))
    listing = make_listing(("2.1", (make_build("cu2", local=True, pythons=("3.12", "3.14t")), mac, elsewhere)))
    found = {variant: [wheel.file for wheel in wheels] for variant, wheels in listing.pages("pytorch").items()}
    names = [
        "torch-2.1+cu2-cp312-cp312-manylinux_2_28_x86_64.whl",
        "torch-2.1+cu2-cp314-cp314t-manylinux_2_28_x86_64.whl",
    ]
    assert {"cu2": names, "cpu": ["torch-2.1-cp312-cp312-macosx_14_0_arm64.whl"]} == found


def test_what_was_not_out_is_not_listed() -> None:
    releases = (("2.0", (make_build("cpu"),)), ("2.1", (make_build("cpu"),)))
    assert ["2.0"] == [row.version for row in make_listing(*releases, day=dt.date(2026, 1, 31)).releases]
    assert ["2.1", "2.0"] == [row.version for row in make_listing(*releases).releases]


@pytest.mark.parametrize(
    ("libc", "python", "variant", "expected"),
    [
        ("glibc 2.35", "3.12", "", ("2.1", "cu2")),
        ("glibc 2.35", "3.12", "cu1", ("2.0", "cu1")),
        ("glibc 2.35", "3.9", "", None),
        ("glibc 2.17", "3.12", "", ("2.0", "cu1")),
        ("musl 1.2.4", "3.12", "", None),
    ],
)
def test_what_pip_takes(tmp_path: Path, libc: str, python: str, variant: str, expected: tuple[str, str] | None) -> None:
    old = make_build("cu1", indexes=("pytorch", "default"), glibc="2.17")
    listing = make_listing(("2.0", (old,)), ("2.1", (make_build("cu2", indexes=("default",)),)))
    machine = describe(tmp_path, CPU.replace("glibc 2.35", libc).replace("3.12", python))
    assert expected == listing.newest(machine, variant=variant)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_uv_finds_the_stand_in_under_the_true_address(tmp_path: Path) -> None:
    import uv

    builds = (make_build("cu126", local=True), make_build("cpu", local=True))
    listing = make_listing(("2.0", builds), ("2.1", (make_build("cpu", local=True),)))
    url = Matrix().indexes["pytorch"].url
    with part("stand_in").serve_index(tmp_path, url, "torch", listing.pages("pytorch")) as index:
        tool = part("tools").Uv(Path(uv.find_uv_bin()), index, tmp_path / "cache")
        answers = {}
        for name, text in {"gtx": GTX.replace("580.95.05", "550.54.14"), "cpu": CPU}.items():
            machine = describe(tmp_path, text, name)
            shown = part("fake_driver").make_driver(tmp_path / name, machine, Matrix().drivers, None)
            answer = tool.ask(machine, "3.12", shown)
            answers[name] = (answer.kind, answer.version, answer.variant)
    assert {"gtx": ("build", "2.0", "cu126"), "cpu": ("build", "2.1", "cpu")} == answers


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_certificate_is_for_the_host(tmp_path: Path) -> None:
    authority, certificate = part("stand_in").make_certificate(tmp_path, "index.example")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate)
    check = ["openssl", "verify", "-CAfile", str(authority), "-verify_hostname", "index.example", str(certificate)]
    assert 0 == subprocess.run(check, capture_output=True, check=False).returncode
    check[-2] = "other.example"
    assert 0 != subprocess.run(check, capture_output=True, check=False).returncode


# ---------------------------------------------------------------- their answers


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("torch==2.13.0+cu129", ("2.13.0", "cu129")),
        ("torch==2.11.0", ("2.11.0", "")),
        ("pip install torch==2.9.1 torchvision==0.24.1 --index-url https://i.example/whl/cu130", ("2.9.1", "cu130")),
        (
            "pip install torch==1.12.1+cu113 torchaudio==0.12.1 --extra-index-url https://i.example/whl/cu11",
            ("1.12.1", "cu113"),
        ),
        ("pip install torch torchvision --index-url https://i.example/whl/rocm7.2", ("", "rocm7.2")),
        ("pip install torch", ("", "")),
        ("pip install pytorch-torch==9", ("", "")),
    ],
)
def test_pip_commands(command: str, expected: tuple[str, str]) -> None:
    assert expected == part("answer").parse_pip(command)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("echo no build >&2; exit 3", "none"),
        ("echo 'Traceback (most recent call last):' >&2; exit 1", "cannot be asked"),
        ("kill -SEGV $$", "cannot be asked"),
    ],
)
def test_a_crash_is_no_refusal(script: str, kind: str) -> None:
    answer = part("answer")
    assert kind == answer.refusal(answer.run(["sh", "-c", script], {"PATH": "/usr/bin:/bin"}), "3.12").kind


@pytest.mark.parametrize(
    ("text", "version", "variant", "expected"),
    [
        (GTX, "2.0.1", "cu1", "right"),
        (GTX, "1.9.0", "cu1", "older"),
        (GTX, "2.1.0", "cu2", "wrong"),
        (GTX, "2.1.0", "cu3", "unproven"),
        (GTX, "2.1.0", "cu9", "wrong"),
        (GTX, "2.1.0", "cpu", "CPU only"),
        (CPU, "2.1.0", "cpu", "right"),
        (CPU, "2.0.0", "cpu", "older"),
        (CPU, "2.1.0", "cu2", "wrong"),
        (CPU + "cpu = { flags = [] }\n", "2.1.0", "cpu", "not judged"),
    ],
)
def test_verdicts(tmp_path: Path, text: str, version: str, variant: str, expected: str) -> None:
    answer = part("answer").Answer(kind="build", version=version, variant=variant)
    assert expected == make_judge(tmp_path).judge(describe(tmp_path, text), answer)


def test_verdicts_as_of_a_day(tmp_path: Path) -> None:
    answer = part("answer").Answer(kind="build", version="2.0.1", variant="cpu")
    machine = describe(tmp_path, CPU)
    assert "older" == make_judge(tmp_path).judge(machine, answer)
    assert "right" == make_judge(tmp_path, dt.date(2026, 1, 31)).judge(machine, answer)


def test_no_answer_and_not_asked_are_told_apart(tmp_path: Path) -> None:
    answer, judge, machine = part("answer").Answer, make_judge(tmp_path), describe(tmp_path, GTX)
    kinds = ("none", "cannot be asked")
    assert kinds == tuple(judge.judge(machine, answer(kind=kind)) for kind in kinds)


def make_judge(tmp_path: Path, day: dt.date | None = None) -> Any:
    (tmp_path / "judge.py").write_text(JUDGE)
    return part("judge").Judge(tmp_path / "judge.py", tmp_path, day)


def test_the_better_answer_counts() -> None:
    answer, judge = part("answer").Answer, part("judge")
    old, new = (
        judge.Judged(answer=answer(kind="build", version=version, variant="cu1"), word="older")
        for version in ("2.9.0", "2.13.0")
    )
    right = judge.Judged(answer=answer(kind="build", version="2.0.0", variant="cu1"), word="right")
    assert (new, new, right) == (judge.better(old, new), judge.better(new, old), judge.better(right, new))


# ---------------------------------------------------------------- the whole


def write_rival(folder: Path, name: str, script: str) -> None:
    program = folder / name / "bin" / name
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n" + textwrap.dedent(script))
    program.chmod(0o755)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_table(tmp_path: Path) -> None:
    for name, text in {"gtx": GTX, "laptop": CPU, "mac": MAC}.items():
        describe(tmp_path, text, name)
    (tmp_path / "judge.py").write_text(JUDGE)
    peers = tmp_path / "peers"
    write_rival(
        peers, "uv", 'case "$*" in --version) echo uv 9.1;; *pylock*) exit 1;; *) echo "torch==2.1.0+cu2";; esac'
    )
    write_rival(peers, "rigsolve", "echo '  - no wheel' >&2; exit 2")
    write_rival(peers, "env-doctor", "echo; echo '  pip install torch==2.0.1 --index-url https://i.example/whl/cu1'")
    plan = '{"python": "3.12", "accelerator": {"variant": "cpu"}, "packages": [{"name": "torch", "version": "2.1.0"}]}'
    write_rival(tmp_path, "mlenv", f"echo '{plan}'")
    argv = [
        "--machines",
        "machines",
        "--judge",
        "judge.py",
        "--facts",
        ".",
        "--peers",
        "peers",
        "--as-of",
        "2026-01-31",
    ]
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "compare_peers.py"), *argv, "--mlenv", "mlenv/bin/mlenv"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (0, "") == (done.returncode, "".join(line for line in done.stderr.splitlines() if ";" not in line))
    rows = {line.split(" | ")[0].strip("| "): line for line in done.stdout.splitlines() if line.startswith("| ")}
    assert "| gtx | 2.0 cu1 | 2.1.0 cu2: wrong | none | 2.0.1 cu1: **right** | 2.1.0 cpu: CPU only |" == rows["gtx"]
    assert "| mac | 2.0 cu1 | 2.1.0 cu2: wrong | cannot be asked | cannot be asked |" in rows["mac"]
    totals = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| uv ")]
    assert ["| uv", "0", "0", "0", "0", "3", "0", "0"] == totals[0][:8]
    assert "- rigsolve: no wheel (gtx, laptop)" in done.stdout
    assert "- **uv** 9.1" in done.stdout
    assert "As of 2026-01-31" in done.stdout
