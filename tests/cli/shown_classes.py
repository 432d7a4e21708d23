"""What becomes of each line that README and docs show: run offline, run with a registry, or only parsed."""

from __future__ import annotations

from fnmatch import fnmatchcase

from tests.cli.shown_commands import NAMES, PAGES, Shown, Typed, read_typed

LINES = [line for page in PAGES for line in read_typed(page)]
OFFLINE = {
    ("doctor",): {0, 1},
    ("plan",): {0, 3},
    ("why",): {0, 3},
    ("setup",): {0},
    ("probe",): {0},
    ("profiles",): {0},
    ("schema",): {0},
    ("completion",): {0},
    ("matrix", "show"): {0},
    ("matrix", "why"): {0, 3},
    ("policy", "explain"): {0},
    ("env", "list"): {0},
}
"""Commands that run offline and change nothing but the files they are told to write, and how they may end."""
NEEDS_MORE = ("--prove", "--env", "--fix", "--yes", "--against", "pylock", "pylock.toml", "no-swap-on-small-machine")
"""Words that ask for a network, an environment, another file, or a check that the guide only leads to."""
REGISTRY = (
    "docs/tutorials/first-environment.md",
    "docs/tutorials/gpu.md",
    "docs/verify.md",
    "docs/tutorials/team-image.md",
    "docs/install.md",
    "docs/plans.md",
    "docs/policy.md",
    "docs/ci.md",
    "docs/formats.md",
    "docs/doctor.md",
    "docs/drift.md",
    "docs/sbom.md",
    "docs/environment-checks.md",
    "docs/fleet-reports.md",
    "docs/fleets.md",
    "docs/image-pipeline.md",
    "docs/matrix.md",
    "docs/contributing.md",
    "docs/profiles.md",
    "docs/bundles.md",
)
"""The pages whose lines `tests/live/test_live_docs.py` types, in this order: what one leaves, the next ones find."""
STORIES = ("./scripts/mlenv", "mlenv policy", "mlenv env")
"""Beginnings of lines that run offline, and belong to what stands around them all the same."""
PARSED = {
    "git clone *": "the address is the reader's; a copy of this checkout stands for the clone",
    "./scripts/test*": "runs the tests, this one among them",
    "mlenv matrix update": "shows for many seconds what `--write` writes, which is run",
    "python scripts/refresh_matrix.py polars": "shows for many seconds what `--write` writes, which is run",
    "python scripts/record_machine.py --golden": "rewrites what the tests of the recordings expect, for minutes",
    "python scripts/build_docs.py *": "needs mkdocs-material; test_scripts_documents.py makes the pages",
    "python scripts/faults_verify.py": "plants two hundred faults, for minutes; test_live_plants.py plants some",
    "python scripts/faults_verify.py --only *": "plants faults; test_live_plants.py plants some",
    "python scripts/faults_verify.py --keep *": "plants faults; test_live_plants.py plants some",
    "python3 mlenv.pyz *": "needs the single file, which test_live_fleet.py builds and runs",
    "scripts/build_pyz*": "fetches the wheels of every platform; test_live_fleet.py builds for one",
    "mlenv bundle * --with-python *": "fetches a Python from where uv has them; test_bundle_interpreter.py stands in",
    "mlenv fleet doctor *": "needs hosts over ssh; test_live_fleet.py asks three",
    "mlenv fleet verify *": "needs hosts over ssh; test_live_fleet.py asks three",
    "ansible-playbook *": "needs hosts over ssh; test_fleet_playbook.py reads the playbook",
    "bash doctor.sh *": "needs Slurm",
    "sbatch *": "needs Slurm",
    "python docs/recipes/ray/doctor.py *": "needs a Ray cluster",
    "bash docs/recipes/pdsh/doctor.sh *": "needs hosts over ssh",
    "mkdir image && podman export *": "needs a container engine; the machine's own files stand for the image",
    "docker build *": "needs a container engine",
    "python recipes/image_labels.py *": "needs a container engine; test_scripts_image_labels.py makes the labels",
}
"""Patterns of lines that no test types as they stand, and why; what they say to mlenv is parsed."""


def runs_offline(command: Shown) -> bool:
    """Whether a command needs nothing but this machine and a few small files."""
    known = command.words[:1] in OFFLINE or command.words[:2] in OFFLINE
    elsewhere = any("/" in word for word in command.words)
    return known and not elsewhere and not set(command.words) & set(NEEDS_MORE)


def read_calls(line: Typed) -> list[Shown]:
    """What a line says to mlenv, the single file included."""
    calls = []
    for program, *words in line.programs:
        if program in NAMES:
            calls.append(Shown(line.page, line.line, tuple(words)))
        elif words[:1] == ["mlenv.pyz"]:
            calls.append(Shown(line.page, line.line, tuple(words[1:])))
    return calls


def why_parsed(line: Typed) -> str | None:
    """Why a line is only parsed; None for one that is run."""
    return next((why for pattern, why in PARSED.items() if fnmatchcase(line.text, pattern)), None)


def classify(line: Typed) -> str:
    """``parsed``, ``offline`` or ``registry``; empty where a line is none of them.

    What writes a file that later lines read is part of its page's story, and typed with it.
    """
    if why_parsed(line):
        return "parsed"
    calls = read_calls(line)
    offline = bool(calls) and len(calls) == len(line.programs) and all(map(runs_offline, calls))
    if offline and (line.page not in REGISTRY or not _is_of_a_story(line)):
        return "offline"
    return "registry" if line.page in REGISTRY else ""


def _is_of_a_story(line: Typed) -> bool:
    return "--output" in line.text or ">" in line.text or line.text.startswith(STORIES)
