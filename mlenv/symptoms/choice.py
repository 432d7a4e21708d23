"""Requirements that nothing fulfils: unknown packages, no wheel for this machine, conflicts."""

from __future__ import annotations

from functools import lru_cache

from mlenv.formats.rattler_conflict import parse_rattler_conflict
from mlenv.formats.uv_conflict import UvConflict, parse_uv_conflict
from mlenv.symptoms.finding import either, words
from mlenv.symptoms.symptom import Find, Rule, Sign
from mlenv.symptoms.wording import Wording

_HEAD = "no solution found when resolving"
_RATTLER = "cannot solve the request because of:"
_READ = 8000
"""Characters of an explanation that are read: the first clauses name what is missing."""


def uv_conflict(field: str) -> Find:
    """Finds a conflict of uv's with a certain field filled: packages of which uv says that."""
    return lambda wording: _find_conflict(wording, field)


def _find_conflict(wording: Wording, field: str) -> Sign | None:
    start = wording.folded.find(_HEAD)
    if start < 0:
        return None
    conflict = _read_conflict(wording.text[start : start + _READ])
    named = getattr(conflict, field) if conflict else ()
    return Sign(start, start + len(_HEAD), ", ".join(named)) if named else None


@lru_cache(maxsize=2)  # several rows ask about the same text
def _read_conflict(text: str) -> UvConflict | None:
    return parse_uv_conflict(text)


def _find_unknown_to_rattler(wording: Wording) -> Sign | None:
    start = wording.folded.find(_RATTLER)
    if start < 0:
        return None
    missing = parse_rattler_conflict(wording.text[start : start + _READ]).missing
    return Sign(start, start + len(_RATTLER), ", ".join(missing)) if missing else None


RULES: tuple[Rule, ...] = (
    Rule(
        id="system-feature-missing",
        layer="choice",
        effect="permanent",
        meaning="the packages want something of the machine that it lacks, such as a newer driver or C library",
        remedies=(
            "`mlenv doctor` names what this machine has: the driver (__cuda), the C library (__glibc), the system",
            "on a machine without the GPU, such as a login node: CONDA_OVERRIDE_CUDA=VERSION",
        ),
        find=words(
            r"nothing provides (?:requested )?(?P<subject>__[a-z0-9]{2,20}[^\n,]{0,40}?)(?: needed| \(|,|\n|$)",
            r"(?P<subject>__[a-z0-9]{2,20}[ <>=.*0-9]{0,30}),? (?:which is missing on the system|but none of)",
            r"feature:[^\n]{0,60}(?P<subject>__[a-z0-9]{2,20})",
            r"virtual package ['`](?P<subject>__[^'`\n]{1,60})['`] does not match",
            r"no candidates were found for (?P<subject>__[a-z0-9]{2,20}[^\n]{0,60})",
            r"your installed version is: ",
        ),
    ),
    Rule(
        id="no-wheel-for-machine",
        layer="choice",
        effect="permanent",
        meaning="no release that was asked for has a wheel for this machine and Python",
        remedies=(
            "choose another Python (--python) or another release of the package (--with)",
            "`mlenv matrix show` tells what has wheels for which system",
        ),
        find=either(
            uv_conflict("other_tags"),
            uv_conflict("without_wheels"),
            words(
                r"(?P<subject>[\w.+-]{1,200}\.whl) is not a supported wheel on this platform",
                r"(?:has|have) no (?:usable )?wheels",
                r"no wheels? (?:is|are) available for",
                r"doesn'?t have a source distribution or wheel for the current platform",
                r"can'?t be installed because it (?:is marked as|doesn'?t have)",
            ),
        ),
    ),
    Rule(
        id="python-version-excluded",
        layer="choice",
        effect="permanent",
        meaning="the package is not made for this version of Python",
        remedies=("choose another Python with --python, or another release of the package with --with",),
        find=words(
            r"package '(?P<subject>[\w.-]{1,100})' requires a different python",
            r"requires[- ]python[^\n]{0,60}(?:not|does not) (?:satisf|match|compat)",
            r"ignored the following versions that require a different python version",
            r"requested python version \([^)\n]{1,60}\) does not satisfy",
            r"current python version \([^)\n]{1,60}\) does not satisfy",
        ),
    ),
    Rule(
        id="package-not-found",
        layer="choice",
        effect="permanent",
        meaning="no index or channel that was asked knows the package",
        remedies=(
            "check the spelling, and the index or channel: --index-url, `conda config --show channels`",
            "a package of a private index needs that index named, and a login",
        ),
        find=either(
            uv_conflict("not_found"),
            _find_unknown_to_rattler,
            words(
                r"\b(?P<subject>[a-z0-9][\w.-]{0,100}) was not found in the (?:package registry|provided)",
                r"packagesnotfounderror[^\n]{0,200}\s{1,20}- (?P<subject>\S{1,200})",
                r"resolvepackagenotfound:?\s{1,20}- (?P<subject>\S{1,200})",
                r"(?P<subject>[a-z0-9][^\s]{0,100}(?: =\S{1,40})?) does not exist \(perhaps a typo",
                r"nothing provides requested (?P<subject>[^\n]{1,80})",
                r"packagesnotfounderror",
                r"no candidates were found for (?P<subject>[^\n]{1,100})",
                r"packagesnotfoundinchannelserror",
            ),
        ),
    ),
    Rule(
        id="no-candidate",
        layer="choice",
        effect="permanent",
        meaning="pip found no file to install: the package is unknown, has none for this machine and Python, "
        "or the index did not answer",
        remedies=(
            "pip tells which with -v: `pip download --no-deps -v {subject}`",
            "check the spelling and the index (--index-url), or choose another Python with --python",
        ),
        find=words(r"requirement (?P<subject>[^\s(;]{1,200})[^\n]{0,200}\(from versions: none\)"),
    ),
    Rule(
        id="version-not-found",
        layer="choice",
        effect="permanent",
        meaning="the package is known, but not in that version, or not for this machine and Python",
        remedies=(
            "choose another version with --with, or another Python with --python",
            "see what there is: `pip index versions NAME`, `conda search NAME`",
        ),
        find=either(
            words(
                r"could not find a version that satisfies the requirement (?P<subject>[^\s(;]{1,200})",
                r"no matching distribution found for (?P<subject>[^\s(;]{1,200})",
            ),
            uv_conflict("missing"),
            words(r"there (?:is|are) no versions? of (?P<subject>[^\s,]{1,200})"),
        ),
    ),
    Rule(
        id="no-solution",
        layer="choice",
        effect="permanent",
        meaning="the requirements contradict each other",
        remedies=(
            "`mlenv plan` shows which combinations fit",
            "relax a version with --with, or choose another Python with --python",
        ),
        find=words(
            _HEAD,
            r"requirements are unsatisfiable",
            r"resolutionimpossible",
            r"because these package versions have conflicting dependencies",
            r"unsatisfiableerror",
            r"could not solve for environment specs",
            r"encountered problems while solving",
            r"the following packages are incompatible",
            r"failed to solve (?:the )?(?:requirements|environment|conda)",
            _RATTLER,
            r"resolution-too-deep",
            r"found conflicts!",
        ),
    ),
)
