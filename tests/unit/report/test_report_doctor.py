"""The diagnosis as text and as a document."""

from __future__ import annotations

import msgspec
import pytest

from mlenv.checks.finding import CheckOutcome, Diagnosis, Finding, Fix
from mlenv.facts.drivers import Nvidia
from mlenv.facts.environment import Distribution, Environment
from mlenv.facts.gpu import Gpu
from mlenv.facts.hardware import Cpu, Disk, Memory
from mlenv.facts.machine import Machine
from mlenv.facts.python import PythonInterpreter
from mlenv.facts.system import Libc, OperatingSystem
from mlenv.matrix.load import DataVersion
from mlenv.report.doctor import DoctorDocument, make_document
from mlenv.report.doctor_text import closing_line, render_text
from mlenv.report.document import render_json
from mlenv.report.page import wrap
from mlenv.report.style import ASCII_MARKS, UNICODE_MARKS, Marks

GIB = 1024**3
MACHINE = Machine(
    os=OperatingSystem(
        family="linux", distribution="Ubuntu", version="22.04", libc=Libc(family="glibc", version="2.35")
    ),
    architecture="x86_64",
    cpu=Cpu(model="AMD Ryzen 9 5950X", logical_cores=32, flags=("avx", "avx2")),
    memory=Memory(total_bytes=64 * GIB),
    disks=(Disk(purpose="environment", path="/home/me/.venv", free_bytes=6 * GIB),),
    gpus=(
        Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 4090", memory_bytes=24 * GIB),
        Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 4090", memory_bytes=24 * GIB),
    ),
    nvidia=Nvidia(driver="580.95.05", cuda="13.0"),
    pythons=(PythonInterpreter(version="3.12.3"),),
)
LOW_DISK = Finding(
    id="disk-space-low",
    severity="warning",
    title="Only 6.4 GB free for an environment",
    cause="An environment needs up to 10 GB with GPU libraries; /home/me/.venv has 6.4 GB free.",
    evidence=("/home/me/.venv: 6.4 GB free (statvfs)",),
    fix=(Fix(text="Free the space that old downloads take", command="uv cache clean"),),
)
CRASH = Finding(id="framework-import-crashed", severity="error", title="Importing torch crashes", cause="SIGSEGV.")
NOTE = Finding(
    id="pep668-externally-managed", severity="info", title="Python 3.12.3 belongs to the system", cause="So."
)


def _ran(slug: str, subject: str) -> CheckOutcome:
    return CheckOutcome(id=slug, subject=subject, outcome="ran")


CHECKS = (
    _ran("glibc-too-old", "system"),
    _ran("cpu-lacks-avx", "processor"),
    _ran("ram-below-minimum", "memory"),
    _ran("disk-space-low", "disk"),
    _ran("pep668-externally-managed", "python"),
    _ran("nvidia-driver-too-old", "gpu"),
    CheckOutcome(id="framework-import-crashed", subject="environment", outcome="skipped", detail="no import was tried"),
)


def _document(
    *findings: Finding,
    machine: Machine = MACHINE,
    checks: tuple[CheckOutcome, ...] = CHECKS,
    environment: Environment | None = None,
    status: str = "ok",
) -> DoctorDocument:
    diagnosis = Diagnosis(status=status, findings=findings, checks=checks)  # type: ignore[arg-type]
    return make_document(diagnosis, machine, DataVersion(version="2026.11.22", digest="sha256:0"), environment)


def _text(
    document: DoctorDocument,
    *,
    width: int = 80,
    colour: bool = False,
    marks: Marks = UNICODE_MARKS,
    verbose: bool = False,
) -> str:
    return render_text(document, width=width, colour=colour, marks=marks, verbose=verbose)


def _line(document: DoctorDocument, subject: str) -> str:
    return next(line for line in _text(document, width=200).splitlines() if f"] {subject}: " in line)


def test_a_healthy_machine() -> None:
    assert _text(_document()) == (
        "Ubuntu 22.04 (x86_64) · AMD Ryzen 9 5950X · 64 GiB RAM · 2 × NVIDIA GeForce RTX\n"
        "4090 (24 GiB), driver 580.95.05 (CUDA 13.0) · Python 3.12.3\n"
        "\n"
        "[✓] System: Ubuntu 22.04, x86_64, glibc 2.35\n"
        "[✓] Processor: AMD Ryzen 9 5950X, 32 logical cores (avx avx2)\n"
        "[✓] Memory: 64 GiB in all\n"
        "[✓] Disk: 6.0 GiB free for an environment at /home/me/.venv\n"
        "[✓] Python: 3.12.3\n"
        "[✓] GPU: 2 × NVIDIA GeForce RTX 4090 (24 GiB), driver 580.95.05 (CUDA 13.0)\n"
        "\n"
        "No issues found.\n"
    )


def test_a_problem_on_sixty_columns() -> None:
    text = _text(_document(LOW_DISK, status="warning"), width=60)
    assert "\n".join(text.splitlines()[8:16]) == (
        "[!] Disk: 6.0 GiB free for an environment at /home/me/.venv\n"
        "    [!] Only 6.4 GB free for an environment\n"
        "        An environment needs up to 10 GB with GPU libraries;\n"
        "        /home/me/.venv has 6.4 GB free.\n"
        "        · /home/me/.venv: 6.4 GB free (statvfs)\n"
        "        → Free the space that old downloads take\n"
        "            uv cache clean\n"
        "[✓] Python: 3.12.3"
    )
    assert max(len(line) for line in text.splitlines()) <= 60


def test_marks_that_every_encoding_can_say() -> None:
    text = _text(_document(LOW_DISK, status="warning"), marks=ASCII_MARKS)
    assert text.isascii()
    assert "[!!] Disk: " in text
    assert "        -> Free the space" in text
    assert "[ok] GPU: 2 x NVIDIA GeForce RTX 4090" in text


def test_what_is_good_to_know_takes_one_line() -> None:
    lines = _text(_document(NOTE)).splitlines()
    place = lines.index("    [i] Python 3.12.3 belongs to the system")
    assert lines[place - 1] == "[✓] Python: 3.12.3"
    assert lines[place + 1].startswith("[✓] GPU")
    assert lines[-1] == "No issues found."


def test_verbose_says_how_each_check_went() -> None:
    text = _text(_document(NOTE, environment=Environment(path=".venv")), verbose=True)
    assert "    [i] Python 3.12.3 belongs to the system\n        So.\n" in text
    assert "    ran cpu-lacks-avx\n" in text
    assert "    skipped framework-import-crashed: no import was tried\n" in text


def test_no_gpu_is_healthy() -> None:
    machine = msgspec.structs.replace(MACHINE, gpus=(), nvidia=None)
    checks = (CheckOutcome(id="nvidia-driver-missing", subject="gpu", outcome="skipped", detail="there is no GPU"),)
    assert _line(_document(machine=machine, checks=checks), "GPU") == "[✓] GPU: none; CPU builds will be used"


def test_what_nobody_could_look_at_is_not_green() -> None:
    machine = Machine(os=OperatingSystem(family="linux"))
    unknown = [
        CheckOutcome(id=check.id, subject=check.subject, outcome="unknown", detail=f"{check.subject} is not known")
        for check in CHECKS
    ]
    text = _text(_document(machine=machine, checks=tuple(unknown), status="unknown"))
    assert "[✓]" not in text
    assert "[?] Memory: not known\n[?] Disk: not known\n[?] Python: not known\n[?] GPU: not known\n" in text
    assert text.endswith("\nNothing could be checked.\n")


def test_what_does_not_concern_the_machine_is_not_green_either() -> None:
    checks = (CheckOutcome(id="cpu-lacks-avx", subject="processor", outcome="skipped", detail="no AVX here"),)
    assert _line(_document(checks=checks), "Processor").startswith("[i] Processor: ")


def test_an_open_question_shows_beside_what_is_known() -> None:
    checks = (
        _ran("gpu-memory-small", "gpu"),
        CheckOutcome(id="nvidia-driver-too-old", subject="gpu", outcome="unknown", detail="the driver is not known"),
        CheckOutcome(id="nvidia-driver-missing", subject="gpu", outcome="unknown", detail="the driver is not known"),
        CheckOutcome(id="gpu-made-up", subject="gpu", outcome="crashed", detail="KeyError: 'x'"),
    )
    text = _text(_document(checks=checks), width=100)
    assert text.splitlines()[-5:] == [
        "[?] GPU: 2 × NVIDIA GeForce RTX 4090 (24 GiB), driver 580.95.05 (CUDA 13.0)",
        "    the driver is not known",
        "    the check gpu-made-up failed: KeyError: 'x'",
        "",
        "No issues found in what could be checked (3 of 4 checks could not).",
    ]


def test_the_environment_has_a_line_when_there_is_one() -> None:
    environment = Environment(
        path=".venv", python="3.12.3", distributions=(Distribution(name="torch", version="2.15.0", build="cu132"),)
    )
    checks = (_ran("framework-import-crashed", "environment"),)
    document = _document(CRASH, checks=checks, environment=environment, status="error")
    assert _line(document, "Environment") == "[✗] Environment: .venv, Python 3.12.3, torch 2.15.0 (cu132)"
    bare = _document(checks=checks, environment=Environment(path=".venv"))
    assert _line(bare, "Environment") == "[✓] Environment: .venv, no frameworks"
    assert "Environment" not in _text(_document())
    assert "\n[✓] Environment\n" in _text(_document(checks=checks))


@pytest.mark.parametrize(
    ("findings", "line"),
    [
        ((), "No issues found."),
        ((NOTE,), "No issues found."),
        ((CRASH,), "1 error in 1 category."),
        ((CRASH, LOW_DISK), "1 error and 1 warning in 2 categories."),
        ((LOW_DISK, LOW_DISK), "2 warnings in 1 category."),
    ],
)
def test_closing_line(findings: tuple[Finding, ...], line: str) -> None:
    assert closing_line(_document(*findings)) == line


def test_colour_is_only_added() -> None:
    document = _document(LOW_DISK, CRASH, status="error")
    coloured = _text(document, colour=True)
    assert "\x1b[33m[!]\x1b[0m Disk: " in coloured
    assert "\x1b[32m[✓]\x1b[0m System: " in coloured
    plain = coloured
    for code in ("0", "1", "2", "31", "32", "33", "36"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == _text(document)


def test_foreign_text_cannot_steer_the_terminal() -> None:
    gpu = Gpu(vendor="nvidia", name="\x1b[2JEvil\x07 GPU\n[✓] GPU: fine")
    finding = msgspec.structs.replace(LOW_DISK, fix=(Fix(text="Do", command="rm\x1b[8m -rf\nnow"),))
    text = _text(_document(finding, machine=msgspec.structs.replace(MACHINE, gpus=(gpu,))), width=200)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[✓] GPU: Evil GPU [✓] GPU: fine, driver 580.95.05 (CUDA 13.0)\n" in text
    assert "            rm -rf now\n" in text


def test_commands_are_never_broken() -> None:
    command = "mlenv install --profile pytorch-gpu --env /a/very/long/path/to/some/environment"
    finding = msgspec.structs.replace(LOW_DISK, fix=(Fix(text="Do that", command=command),))
    assert f"            {command}\n" in _text(_document(finding), width=40)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 100, ["one two three"]),
        ("incomprehensibilities are long", 5, ["incomprehensibilities", "are", "long"]),
        ("", 10, [""]),
    ],
)
def test_wrap(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


def test_the_document_has_the_keys_of_the_contract() -> None:
    document = msgspec.json.decode(render_json(_document(LOW_DISK, status="warning")))
    assert document["schema"] == "mlenv.doctor/1"
    assert {"mlenv_version", "matrix_version", "machine", "status", "findings", "checks"} <= set(document)
    assert document["findings"][0] == {
        "id": "disk-space-low",
        "severity": "warning",
        "title": "Only 6.4 GB free for an environment",
        "cause": "An environment needs up to 10 GB with GPU libraries; /home/me/.venv has 6.4 GB free.",
        "evidence": ["/home/me/.venv: 6.4 GB free (statvfs)"],
        "fix": [{"text": "Free the space that old downloads take", "command": "uv cache clean"}],
        "applies_to": [],
        "grade": "shown",
        "explains": [],
        "consequences": [],
    }
    assert document["checks"][0] == {"id": "glibc-too-old", "subject": "system", "outcome": "ran", "detail": ""}


def test_the_document_comes_back_unchanged() -> None:
    document = _document(LOW_DISK, NOTE, environment=Environment(path=".venv"))
    assert msgspec.json.decode(render_json(document), type=DoctorDocument) == document
