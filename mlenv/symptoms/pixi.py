"""Projects and their locks, as pixi and uv know them."""

from __future__ import annotations

from mlenv.symptoms.finding import words
from mlenv.symptoms.symptom import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="manifest-missing",
        layer="machine",
        effect="permanent",
        about="path",
        meaning="there is no project in this folder or above it",
        remedies=("go to its folder, or name it: --manifest-path (pixi), --project (uv)", "or make one: `pixi init`"),
        find=words(
            r"could not find pixi\.toml",
            r"no ['`]?pyproject\.toml['`]? found in current directory or any parent",
            r"no file '?pixi\.toml",
        ),
    ),
    Rule(
        id="lock-out-of-date",
        layer="choice",
        effect="permanent",
        meaning="the lock does not fit what the project asks for",
        remedies=("make it again: `pixi lock`, `uv lock`", "or take it as it is: --frozen"),
        find=words(
            r"lock-? ?file (?:is )?not up[- ]to[- ]date",
            r"pixi\.lock['`]? (?:is )?not up[- ]to[- ]date",
            r"lockfile[^\n]{0,200}needs to be updated",
            r"the lockfile is (?:outdated|out of date)",
            r"lock file is out of date",
        ),
    ),
    Rule(
        id="lock-unreadable",
        layer="choice",
        effect="permanent",
        about="path",
        meaning="the lock was written by a newer program, or is no lock",
        remedies=("update the program: `pixi self-update`, `uv self update`", "or remove the file and lock again"),
        find=words(
            r"lock-?\s?file version[^\n]{0,40}(?:newer|not supported|unsupported|incompatible)",
            r"failed to (?:parse|load) (?:the )?lock-?\s?file",
            r"failed to parse ['`](?P<subject>(?:uv|pylock|pixi)[\w.]{0,60})['`]",
        ),
    ),
    Rule(
        id="platform-not-supported",
        layer="choice",
        effect="permanent",
        meaning="the project is not made for this kind of machine",
        remedies=("add it, where all its packages have builds for it: `pixi workspace platform add PLATFORM`",),
        find=words(
            r"(?:workspace|project|environment)[^\n]{0,80}(?:does not|doesn'?t|not) support[^\n]{0,40}"
            r"['`\"](?P<subject>[a-z]{3,12}-[a-z0-9]{2,10})['`\"]",
            r"unsupported[- ]platform",
            r"no compatible environment[^\n]{0,60}platform",
        ),
    ),
)
