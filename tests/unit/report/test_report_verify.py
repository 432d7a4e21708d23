"""The verification as text: what is proven, what was only imported, what is wrong and what helps."""

from __future__ import annotations

import pytest

from mlenv.report.verify import VerifyDocument, find_proofs
from mlenv.report.verify_text import closing_line, render_text
from mlenv.verify.result import Group, Result, ResultStatus, find_status


def make(
    framework: str,
    check: str,
    status: ResultStatus = "pass",
    *,
    device: str | None = None,
    detail: str = "",
    group: Group = "framework",
    remedy: str = "",
) -> Result:
    version = "2.13.0" if group == "framework" else None
    return Result(
        framework=framework,
        version=version,
        device=device,
        check=check,
        status=status,
        seconds=0.5,
        detail=detail,
        group=group,
        remedy=remedy,
    )


def document(*results: Result) -> VerifyDocument:
    return VerifyDocument(
        schema="mlenv.verify/1",
        matrix_version="2026.11.23",
        matrix_digest="",
        environment="/env",
        status=find_status(results),
        results=results,
    )


TORCH = (make("torch", "import"), make("torch", "compute", device="cuda:0", detail="exact in float32"))
BAD = make("jax", "compute", "fail", device="cpu", detail="element [0, 1] is 3 and must be 4")
REMAP = make("", "gpu.remap", "fail", device="gpu 0", detail="a remap failed", group="gpu", remedy="replace the card")


def test_a_line_per_framework_with_its_proof() -> None:
    text = render_text(document(*TORCH))
    assert "[✓] torch 2.13.0 on cuda:0, 1.0 s: exact in float32" in text
    assert text.endswith("\n1 framework computed correctly on cuda:0.\n")


def test_a_problem_is_told_below_its_framework() -> None:
    lines = render_text(document(*TORCH, make("jax", "import"), BAD)).splitlines()
    assert "    [✗] compute (cpu): element [0, 1] is 3 and must be 4" in lines
    assert lines[-1] == "1 of 2 frameworks does not work: jax."


def test_subjects_have_a_line_and_their_remedy() -> None:
    skipped = make("", "gpu.ecc", "skip", group="gpu", detail="the card has none")
    text = render_text(document(*TORCH, make("", "gpu.count", group="gpu"), skipped, REMAP))
    assert "[✗] GPU health: 1 of 2 checks pass, 1 check not applicable" in text
    assert "→ replace the card" in text
    assert text.endswith("\n1 check of gpu health failed.\n")


def test_verbose_has_every_check() -> None:
    verbose = render_text(document(*TORCH), verbose=True)
    assert "    pass compute cuda:0 0.50 s: exact in float32" in verbose.splitlines()


def test_foreign_text_is_made_harmless() -> None:
    text = render_text(document(make("torch", "import", "fail", detail="\x1b]0;title\x07red \x1b[31mtext")))
    assert "\x1b" not in text
    assert "red text" in text


@pytest.mark.parametrize(
    ("results", "line"),
    [
        ((), "Nothing could be checked, so nothing is proven."),
        ((make("six", "import"),), "1 package was only imported."),
        (
            (*TORCH, make("six", "import"), make("attrs", "import")),
            "1 framework computed correctly on cuda:0, 2 packages were only imported.",
        ),
        ((*TORCH, make("", "policy.gpu", "error", group="policy")), "No verdict: 1 check could not run."),
        ((make("", "host.ram", group="host"),), "Nothing could be checked, so nothing is proven."),
    ],
)
def test_the_closing_line(results: tuple[Result, ...], line: str) -> None:
    assert closing_line(document(*results)) == line


def test_the_proof_of_a_framework_is_its_computation() -> None:
    proofs = find_proofs([*TORCH, make("torch", "conv"), make("six", "import")])
    assert {name: result.check for name, result in proofs.items()} == {"torch": "compute", "six": "import"}
