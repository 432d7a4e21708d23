"""Datasets: rows that are mapped, filtered, sorted and written, in whole numbers."""

import os

from ._common import is_there
from ._torch.family import compare_list

ROWS = 10


def check(session):
    datasets = session.import_modules("datasets")
    session.stay_on_cpu("Datasets")
    with session.check("compute", "cpu") as note:
        kept = keep_even_squares(datasets)
        expected = [{"n": n, "square": n * n} for n in range(ROWS) if n * n % 2 == 0]
        compare_list(list(kept), expected, "rows mapped and filtered")
        note.detail = f"{ROWS} rows mapped and filtered to {len(expected)}, all exact"
    if session.reaches("standard"):
        with session.check("parquet", "cpu", vital=False) as note:
            note.detail = prove_files(datasets, kept)
        if is_there("torch"):
            with session.check("torch", "cpu", vital=False) as note:
                compare_list(kept.with_format("torch")["n"][:].tolist(), [0, 2, 4, 6, 8], "a column as a tensor")
                note.detail = "a column as a tensor is exact"


def keep_even_squares(datasets):
    datasets.disable_progress_bars()
    rows = datasets.Dataset.from_dict({"n": list(range(ROWS))})
    return rows.map(lambda row: {"square": row["n"] ** 2}).filter(lambda row: row["square"] % 2 == 0)


def prove_files(datasets, rows):
    """Rows in a file of the working directory come back as they were."""
    path = os.path.join(os.getcwd(), "rows.parquet")
    rows.to_parquet(path)
    back = datasets.Dataset.from_parquet(path, cache_dir=os.path.join(os.getcwd(), "cache"))
    compare_list(list(back), list(rows), "rows in a Parquet file")
    return "rows in a Parquet file come back as they were"
