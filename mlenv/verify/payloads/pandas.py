"""pandas: a product of whole numbers between tables, and a sum by groups."""

from . import _exact
from ._verdicts import Failure


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
        note.detail = f"{_exact.SHAPE} and sums by group exact"
