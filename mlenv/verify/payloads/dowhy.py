"""DoWhy: a known effect, by linear regression over a common cause that it identifies itself."""

from . import _causal
from ._verdicts import Failure


def check(session):
    dowhy = session.import_modules("dowhy")
    session.stay_on_cpu("DoWhy")
    with session.check("compute", "cpu") as note:
        model = make_model(dowhy)
        found = model.identify_effect(proceed_when_unidentifiable=True)
        causes = found.get_backdoor_variables()
        if causes != ["trait"]:
            raise Failure("wrong-answer", f"the common cause is said to be {causes} and is 'trait'")
        estimate = model.estimate_effect(found, method_name="backdoor.linear_regression")
        _causal.judge(note, "linear regression over a common cause", float(estimate.value))
    if session.reaches("standard"):
        with session.check("refute", "cpu", vital=False) as note:
            note.detail = refute(model, found, estimate)


def make_model(dowhy):
    import pandas as pd

    traits, treated, outcomes = _causal.make_table()
    table = pd.DataFrame({"trait": traits, "treated": [float(one) for one in treated], "outcome": outcomes})
    return dowhy.CausalModel(table, treatment="treated", outcome="outcome", common_causes=["trait"])


def refute(model, found, estimate):
    """A sentence where a cause made of noise leaves the effect as it is."""
    again = model.refute_estimate(
        found, estimate, method_name="random_common_cause", num_simulations=2, random_state=1, show_progress_bar=False
    )
    moved = abs(float(again.new_effect) - _causal.EFFECT)
    if not moved <= _causal.LIMIT:
        raise Failure("wrong-number", f"a cause made of noise moves the effect by {moved!r}")
    return "a cause made of noise leaves the effect as it is"
