"""Why an answer is as it is: each build judged, and the rows behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlenv.cli.matrix.why import parse_requirement
from mlenv.errors import UsageError
from mlenv.facts.machine import Machine
from mlenv.intake.described import parse_description
from mlenv.matrix.load import Matrix
from mlenv.report.matrix.admitted import explain_requirement
from mlenv.report.matrix.why import JudgedBuild, MatrixWhyDocument, describe_machine, pick_releases, render_why

# A framework with one of everything that an explanation must tell.
TOY = """
id = "toy"
name = "Toy"
distribution = "toy"
imports = ["toy"]
summary = "plays"
status = "stale"
successor = "torch"
solitary = true
floor = "1.0"
conda = { package = "toy-conda", packages = { cuda = "toy-gpu" }, evidence = "documentation", source = ["docs"] }
checked_on = 2026-11-01
traps = ["It bites."]

[sources]
docs = "the manual of toy"
wheel = "read in the wheel"

[[release]]
version = "3.0"
released = 2026-10-01
broken = "it pins what nobody has"
source = ["docs"]
builds = [
  { variant = "cpu", platforms = ["linux-x86_64"], pythons = ["3.13"], glibc = "2.28", evidence = "measured", source = ["wheel"] },
]

[[release]]
version = "2.0"
released = 2026-09-01
requires = { numpy = ">=2" }
constraints = { pandas = "<3" }
source = ["docs"]
builds = [
  { variant = "cpu", platforms = ["linux-x86_64"], pythons = ["3.12", "3.13"], glibc = "2.28", distribution = "toy-cpu", needs = ["java>=17"], evidence = "measured", source = ["wheel"] },
  { variant = "cpu", platforms = ["windows-x86_64"], pythons = ["3.12"], evidence = "measured", source = ["wheel"] },
  { variant = "cu13", accelerators = ["cuda", "cpu"], platforms = ["linux-x86_64"], pythons = ["3.13"], extra = "gpu,fast", glibc = "2.28", cuda = "13.0", sass = ["7.5", "8.0"], runtime = "cu13", requires = { nvidia-cudnn-cu13 = ">=9" }, evidence = "measured", source = ["wheel"] },
  { variant = "cu12", accelerators = ["cuda"], platforms = ["linux-x86_64"], pythons = ["3.13"], glibc = "2.39", cuda = "12.6", sass = ["9.0"], runtime = "cu12", evidence = "measured", source = ["wheel"] },
  { variant = "cu11", accelerators = ["cuda"], platforms = ["linux-x86_64"], pythons = ["3.13"], glibc = "2.28", cuda = "11.8", runtime = "cu11", evidence = "unknown", source = ["docs"] },
  { variant = "rocm7.2", accelerators = ["rocm"], platforms = ["linux-x86_64"], pythons = ["3.13"], evidence = "measured", gfx = ["gfx1100"], source = ["wheel"] },
]

[[release]]
version = "1.0"
released = 2025-09-01
source = ["docs"]
builds = [
  { variant = "cu12", accelerators = ["cuda"], platforms = ["linux-x86_64"], pythons = ["3.12"], cuda = "12.6", sass = ["6.0", "7.5"], runtime = "cu12", evidence = "measured", source = ["wheel"] },
]
"""  # noqa: E501
PASCAL = """
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
python = ["3.12.4"]
[nvidia]
driver = "570.86.15"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA GeForce GTX 1080 Ti"
"""
BARE = 'os = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\ngpu = []\npython = ["3.12.4"]\n'


@pytest.fixture
def matrix(tmp_path: Path) -> Matrix:
    """The built-in matrix with the toy laid over it."""
    (tmp_path / "frameworks").mkdir()
    (tmp_path / "frameworks" / "toy.toml").write_text(TOY, encoding="utf-8")
    return Matrix(site=tmp_path)


def machine(text: str) -> Machine:
    return parse_description(text, origin="test")


def explain(matrix: Matrix, requirement: str, description: str | None = PASCAL) -> MatrixWhyDocument:
    asked = parse_requirement(matrix, requirement)
    return explain_requirement(matrix, asked, None if description is None else machine(description))


def builds(document: MatrixWhyDocument, version: str) -> dict[str, JudgedBuild]:
    release = next(release for release in document.releases if release.version == version)
    return {build.build: build for build in release.builds}


def rules(build: JudgedBuild) -> list[str]:
    return [failure.rule for failure in build.failures]


def test_every_build_has_a_verdict_and_every_rule_that_speaks_against_it(matrix: Matrix) -> None:
    judged = builds(explain(matrix, "toy"), "2.0")
    expected = {
        "cpu": ("runs", []),
        "cu13": ("cpu-only", ["driver-too-old", "gpu-code"]),
        "cu12": ("fails", ["libc", "gpu-code"]),
        "cu11": ("unproven", ["gpu-code-unknown"]),
        "rocm7.2": ("fails", ["no-device"]),
    }
    assert expected == {name: (build.verdict, rules(build)) for name, build in judged.items()}


def test_what_would_lift_the_first_obstacle_is_said(matrix: Matrix) -> None:
    judged = builds(explain(matrix, "toy==2.0"), "2.0")
    assert judged["cu13"].remedy.startswith("update the NVIDIA driver to 580")
    assert judged["cu12"].remedy == "use a newer system (glibc 2.39 or newer)"
    assert judged["cpu"].remedy == ""


def test_a_broken_release_fails_with_its_reason(matrix: Matrix) -> None:
    document = explain(matrix, "toy>=3")
    assert ["broken"] == rules(builds(document, "3.0")["cpu"])
    assert "does not work: it pins what nobody has" in " ".join(render_why(document, 80).split())


def test_the_rows_behind_a_build_are_named_with_their_sources(matrix: Matrix) -> None:
    document = explain(matrix, "toy==1.0")
    behind = {row.id: row for row in document.rows}
    rows = [behind[name] for name in builds(document, "1.0")["cu12"].rows]
    assert [
        ("frameworks/toy.toml", "1.0 cu12 linux-x86_64"),
        ("drivers.toml", "cuda_family 12"),
        ("drivers.toml", "driver_branch 570"),
        ("drivers.toml", "architecture Pascal (6.0, 6.1, 6.2)"),
        ("drivers.toml", "code_rule 6.0"),
        ("gpus.toml", "GeForce GTX 1080 Ti"),
    ] == [(row.file, row.row) for row in rows]
    assert ("measured", "2026-11-01") == (rows[0].evidence, rows[0].checked_on.isoformat())
    assert {"docs": "the manual of toy", "wheel": "read in the wheel"} == rows[0].sources
    assert all(text for row in rows for text in row.sources.values())


def test_gpus_of_one_generation_share_their_rows(matrix: Matrix) -> None:
    two = f'{PASCAL}[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA TITAN Xp"\n'
    rows = builds(explain(matrix, "toy==1", two), "1.0")["cu12"].rows
    assert len(set(rows)) == len(rows)
    assert ["gpus.toml GeForce GTX 1080 Ti", "gpus.toml TITAN Xp"] == [row for row in rows if row.startswith("gpus")]


def test_shared_files_and_system_needs_are_rows_too(matrix: Matrix) -> None:
    document = explain(matrix, "toy==2.0")
    says = {(row.file, row.row): row.says for row in document.rows}
    assert says["families.toml", "cudnn"].startswith("nvidia-cudnn-cu13 writes nvidia/cudnn")
    assert "openjdk-17" in says["needs.toml", "java>=17"]


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("toy==2", {"cpu", "cu13", "cu12", "cu11", "rocm7.2"}),
        ("toy-cpu==2", {"cpu"}),
        ("Toy_CPU==2", {"cpu"}),
        ("toy[gpu]==2", {"cu13"}),
        ("toy[fast,unheard-of]==2", {"cu13"}),
        ("toy==2.0+cu11", {"cu11"}),
    ],
)
def test_package_extra_and_local_version_choose_the_builds(
    matrix: Matrix, requirement: str, expected: set[str]
) -> None:
    assert expected == set(builds(explain(matrix, requirement), "2.0"))


def test_without_a_machine_nothing_is_judged(matrix: Matrix) -> None:
    document = explain(matrix, "toy==2", None)
    assert document.machine is None
    assert 6 == len(document.releases[0].builds)  # Windows too
    assert {(None, ())} == {(build.verdict, build.failures) for build in document.releases[0].builds}
    assert "linux-x86_64" in render_why(document, 80)


@pytest.mark.parametrize(
    ("requirement", "description", "answer"),
    [
        ("toy", PASCAL, "toy 1.0 cu12 is the newest build of it that runs here, on NVIDIA CUDA."),
        ("toy", BARE, "toy 2.0 cpu is the newest build of it that runs here, on the CPU."),
        ("toy==3", BARE, "No build of it runs here."),
        ("toy==1", BARE, "No build of it runs here."),
        ("toy==2.0+cu11", PASCAL, "No build of it is known to run here."),
        ("toy==2.0+cu13", BARE, "toy 2.0 cu13 runs here on the CPU only."),
        ("toy==1", 'os = "windows"\narch = "x86_64"\n', "No build of it is for this platform."),
        ("toy==7", BARE, "No row fits it."),
        ("toy", None, "Rows that fit it: 8 builds of 3 releases."),
    ],
)
def test_the_answer_in_a_sentence(matrix: Matrix, requirement: str, description: str | None, answer: str) -> None:
    assert answer == explain(matrix, requirement, description).answer


@pytest.mark.parametrize(
    ("requirement", "remark"),
    [
        ("toy==7", "The matrix has no row for toy ==7; it has 3.0, 2.0, 1.0."),
        ("toy[tpu]", "No build of toy depends on the extra [tpu]; they have fast, gpu."),
        ("numpy[x]", "No build of numpy depends on the extra [x]; they have none."),
        ("toy==1.0+cu9", "No build of it is called cu9; there are cu12."),
    ],
)
def test_what_has_no_row_is_said(matrix: Matrix, requirement: str, remark: str) -> None:
    assert (remark,) == explain(matrix, requirement).remarks


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("toy bear", "'toy bear' is no requirement"),
        ("toyy", "no framework 'toyy'"),
        ("toy @ https://example.org/toy.whl", "addresses and markers are not supported"),
    ],
)
def test_what_is_no_framework_is_an_error(matrix: Matrix, requirement: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_requirement(matrix, requirement)


def test_the_installed_pythons_that_a_build_serves(matrix: Matrix) -> None:
    judged = builds(explain(matrix, "toy==2"), "2.0")
    assert (("3.12",), ()) == (judged["cpu"].pythons_here, judged["cu13"].pythons_here)


def test_the_text_keeps_to_the_width_and_tells_the_project(matrix: Matrix) -> None:
    text = render_why(explain(matrix, "toy"), 60)
    assert [] == [line for line in text.splitlines() if len(line) > 60]
    for words in ("stale", "torch", "environment of its own", "toy-gpu", "It bites.", "[wheel] read in the wheel"):
        assert words in " ".join(text.split())
    assert "for devices that are not here: rocm7.2" in text
    assert "no-device" not in text
    assert "no-device" in render_why(explain(matrix, "toy"), 60, verbose=True)


def test_a_gpu_build_that_serves_the_cpu_is_not_hidden_where_it_is_the_only_one(matrix: Matrix) -> None:
    alone = " ".join(render_why(explain(matrix, "toy==2.0+cu13", BARE), 80).split())
    assert "CPU only cu13" in alone
    assert "CPU only" not in render_why(explain(matrix, "toy==2.0", BARE), 80)
    assert "no-device" in render_why(explain(matrix, "toy==1.0", BARE), 80)


def test_where_nothing_runs_the_release_with_the_fewest_obstacles_is_shown(matrix: Matrix) -> None:
    old = PASCAL.replace("570.86.15", "470.57.02").replace("2.35", "2.17")
    releases = explain(matrix, "toy[gpu]", old).releases
    assert ["3.0", "2.0"] == [release.version for release in pick_releases(releases)]


@pytest.mark.parametrize(
    ("requirement", "lack"),
    [("toy==1", "no build for this platform; there are linux-x86_64"), ("toy-cpu==3", "no build that the requirement")],
)
def test_a_release_without_a_build_that_fits_says_so(matrix: Matrix, requirement: str, lack: str) -> None:
    assert lack in render_why(explain(matrix, requirement, 'os = "windows"\narch = "x86_64"\n'), 80)


def test_only_releases_down_to_the_best_one_are_shown(matrix: Matrix) -> None:
    on_gpu = explain(matrix, "toy").releases
    on_cpu = explain(matrix, "toy", BARE).releases
    assert ["3.0", "2.0", "1.0"] == [release.version for release in pick_releases(on_gpu)]
    assert ["3.0", "2.0"] == [release.version for release in pick_releases(on_cpu)]
    assert "1 more release: -v shows all" in render_why(explain(matrix, "toy", BARE), 80)


def test_the_machine_is_named_by_what_decides() -> None:
    assert "linux-x86_64, glibc 2.35, driver 570.86.15, NVIDIA GeForce GTX 1080 Ti" == describe_machine(machine(PASCAL))
    assert "linux-x86_64, glibc 2.35, no GPU" == describe_machine(machine(BARE))
