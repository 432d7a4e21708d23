"""What the text of a failed command means."""

from __future__ import annotations

from mlenv.symptoms.ending import word_ending
from mlenv.symptoms.finding import find_address, find_package, find_path, quote_line
from mlenv.symptoms.registry import RULES
from mlenv.symptoms.symptom import CONSEQUENCES, Rule, Sign, Symptom
from mlenv.symptoms.ways import word_remedy
from mlenv.symptoms.wording import Wording, fold, read_words

EVIDENCE = 300
"""Characters of the line that are quoted."""
_PASSING_LAYERS = ("network", "server")
"""What a warning tells of matters where nothing but a consequence follows it."""

_PACKAGED = ("network", "server", "content")
"""Trouble of these layers happens to one file at a time."""

Found = tuple[Rule, Sign, Wording]


def explain(
    text: str,
    *,
    status: int | None = None,
    signal: str | None = None,
    timed_out: bool = False,
    missing: bool = False,
    manager: str = "",
) -> Symptom | None:
    """The root of a failure, from what a command wrote and how it ended; None where neither tells.

    ``status``, ``signal`` (its Unix name), ``timed_out`` and ``missing`` are those of
    :class:`mlenv.system.process.Completed`.  ``manager`` (uv, pip, conda, mamba, micromamba, pixi)
    makes the remedies those of one program.
    What is quoted is cut out of the text, so credentials are to be masked in it before
    (:func:`mlenv.report.redact.mask_text`).
    """
    found = explain_all(text, status=status, signal=signal, timed_out=timed_out, missing=missing, manager=manager)
    return found[0] if found else None


def explain_all(
    text: str,
    *,
    status: int | None = None,
    signal: str | None = None,
    timed_out: bool = False,
    missing: bool = False,
    manager: str = "",
) -> tuple[Symptom, ...]:
    """Every sign of trouble in a text, the root first and its consequences behind it (see :func:`explain`)."""
    ending = word_ending(status=status, signal=signal, timed_out=timed_out, missing=missing)
    told, passing = read_words(text)
    told = fold(f"{told.text}\n{ending}") if ending else told
    found = _find(told)
    if all(rule.layer in CONSEQUENCES for rule, _, _ in found):
        found = [one for one in _find(passing) if one[0].layer in _PASSING_LAYERS] + found
    return tuple(_word(*one, manager) for one in found)


def _find(wording: Wording) -> list[Found]:
    return [(rule, sign, wording) for rule in RULES if (sign := rule.find(wording))]


def _word(rule: Rule, sign: Sign, wording: Wording, manager: str) -> Symptom:
    subject = sign.subject or _find_subject(rule, sign, wording)
    return Symptom(
        id=rule.id,
        meaning=rule.meaning,
        remedies=tuple(word_remedy(remedy, subject, manager) for remedy in rule.remedies),
        effect=rule.effect,
        subject=subject,
        evidence=quote_line(wording.text, sign, EVIDENCE),
    )


def _find_subject(rule: Rule, sign: Sign, wording: Wording) -> str:
    if rule.about == "path":
        return find_path(wording.text, sign)
    address = find_address(wording.text, sign) if rule.about == "address" else ""
    return address or (find_package(wording.text) if rule.layer in _PACKAGED else "")
