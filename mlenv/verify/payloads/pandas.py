"""pandas: products between tables, sums by groups, a join, and a Parquet file where PyArrow is there."""

import io

from . import _exact
from ._common import is_there
from ._verdicts import Failure

JOINED = [["a", 1, 10.0], ["b", 2, None], ["a", 3, 10.0], ["b", 5, None]]


def check(session):
    pandas = session.import_modules("pandas")
    session.stay_on_cpu("pandas")
    with session.check("compute", "cpu") as note:
        left, right = _exact.make_matrices()
        product = pandas.DataFrame(left).dot(pandas.DataFrame(right))
        _exact.compare(product.to_numpy().tolist(), _exact.multiply(left, right), "DataFrame.dot")
        table = pandas.DataFrame({"key": ["a", "b", "a", "b"], "number": [1, 2, 3, 5]})
        sums = table.groupby("key")["number"].sum().to_dict()
        if sums != {"a": 4, "b": 7}:
            raise Failure("wrong-number", f"the sums by group are {sums} and must be a: 4, b: 7")
        join(pandas, table)
        note.detail = f"{_exact.SHAPE}, sums by group and a join exact"
    if session.reaches("standard") and is_there("pyarrow"):
        with session.check("parquet", "cpu", vital=False) as note:
            keep(pandas)
            note.detail = "numbers, texts and dates come back from a Parquet file as they were"


def join(pandas, table):
    """A left join, whose missing partners must be missing values."""
    other = pandas.DataFrame({"key": ["a", "c"], "weight": [10.0, 20.0]})
    found = table.merge(other, on="key", how="left")
    rows = [[None if pandas.isna(cell) else cell for cell in row] for row in found.to_numpy(dtype=object).tolist()]
    if rows != JOINED:
        raise Failure("wrong-number", f"a left join gives {rows} and must give {JOINED}")


def keep(pandas):
    """Write a table as Parquet into memory and read it again."""
    table = pandas.DataFrame(
        {
            "number": [1, 2, 3],
            "half": [0.5, float("nan"), -1.5],
            "text": ["a", "ü", "漢"],
            "when": pandas.to_datetime(["2024-02-29", "1999-12-31", "2038-01-19"]),
        }
    )
    file = io.BytesIO()
    table.to_parquet(file, engine="pyarrow")
    file.seek(0)
    found = pandas.read_parquet(file, engine="pyarrow")
    if not found.equals(table):
        raise Failure("wrong-number", f"a table comes back from Parquet as {found.to_dict('list')}")
