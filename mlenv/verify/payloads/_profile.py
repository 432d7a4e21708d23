"""A profile of three rows: what it counts, and the page that it makes."""

import os
import re

from ._verdicts import Failure

COLUMNS = {"a": [1.0, 2.0, 6.0], "b": ["x", "y", "x"], "c": [1.0, None, 3.0]}


def be_quiet():
    """Nothing is told to its makers."""
    os.environ.update(YDATA_PROFILING_NO_ANALYTICS="True", DATA_PROFILING_NO_ANALYTICS="True", DO_NOT_TRACK="1")


def check_profile(session, profiling):
    """The check ``compute`` at the level ``standard``: a profile takes seconds."""
    session.stay_on_cpu("A profile")
    if not session.reaches("standard"):
        return
    with session.check("compute", "cpu") as note:
        import pandas as pd

        report = profiling.ProfileReport(pd.DataFrame(COLUMNS), title="mlenv", minimal=True, progress_bar=False)
        found = read_facts(report.get_description())
        if found != EXPECTED:
            raise Failure("wrong-number", f"the profile says {found} and must say {EXPECTED}")
        page = report.to_html()
        counted = re.search(r"Number of observations(?:<[^>]*>|\s)*(\d+)", page)
        if counted is None or counted.group(1) != "3":
            raise Failure("wrong-answer", f"the page of the profile, {len(page)} characters long, does not say 3 rows")
        note.detail = f"3 rows profiled: counts and mean right, and a page of {len(page) // 1000} kB"


EXPECTED = {"rows": 3, "columns": 3, "missing": 1, "mean of a": 3.0, "kinds of b": 2}


def read_facts(described):
    """Counts out of a description, which older releases give as a dictionary."""
    table, variables = (
        (described["table"], described["variables"])
        if isinstance(described, dict)
        else (described.table, described.variables)
    )
    return {
        "rows": int(table["n"]),
        "columns": int(table["n_var"]),
        "missing": int(table["n_cells_missing"]),
        "mean of a": float(variables["a"]["mean"]),
        "kinds of b": int(variables["b"]["n_distinct"]),
    }
