"""Data of which the effect is known: who is treated depends on a trait that also acts on the outcome."""

from ._verdicts import Failure

ROWS, EFFECT, SLOPE = 200, 3.0, 2.0
LIMIT = 1e-6


def make_table():
    """Trait, treatment (0 or 1) and outcome of each row; without noise, and the same ones every time."""
    traits = [float((5 * i) % 11 - 5) for i in range(ROWS)]
    treated = [int(trait > 0) if i % 3 else (7 * i + 3) % 2 for i, trait in enumerate(traits)]
    outcomes = list(map(respond, traits, treated))
    return traits, treated, outcomes


def make_trial():
    """The same of a trial in which the trait does nothing: whatever rows are compared show the effect."""
    traits, treated = [float(i % 10) for i in range(ROWS)], [i // 10 % 2 for i in range(ROWS)]
    return traits, treated, [respond(0.0, one) for one in treated]


def respond(trait, treated):
    return EFFECT * treated + SLOPE * trait + 1.0


def judge(note, what, found):
    """Note a found effect; :class:`Failure` where it is not the known one."""
    wrong = abs(found - EFFECT)
    if not wrong <= LIMIT:
        raise Failure("wrong-number", f"{what} finds an effect of {found!r} and not of {EFFECT}")
    note.measured = dict(note.measured, error=wrong)
    note.detail = f"{what} finds the effect of 3 again (error {wrong:.1g})"
