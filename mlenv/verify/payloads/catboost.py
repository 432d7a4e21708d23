"""CatBoost: one tree that must reproduce whole numbers, on the CPU and on every GPU that it counts."""

from ._drivers import see_nvidia
from ._trees import CORNERS, TARGETS, note_leaves
from ._verdicts import Failure, misplaced

SETTINGS = {
    "iterations": 1,
    "depth": 3,
    "learning_rate": 1.0,
    "l2_leaf_reg": 0.0,
    "boost_from_average": False,
    "bootstrap_type": "No",
    "random_strength": 0.0,
    "leaf_estimation_iterations": 1,
    "loss_function": "RMSE",
    "random_seed": 0,
    "thread_count": 2,
    "allow_writing_files": False,
    "logging_level": "Silent",
}


def check(session):
    catboost = session.import_modules("catboost")
    with session.check("device") as note:
        gpus = find_gpus(session.asked, see_nvidia, count_gpus, note)
        note.device = ", ".join(f"cuda:{i}" for i in gpus) or "cpu"
    if session.asked in ("auto", "cpu"):
        with session.check("cpu" if gpus else "compute", "cpu", vital=False) as note:
            note_leaves(note, train(catboost, {}), exact=True)
    for i in gpus if session.reaches("standard") else gpus[:1]:
        with session.check("compute", f"cuda:{i}", vital=False) as note:
            # By itself it takes 95 % of the GPU's memory, which others are being checked in.
            place = {"task_type": "GPU", "devices": str(i), "gpu_ram_part": 0.1}
            note_leaves(note, train(catboost, place), exact=False)


def count_gpus():
    """How many GPUs CatBoost sees; 0 too where it cannot tell (it then writes why to standard error)."""
    from catboost.utils import get_gpu_device_count

    return get_gpu_device_count()


def find_gpus(asked, see, count, note):
    """The numbers of the GPUs to train on; :class:`Failure` where one was asked for and there is none."""
    if asked not in ("auto", "cpu", "gpu", "cuda"):
        raise Failure("device-missing", f"{asked} was asked for, which CatBoost does not have")
    if asked == "cpu":
        note.detail = "the CPU"
        return []
    found = count()
    if found:
        note.detail = f"{found} GPU(s) seen by CatBoost"
        return list(range(found))
    sight = see()
    if asked != "auto":
        raise Failure("device-missing", f"{asked} was asked for, and CatBoost counts no GPU" + word(sight))
    note.detail = "the CPU: CatBoost counts no GPU" + word(sight)
    if sight.gpus:
        note.status, note.reason = "warn", "device-unusable"
    return []


def word(sight):
    """What the driver says of it, as the end of a sentence."""
    return f"; {sight.reason}" if not sight.gpus else f", while the NVIDIA driver lists {len(sight.gpus)}"


def train(catboost, place):
    """The predictions of a model of one tree; :class:`Failure` where it was trained elsewhere."""
    model = catboost.CatBoostRegressor(**SETTINGS, **place)
    model.fit(CORNERS * 16, TARGETS * 16)
    used = model.get_all_params().get("task_type", "CPU")
    if used != place.get("task_type", "CPU"):
        raise misplaced("a GPU", used)
    return [float(number) for number in model.predict(CORNERS)]
