"""Weights & Biases: from ``standard`` on an offline run, read back from its file.

A run starts a service of its own, which takes seconds; ``quick`` proves a run that keeps nothing.
"""

import glob
import json
import os

from ._log_file import read_records
from ._verdicts import Failure

LOSSES = [8.0, 4.0, 2.0, 1.0]


def check(session):
    here = os.getcwd()
    os.environ.update(WANDB_MODE="offline", WANDB_DIR=here, WANDB_CACHE_DIR=here, WANDB_CONFIG_DIR=here)
    os.environ.update(WANDB_DATA_DIR=here, WANDB_SILENT="true", WANDB_ERROR_REPORTING="false")
    for name in ("WANDB_RUN_ID", "WANDB_RESUME", "WANDB_SWEEP_ID", "WANDB_DISABLED"):
        os.environ.pop(name, None)
    wandb = session.import_modules("wandb")
    session.stay_on_cpu("wandb")
    with session.check("compute", "cpu") as note:
        compare("a run that keeps nothing", record(wandb, "disabled"), LOSSES[-1])
        note.detail = "a run that keeps nothing gives its last value back"
        if not session.reaches("standard"):
            note.detail += "; one that is written is checked at --level standard"
    if not session.reaches("standard"):
        return
    with session.check("record", "cpu") as note:
        compare("an offline run", record(wandb, "offline"), LOSSES[-1])
        # Its service may still write when a run is finished; this waits until it has ended.
        wandb.teardown()
        found = read_losses(here)
        compare("the run's file", found, LOSSES)
        note.detail = f"an offline run's file gives its {len(LOSSES)} values back; nothing was sent"


def record(wandb, mode):
    """Log the values; gives what the run's summary says of the last."""
    run = wandb.init(mode=mode, project="mlenv", dir=os.getcwd())
    try:
        for loss in LOSSES:
            run.log({"loss": loss})
        return run.summary["loss"]
    finally:
        run.finish()


def compare(what, found, expected):
    if found != expected:
        raise Failure("wrong-number", f"{what} gives {found!r} for {expected!r}")


def read_losses(folder):
    """The values that the file of the run holds, in the order in which they were logged."""
    from wandb.proto import wandb_internal_pb2

    files = glob.glob(os.path.join(folder, "wandb", "offline-run-*", "*.wandb"))
    if len(files) != 1:
        raise Failure("nothing-recorded", f"an offline run left {len(files)} files of runs in {folder}, not one")
    losses = []
    with open(files[0], "rb") as file:
        records = read_records(file.read())
    for data in records:
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        for item in record.history.item:
            name = item.key or ".".join(item.nested_key)
            if name == "loss":
                losses.append(json.loads(item.value_json))
    return losses
