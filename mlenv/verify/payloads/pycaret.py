"""PyCaret: from ``standard`` on an experiment with one learner, which must learn a plain rule.

Its experiments import half of the other frameworks, which takes longer than ``quick`` may.
"""

import os

from ._verdicts import Failure

ROWS = 80


def check(session):
    os.environ.update(PYCARET_CUSTOM_LOGGING_LEVEL="CRITICAL", MLFLOW_DISABLE_TELEMETRY="true")
    session.import_modules("pycaret")
    session.stay_on_cpu("PyCaret's own code")
    if not session.reaches("standard"):
        return
    with session.check("compute", "cpu") as note:
        right = learn()
        if right != ROWS:
            raise Failure("wrong-number", f"the best model gives {right} of {ROWS} rows of a plain rule rightly")
        note.detail = f"set up, compared two learners, and the best gives all {ROWS} rows rightly"


def learn():
    """How many rows the best of two learners gives rightly."""
    import pandas as pd
    from pycaret.classification import ClassificationExperiment

    rows = [(float(i % 8), float((3 * i) % 7)) for i in range(ROWS)]
    table = pd.DataFrame(rows, columns=["a", "b"])
    table["label"] = [int(a > 3.5) for a, _ in rows]
    experiment = ClassificationExperiment()
    experiment.setup(table, target="label", fold=2, session_id=1, n_jobs=1, html=False, verbose=False, system_log=False)
    best = experiment.compare_models(include=["dt", "nb"], verbose=False)
    found = experiment.predict_model(best, data=table, verbose=False)["prediction_label"]
    return int((found.astype(int) == table["label"]).sum())
