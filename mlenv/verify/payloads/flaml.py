"""FLAML: the minimum of a parabola; from ``standard`` on two trials of one learner, which must learn a plain rule."""

from ._common import is_there
from ._verdicts import Failure, Skipped

# FLAML's own names of the learners that its extra brings.
LEARNERS = {"lightgbm": "lgbm", "xgboost": "xgboost", "sklearn": "rf"}
ROWS = 140


def check(session):
    flaml = session.import_modules("flaml")
    session.stay_on_cpu("FLAML's search")
    with session.check("compute", "cpu") as note:
        best, loss = minimise()
        if (best, loss) != ({"x": 3}, 0):
            raise Failure("wrong-number", f"of 7 trials of (x - 3)**2 the best is said to be {best} with {loss!r}")
        note.detail = "of 7 trials of a parabola the lowest is found"
    with session.check("automl", "cpu", vital=False) as note:
        if not hasattr(flaml, "AutoML"):
            raise Skipped("this FLAML has no AutoML: flaml[automl] brings what it needs")
        if not session.reaches("standard"):
            raise Skipped("AutoML is there; it searches for a model at --level standard")
        learner, right = search(flaml)
        if right != ROWS:
            raise Failure("wrong-number", f"{learner} gives {right} of {ROWS} rows of a plain rule rightly")
        note.detail = f"two trials of {learner} learn the rule of all {ROWS} rows"


def minimise():
    """The best of seven settings that are all tried, and its loss."""
    from flaml import tune

    analysis = tune.run(
        lambda setting: {"loss": (setting["x"] - 3) ** 2},
        config={"x": tune.randint(0, 7)},
        points_to_evaluate=[{"x": x} for x in range(7)],
        num_samples=7,
        metric="loss",
        mode="min",
        use_ray=False,
        verbose=0,
    )
    return analysis.best_config, analysis.best_result["loss"]


def search(flaml):
    """The learner that was tried, and how many rows its best model gives rightly."""
    import numpy as np

    learner = next((name for module, name in LEARNERS.items() if is_there(module)), None)
    if learner is None:
        raise Skipped("none of the learners of AutoML is installed: " + ", ".join(LEARNERS))
    rows = np.array([[i % 7, i % 5] for i in range(ROWS)], dtype=float)
    labels = (rows[:, 0] > 3).astype(int)
    automl = flaml.AutoML()
    automl.fit(
        rows,
        labels,
        task="classification",
        estimator_list=[learner],
        max_iter=2,
        time_budget=-1,
        eval_method="holdout",
        log_file_name="",
        n_jobs=1,
        seed=1,
        verbose=0,
    )
    return learner, int((automl.predict(rows) == labels).sum())
