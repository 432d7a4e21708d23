"""The reports of environments: documents that fit their schemas, and texts for narrow terminals."""

from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from mlenv.execute.manifest import Manifest
from mlenv.matrix.load import DataVersion
from mlenv.plan.plan import PlannedFile
from mlenv.report.document import render_json
from mlenv.report.environments import difference_report, generation_text, listing
from mlenv.report.environments.difference import compare
from mlenv.report.environments.generation import EnvironmentDocument, environment_document
from mlenv.report.environments.rows import EnvironmentRow, GenerationRow, describe_generation, summarise
from mlenv.report.schema import json_schema
from tests.unit.report.environment_cases import INDEX, KNOWLEDGE, lock_row, manifest_of, result_of

DATA = DataVersion(version="2026.11.22", digest="sha256:00")
SECRET = INDEX.replace("//", "//me:geheim@")


def manifest() -> Manifest:
    return manifest_of(
        "torch==2.7.0+cu126",
        rows=[lock_row("torch", "2.7.0+cu126", index=SECRET, sha="0123456789abcdef"), lock_row("sympy", "1.9")],
        results=[result_of()],
        plan={
            "variables": {"KERAS_BACKEND": "torch", "HF_TOKEN": "geheim"},
            "others": (f"tool @ {SECRET}",),
            "warnings": ("the disk is small",),
            "files": (PlannedFile(path="mlenv/pyproject.toml", text=SECRET),),
        },
        timings={"install": 12.34},
    )


def row(number: str = "4", *, size: int | None = 8 * 1024**3, current: bool = True) -> GenerationRow:
    return summarise(number, manifest(), current=current, bytes=size)


def shown() -> EnvironmentDocument:
    return environment_document(".venv", row(), manifest(), DATA, KNOWLEDGE)


def listed(**fields: object) -> listing.EnvironmentsDocument:
    environment = EnvironmentRow(path=".venv", state="ready", current="4", generations=(row(), row("3", current=False)))
    return listing.environments_document([replace(environment, **fields)], DATA)


def differing() -> difference_report.DifferenceDocument:
    machine = replace(manifest().machine, gpus=())
    after = replace(manifest(), machine=machine, matrix_version="2026.12.1")
    after = replace(after, lock=after.lock.replace("1.9", "1.10"), plan=replace(after.plan, python="3.13"))
    return difference_report.difference_document(
        ".venv", row("3"), row("4"), compare(manifest(), after, KNOWLEDGE), DATA
    )


@pytest.mark.parametrize(
    ("name", "document"),
    [("environments", listed()), ("environment", shown()), ("environment-diff", differing())],
)
def test_documents_fit_their_schemas_and_hold_no_password(name: str, document: msgspec.Struct) -> None:
    text = render_json(document)
    jsonschema.validate(json.loads(text), json.loads(json_schema(name)))
    assert f"mlenv.{name}/1" == json.loads(text)["schema"]
    assert "geheim" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_texts_keep_to_the_width_where_words_allow(width: int) -> None:
    texts = [
        listing.render_text(listed(adopted=True), width=width),
        generation_text.render_text(shown(), width=width, verbose=True),
        difference_report.render_text(differing(), width=width, verbose=True),
    ]
    for line in "".join(texts).splitlines():
        assert len(line) <= width or len(max(line.split(), key=len)) + 24 > width


def test_colour_adds_nothing_but_colour() -> None:
    def strip(text: str) -> str:
        return "".join(part.partition("m")[2] if number else part for number, part in enumerate(text.split("\x1b[")))

    for plain, coloured in (
        (listing.render_text(listed()), listing.render_text(listed(), colour=True)),
        (generation_text.render_text(shown()), generation_text.render_text(shown(), colour=True)),
        (difference_report.render_text(differing()), difference_report.render_text(differing(), colour=True)),
    ):
        assert "\x1b" not in plain
        assert "\x1b[" in coloured
        assert plain == strip(coloured)


def test_a_generation_in_one_line() -> None:
    assert "2026-11-22 10:12, starter: Python 3.12, cuda (cu126), uv, proven, 8.0 GiB" == describe_generation(row())
    assert describe_generation(row(size=12 * 1024**2)).endswith("proven, 12 MiB")
    assert describe_generation(row(size=None)).endswith("proven")


def test_the_list() -> None:
    assert (
        ".venv: generation 4 is in use\n"
        "  * 4: 2026-11-22 10:12, starter: Python 3.12, cuda (cu126), uv, proven, 8.0 GiB\n"
        "  - 3: 2026-11-22 10:12, starter: Python 3.12, cuda (cu126), uv, proven, 8.0 GiB\n"
    ) == listing.render_text(listed(), width=100)


def test_states_that_ask_for_something() -> None:
    assert "`mlenv env rollback`" in listing.render_text(listed(state="broken", current=None))
    assert "no finished generation" in listing.render_text(listed(generations=()))
    assert "can be given back" in listing.render_text(listed(adopted=True))
    assert "No environment" in listing.render_text(listing.environments_document([], DATA))


def test_one_generation() -> None:
    text = generation_text.render_text(shown(), width=100)
    for words in (
        ".venv: generation 4 (in use)",
        "torch  2.7.0+cu126, from https://wheels.example.org/cu126, sha256:0123456789ab",
        "and 1 dependency (-v shows all)",
        "NVIDIA A100",
        "HF_TOKEN=****",
        "pass torch 2.7.0 compute on cuda:0: 128x64",
        "install  12.3",
        "mlenv/pylock.toml",
        "the disk is small",
    ):
        assert words in text
    assert "sympy" not in text
    assert "sympy" in generation_text.render_text(shown(), verbose=True)


def test_a_generation_without_a_lock_says_so() -> None:
    bare = replace(manifest(), lock="")
    document = environment_document(".venv", row(), bare, DATA)
    assert not document.complete
    assert ["torch"] == [package.name for package in document.packages]
    assert "Packages: 1 known from the plan" in generation_text.render_text(document)


def test_a_difference() -> None:
    text = difference_report.render_text(differing(), width=100)
    assert ["High risk: 2", "Low risk: 1"] == [
        line for line in text.splitlines() if " risk: " in line and "by" not in line
    ]
    assert "  ~ python: 3.12 -> 3.13 (upgraded)\n      another series" in text
    assert "  - gpu NVIDIA A100: 1 (removed)" in text
    assert "  ~ sympy: 1.9 -> 1.10 (upgraded)\n\n" in text  # a low risk without its reason
    assert "matrix" not in text
    assert text.endswith("4 changes by risk: 2 high, 1 low, 1 none.\n")
    assert "matrix: 2026.11.22 -> 2026.12.1" in difference_report.render_text(differing(), width=100, verbose=True)
    assert ("differs", "high") == (differing().status, differing().highest)


def test_no_difference() -> None:
    document = difference_report.difference_document(".venv", row("3"), row("4"), (), DATA)
    assert ("same", "none") == (document.status, document.highest)
    assert difference_report.render_text(document).endswith("\nNo difference.\n")


def test_what_is_foreign_cannot_paint_the_terminal() -> None:
    odd = replace(manifest(), lock=manifest().lock + lock_row("odd", "1\\u001b[31m"))
    changes = compare(manifest(), odd)
    assert "\x1b" in "".join(change.after for change in changes)
    document = difference_report.difference_document(".venv", row("3"), row("4"), changes, DATA)
    assert "\x1b" not in difference_report.render_text(document)
