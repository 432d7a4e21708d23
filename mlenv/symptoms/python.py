"""Python itself: managed by the system, not to be had, or broken."""

from __future__ import annotations

from mlenv.symptoms.address import read_failure
from mlenv.symptoms.finding import either, words
from mlenv.symptoms.symptom import Rule, Sign
from mlenv.symptoms.wording import Wording


def find_no_interpreter(wording: Wording) -> Sign | None:
    """Where uv says that no interpreter is there."""
    failure = read_failure(wording.text)
    if failure.kind != "python":
        return None
    start = wording.text.find(failure.subject)
    return Sign(start, start + len(failure.subject))


RULES: tuple[Rule, ...] = (
    Rule(
        id="externally-managed",
        layer="machine",
        effect="permanent",
        meaning="this Python belongs to the operating system or another manager, which forbids changes (PEP 668)",
        remedies=("make an environment of your own: `uv venv`, or `python3 -m venv FOLDER`, and install there",),
        find=words(
            r"externally[- ]managed",
            r"this environment is externally managed",
            r"is managed by uv and should not be modified",
        ),
    ),
    Rule(
        id="venv-module-missing",
        layer="machine",
        effect="permanent",
        meaning="this Python of the system came without the parts that make environments",
        remedies=(
            "Debian, Ubuntu, as administrator: `apt install python3-venv`",
            "or without administrator: `uv venv`, which needs no such parts",
        ),
        find=words(r"ensurepip is not available", r"no module named '?ensurepip", r"no module named '?venv'?\b"),
    ),
    Rule(
        id="pip-missing",
        layer="wrapper",
        effect="permanent",
        meaning="this Python has no pip",
        remedies=(
            "`python -m ensurepip --upgrade`, in the environment",
            "or `uv pip install --python FOLDER`, which needs none",
        ),
        find=words(r"no module named '?pip'?(?![\w.])", r"\bpip3?: (?:command )?not found"),
    ),
    Rule(
        id="python-downloads-off",
        layer="choice",
        effect="permanent",
        meaning="no fitting Python is here, and none may be downloaded",
        remedies=(
            "let uv download one: `uv python install VERSION`, without UV_PYTHON_DOWNLOADS=never",
            "or install it with the system's or conda's means, and name it with --python",
        ),
        find=words(
            r"python downloads are (?:disabled|set to '?`?(?:never|manual))",
            r"a managed python download is available[^\n]{0,120}(?:but|python downloads)",
            r"python downloads are not allowed",
        ),
    ),
    Rule(
        id="python-not-found",
        layer="choice",
        effect="permanent",
        meaning="no Python of the wanted version is here",
        remedies=(
            "see what is: `uv python list`; get one: `uv python install VERSION`",
            "or choose another with --python",
        ),
        find=either(
            words(
                r"no (?:python )?interpreter found for (?P<subject>[^\n]{1,100}?) in ",
                r"no download (?:was )?found for request: ?(?P<subject>[^\n]{1,100})",
                r"no suitable python runtime found",
                r"python was not found; run without arguments to install from the microsoft store",
                r"pyenv: version '?`?(?P<subject>[^\n'`]{1,60})'? is not installed",
            ),
            find_no_interpreter,
        ),
    ),
    Rule(
        id="python-broken",
        layer="wrapper",
        effect="permanent",
        about="path",
        meaning="the interpreter does not start, or gives no sensible answer",
        remedies=(
            "try it: `PYTHON -c 'import sys; print(sys.version)'`",
            "unset PYTHONHOME and PYTHONPATH, and name another with --python",
            "an environment whose Python was removed or updated is to be made again",
        ),
        find=words(
            r"failed to inspect python interpreter",
            r"querying python at [^\n]{1,500}failed",
            r"failed to query python interpreter",
            r"no module named '?encodings",
            r"could not find platform (?:in)?dependent libraries",
            r"init_fs_encoding",
            r"broken (?:symlink|virtual environment)",
            r"pyenv: [^\n]{1,60}: command not found",
        ),
    ),
    Rule(
        id="python-download-failed",
        layer="wrapper",
        effect="transient",
        about="address",
        meaning="a Python could not be downloaded",
        remedies=(
            "run it again; behind a wall name a mirror: UV_PYTHON_INSTALL_MIRROR=ADDRESS",
            "or use a Python that is here: `uv python list --only-installed`, then --python",
        ),
        find=words(r"failed to install (?P<subject>(?:cpython|pypy|graalpy)-[\w.+-]{1,80})"),
    ),
)
