"""MLflow: a run with parameters and metrics in a store of its own, read back."""

import os
import pathlib

from ._verdicts import Failure

# Each metric has three steps; a store gives the last as the value.
LOSSES = [0.5, 0.25, 0.125]


def check(session):
    # A store of files needs neither server nor database; from 3.7 on it must be asked for twice.
    os.environ.update(MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
        os.environ.pop(name, None)
    mlflow = session.import_modules("mlflow")
    session.stay_on_cpu("MLflow")
    with session.check("compute", "cpu") as note:
        prove(mlflow, pathlib.Path("mlruns").absolute().as_uri())
        note.detail = "a run's parameter and 3 values of a metric read back from a store of files"
    if session.reaches("standard"):
        with session.check("database", "cpu", vital=False) as note:
            prove(mlflow, "sqlite:///" + pathlib.Path("mlflow.db").absolute().as_posix())
            note.detail = "the same run read back from a database of SQLite"


def prove(mlflow, place):
    """Record a run in a store and read it back; :class:`Failure` where anything differs."""
    client = mlflow.MlflowClient(tracking_uri=place)
    run = client.create_run(client.create_experiment("mlenv")).info.run_id
    client.log_param(run, "rows", 3)
    for step, loss in enumerate(LOSSES):
        client.log_metric(run, "loss", loss, step=step)
    client.set_terminated(run)
    found = client.get_run(run)
    history = {point.step: point.value for point in client.get_metric_history(run, "loss")}
    told = (
        ("the parameter", dict(found.data.params), {"rows": "3"}),
        ("the metric", dict(found.data.metrics), {"loss": LOSSES[-1]}),
        ("the metric's history", history, dict(enumerate(LOSSES))),
        ("the status", found.info.status, "FINISHED"),
    )
    for what, one, other in told:
        if one != other:
            raise Failure("wrong-number", f"{what} reads back as {one!r} and was {other!r}")
