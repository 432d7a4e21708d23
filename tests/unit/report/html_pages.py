"""Documents for the tests of pages, and a reader of what a browser would make of them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from mlenv.checks.finding import CheckOutcome, Finding, Fix
from mlenv.facts.machine import Machine
from mlenv.intake import load_machine
from mlenv.report.doctor import DoctorDocument
from mlenv.report.verify import VerifyDocument
from mlenv.verify.result import Group, Result, ResultStatus, find_status

MACHINES = Path(__file__).parents[2] / "machines"
VOID = {"meta", "br", "rect", "link", "img", "input", "hr"}
CAUSE = Finding(
    id="driver-library-version-mismatch",
    severity="error",
    title="The NVIDIA libraries and the loaded kernel module do not match",
    cause="The driver was updated and the old kernel module is still loaded.",
    evidence=("kernel module 535.183.01 (/proc/driver/nvidia/version)",),
    fix=(Fix(text="Restart the machine", command="sudo reboot"),),
    applies_to=("gpu 0",),
    consequences=("no-gpu-for-torch",),
)
CONSEQUENCE = Finding(id="no-gpu-for-torch", severity="warning", title="PyTorch sees no GPU", cause="It cannot.")
NOTE = Finding(id="newest-release", severity="info", title="The newest PyTorch is 2.14.1", cause="So.")
CHECKS = (
    CheckOutcome(id=CAUSE.id, subject="gpu", outcome="ran"),
    CheckOutcome(id="glibc-too-old", subject="system", outcome="ran"),
    CheckOutcome(id="cpu-lacks-avx", subject="processor", outcome="unknown", detail="the flags were not read"),
    CheckOutcome(id="odd-one", subject="gpu", outcome="crashed", detail="ValueError"),
)


def machine(name: str) -> Machine:
    """A recorded machine."""
    return load_machine(MACHINES / name)


def diagnosis(
    here: Machine, *findings: Finding, status: str = "error", checks: tuple[CheckOutcome, ...] = CHECKS
) -> DoctorDocument:
    """A diagnosis of a machine."""
    return DoctorDocument(
        schema="mlenv.doctor/1",
        matrix_version="2026.11.23",
        matrix_digest="",
        machine=here,
        status=status,  # type: ignore[arg-type]
        findings=findings,
        checks=checks,
    )


def result(
    framework: str,
    check: str,
    status: ResultStatus = "pass",
    *,
    device: str | None = "cuda:0",
    seconds: float = 0.5,
    detail: str = "",
    group: Group = "framework",
    measured: dict[str, float | str] | None = None,
    remedy: str = "",
) -> Result:
    """A result of a verification."""
    return Result(
        framework=framework,
        version="2.15.0+cu132" if framework == "torch" else None,
        device=device,
        check=check,
        status=status,
        seconds=seconds,
        detail=detail,
        group=group,
        measured=measured or {},
        remedy=remedy,
    )


SLOW = result(
    "torch",
    "perf.bf16",
    "warn",
    device="cuda:1",
    detail="514.5 TFLOP/s, 52% of the 989.5 TFLOP/s of the NVIDIA H100 80GB HBM3 in bf16: below 60%",
    group="performance",
    measured={"bf16_tflops": 514.5, "ratio": 0.52, "peak": 989.5, "limit": "warn", "below": 0.6},
)
FAST = result(
    "torch",
    "perf.bf16",
    detail="771.8 TFLOP/s, 78% of the 989.5 TFLOP/s",
    group="performance",
    measured={"bf16_tflops": 771.8, "ratio": 0.78, "peak": 989.5},
)
COPY = result(
    "torch",
    "perf.h2d",
    "skip",
    detail="54.1 GB/s, not judged: the PCI Express link was not read",
    group="performance",
    measured={"host_to_device_gb_per_s": 54.1},
)
SPREAD = result("torch", "perf.spread", "warn", group="performance", measured={"metric": "bf16_tflops", "ratio": 0.67})
RESULTS = (
    result("torch", "import", device=None, seconds=7.5),
    result("torch", "compute", detail="exact in float32"),
    result("jax", "compute", "fail", device="cpu", seconds=2.0, detail="ran on the CPU", remedy="install jax[cuda13]"),
    COPY,
    FAST,
    SLOW,
    SPREAD,
    result("", "host.shm", "warn", device=None, seconds=0, detail="64 MiB", group="host"),
    result("", "gpu.ecc", device="gpu 0", seconds=0, group="gpu"),
)


def verification(*results: Result, environment: str = "/srv/image/.venv", policy: str = "") -> VerifyDocument:
    """A verification at the deep level."""
    return VerifyDocument(
        schema="mlenv.verify/1",
        matrix_version="2026.11.23",
        matrix_digest="",
        environment=environment,
        level="deep",
        policy=policy,
        status=find_status(results),
        results=results,
    )


class Page(HTMLParser):
    """A page as its elements: ``tags`` with their attributes in order, ``text`` without markup."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data

    def of(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def classed(self, name: str) -> list[dict[str, str]]:
        """The attributes of each element of that class."""
        return [attributes for _, attributes in self.tags if name in attributes.get("class", "").split()]
