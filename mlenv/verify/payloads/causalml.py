"""CausalML: a known effect, by a learner of one linear model and by one of two."""

from . import _causal


def check(session):
    session.import_modules("causalml", "causalml.inference.meta")
    session.stay_on_cpu("CausalML's learners of linear models")
    with session.check("compute", "cpu") as note:
        from causalml.inference.meta import BaseTRegressor, LRSRegressor

        traits, treated, outcomes = make_arrays(_causal.make_table())
        effect = LRSRegressor(control_name=0).estimate_ate(X=traits, treatment=treated, y=outcomes)
        _causal.judge(note, "one linear model", first(effect))
        from sklearn.linear_model import LinearRegression

        effect = BaseTRegressor(learner=LinearRegression(), control_name=0).estimate_ate(
            X=traits, treatment=treated, y=outcomes
        )
        _causal.judge(note, "one linear model and a pair of them", first(effect))
    if session.reaches("standard"):
        with session.check("tree", "cpu", vital=False) as note:
            _causal.judge(note, "a causal tree", grow_tree())


def make_arrays(table):
    import numpy as np

    traits, treated, outcomes = table
    return np.array(traits).reshape(-1, 1), np.array(treated), np.array(outcomes)


def first(answer):
    """The effect itself: an answer is an array, or a tuple of the effect and its bounds."""
    while hasattr(answer, "__len__"):
        answer = answer[0]
    return float(answer)


def grow_tree():
    """The mean effect by its compiled trees, which fail to load beside another scikit-learn.

    In this trial every leaf shows the same effect, whichever rows the tree keeps for it.
    """
    from causalml.inference.tree import CausalTreeRegressor

    traits, treated, outcomes = make_arrays(_causal.make_trial())
    tree = CausalTreeRegressor(control_name=0, min_samples_leaf=1, random_state=1)
    tree.fit(X=traits, treatment=treated, y=outcomes)
    return float(tree.predict(traits).mean())
