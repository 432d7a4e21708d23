"""cuDF: sums by groups and a join on the GPU.

Its import already needs one, so the driver is asked before.
"""

from ._common import is_there
from ._drivers import require_nvidia
from ._verdicts import Failure, misplaced


def check(session):
    gpus = require_nvidia(session, "cuDF") if is_there("cudf") else []
    cudf = session.import_modules("cudf")
    with session.check("compute", gpus[0].label) as note:
        note.about = gpus[0].about
        table = cudf.DataFrame({"key": [0, 1, 0, 1], "number": [1, 2, 3, 5]})
        check_place(table["number"].values)
        sums = table.groupby("key")["number"].sum().to_pandas().to_dict()
        equal("the sums by group", sums, {0: 4, 1: 7})
        joined = table.merge(cudf.DataFrame({"key": [0, 1], "weight": [10, 20]}), on="key").sort_values("number")
        equal("a join", joined["weight"].to_arrow().to_pylist(), [10, 20, 10, 20])
        texts = cudf.Series(["a", "b", "a"]).str.upper().to_arrow().to_pylist()
        equal("texts", texts, ["A", "B", "A"])
        note.detail = "sums by group, a join and texts exact"


def check_place(array):
    """:class:`Failure` where the numbers do not lie on a GPU."""
    if not hasattr(array, "__cuda_array_interface__"):
        raise misplaced("cuda:0", f"cpu ({type(array).__name__})")


def equal(what, found, expected):
    if found != expected:
        raise Failure("wrong-number", f"{what}: {found} and must be {expected}")
