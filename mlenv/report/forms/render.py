"""The writers of a report: form to function.  Each loads what it needs when it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlenv.facts.machine import Machine
    from mlenv.report.doctor import DoctorDocument
    from mlenv.report.matrix.map import CompatibilityMap
    from mlenv.report.summary import Summary
    from mlenv.report.verify import VerifyDocument

Strip = Callable[[str], str]
Picture = Callable[[], "tuple[Machine | None, Sequence[CompatibilityMap]]"]


def find_writers(
    document: DoctorDocument | VerifyDocument, strip: Strip = str, picture: Picture = lambda: (None, ())
) -> dict[str, Callable[[], str]]:
    """By form (``markdown``, ``junit``, ``html``, ``github``, ``prometheus``, ``tap``) what writes the report in it.

    ``strip`` takes out what tells whose machine it is; it sees every text before it is escaped, since
    names are no longer whole afterwards.  ``picture`` gives the machine (without credentials) and the maps that a
    page shows beside the document; it is asked only for one.
    """
    return {
        "markdown": lambda: _markdown(document, strip),
        "junit": lambda: _junit(document, strip),
        "html": lambda: _html(document, strip, picture),
        "github": lambda: _github(document, strip),
        "prometheus": lambda: _prometheus(document, strip),
        "tap": lambda: _tap(document, strip),
    }


def summarise(document: DoctorDocument | VerifyDocument, strip: Strip = str) -> Summary:
    """A document as the value that all writers read, without a credential and anybody's names."""
    from msgspec.structs import replace

    from mlenv.report.doctor import DoctorDocument
    from mlenv.report.forms.tidy import tidy
    from mlenv.report.summary import summarise_doctor, summarise_verify

    if isinstance(document, DoctorDocument):
        summary = replace(summarise_doctor(document), about=_tell_machine(document))
    else:
        summary = replace(summarise_verify(document), about=_tell_environment(document))
    return tidy(summary, _cleaner(strip))


def _tell_machine(document: DoctorDocument) -> str:
    from mlenv.report.style import UNICODE_MARKS
    from mlenv.report.subjects import describe_machine

    return describe_machine(document.machine, UNICODE_MARKS)


def _tell_environment(document: VerifyDocument) -> str:
    policy = f", policy {document.policy}" if document.policy else ""
    return f"Environment {document.environment}, level {document.level}{policy}"


def _cleaner(strip: Strip) -> Strip:
    from mlenv.report.redact import mask_text

    return lambda text: strip(mask_text(text))


def _markdown(document: DoctorDocument | VerifyDocument, strip: Strip) -> str:
    from mlenv.report.doctor import DoctorDocument
    from mlenv.report.forms.cut import cut_markdown

    if isinstance(document, DoctorDocument):
        from mlenv.report.doctor_markdown import render_markdown as render_doctor
        from mlenv.report.forms.words import sayable

        return cut_markdown(sayable(render_doctor(document, strip)))
    from mlenv.report.forms.markdown import render_markdown

    return cut_markdown(render_markdown(summarise(document, strip)))


def _junit(document: DoctorDocument | VerifyDocument, strip: Strip) -> str:
    import datetime as dt

    from mlenv.report.forms.junit import render_junit

    return render_junit(summarise(document, strip), written=dt.datetime.now(dt.timezone.utc))


def _html(document: DoctorDocument | VerifyDocument, strip: Strip, picture: Picture) -> str:
    from mlenv.report.forms.words import sayable
    from mlenv.report.html import render_html

    machine, maps = picture()
    return sayable(render_html(document, machine, maps, strip=_cleaner(strip)))


def _github(document: DoctorDocument | VerifyDocument, strip: Strip) -> str:
    from mlenv.report.forms.github import render_github

    return render_github(summarise(document, strip))


def _prometheus(document: DoctorDocument | VerifyDocument, strip: Strip) -> str:
    from mlenv.report.forms.prometheus import render_prometheus

    return render_prometheus(summarise(document, strip))


def _tap(document: DoctorDocument | VerifyDocument, strip: Strip) -> str:
    from mlenv.report.forms.tap import render_tap

    return render_tap(summarise(document, strip))
