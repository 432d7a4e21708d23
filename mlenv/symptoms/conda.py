"""What conda, mamba and micromamba say of their own affairs: shells, locks, prefixes, terms."""

from __future__ import annotations

from mlenv.symptoms.finding import words
from mlenv.symptoms.symptom import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="lock-held",
        layer="machine",
        effect="transient",
        about="path",
        meaning="another process works on the same cache or environment",
        remedies=(
            "wait until it ends, or end it; see who: `ps aux | grep -E 'uv|conda|mamba|pixi'` (Linux, macOS)",
            "a lock that a crash left: `micromamba clean --locks` (mamba, micromamba)",
            "a network file system may not know locks: put the cache ({cache}) on a local disk",
        ),
        find=words(
            r"\blockerror\b",
            r"lock not acquired",
            r"(?:could not|failed to|cannot|unable to) (?:set|acquire|obtain|create)[^\n]{0,40}\block(?:file)?\b",
            r"lockfile error",
            r"timeout[^\n]{0,40} when waiting for lock",
            r"conda is already doing something",
            r"cannot lock ['\"`]?[\\/\w]",
        ),
    ),
    Rule(
        id="shell-not-initialised",
        layer="machine",
        effect="permanent",
        meaning="this shell does not know how to activate environments of conda",
        remedies=(
            "`conda init` (micromamba: `micromamba shell init`), then open a new shell",
            "in a script: `conda run -p FOLDER COMMAND`, which needs no activation",
        ),
        find=words(
            r"run ['`\"]conda init['`\"] before",
            r"has not been properly configured to use ['`\"]conda activate",
            r"shell not initialized",
            r"(?:micro)?mamba['`\"]? is running as a subprocess and can'?t modify the parent shell",
        ),
    ),
    Rule(
        id="terms-not-accepted",
        layer="machine",
        effect="permanent",
        meaning="the channel wants its terms of service accepted",
        remedies=(
            (
                "use conda-forge, which has none: `conda config --add channels conda-forge`, "
                "`conda config --remove channels defaults`"
            ),
            "or read and accept them: `conda tos accept`",
        ),
        find=words(r"terms of service have not been accepted", r"condatosnoninteractiveerror"),
    ),
    Rule(
        id="prefix-taken",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="something is already where the environment shall be",
        remedies=("choose another folder with --env, or remove that one once you know what it holds",),
        find=words(
            r"prefix already exists: (?P<subject>[^\n]{1,500})",
            r"non-conda folder exists at prefix",
            r"a virtual environment already exists at",
            r"the directory [^\n]{1,500} exists, but it'?s not a virtual environment",
        ),
    ),
    Rule(
        id="not-an-environment",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="there is no environment at that place",
        remedies=("see which there are: `conda env list`", "make it first: `conda create -p FOLDER`, `uv venv FOLDER`"),
        find=words(
            r"environmentlocationnotfound",
            r"not a conda environment: (?P<subject>[^\n]{1,500})",
            r"directorynotacondaenvironmenterror",
            r"could not find conda environment: (?P<subject>\S{1,200})",
            r"no such environment",
            r"no virtual environment found",
            r"cannot activate, prefix does not exist",
        ),
    ),
)
