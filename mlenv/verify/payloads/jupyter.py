"""Jupyter: the modules import, and a notebook's cell runs in a kernel of this environment."""

import json
import os
import sys
import tempfile

from . import _exact
from ._common import is_there
from ._verdicts import Failure

USUAL = ("jupyterlab", "notebook", "ipykernel")
CELL = """\
import json, sys
columns = list(zip(*{right}))
product = [[sum(a * b for a, b in zip(row, column)) for column in columns] for row in {left}]
print(json.dumps([sys.prefix, product]))
"""


def check(session):
    names = session.imports or find_usual(session.distribution)
    if not names:
        with session.check("import"):
            raise Failure("not-installed", "none of " + ", ".join(USUAL) + " is installed")
    session.import_modules(*names)
    session.stay_on_cpu("Jupyter")
    check_cell(session)


def check_cell(session):
    """The check ``compute``, where a notebook can be run without a browser."""
    if not (is_there("nbclient") and is_there("ipykernel")):
        return
    with session.check("compute", "cpu") as note:
        left, right = (matrix[:8] for matrix in _exact.make_matrices())
        left = [row[:8] for row in left]
        prefix, product = json.loads(run_cell(CELL.format(left=left, right=right)))
        if prefix != sys.prefix:
            raise Failure("wrong-kernel", f"the kernel python3 runs in {prefix} and not in {sys.prefix}")
        _exact.compare(product, _exact.multiply(left, right), "a cell")
        note.detail = "a cell ran in a kernel of this environment and gave the right numbers"


def find_usual(distribution):
    """The usual modules that are installed, the distribution's own first."""
    return sorted(filter(is_there, USUAL), key=lambda name: name != distribution)


def run_cell(source):
    """What one cell prints, run by a new kernel called ``python3``."""
    import nbclient
    import nbformat
    from jupyter_client.manager import AsyncKernelManager

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    with tempfile.TemporaryDirectory(prefix="mlenv-") as folder:
        kernel = AsyncKernelManager(kernel_name="python3", **find_sockets(folder))
        nbclient.NotebookClient(notebook, km=kernel, timeout=60).execute()
    outputs = notebook.cells[0].outputs
    return "".join(output.get("text", "") for output in outputs if output.get("name") == "stdout")


def find_sockets(folder):
    """Where the kernel listens: in a folder of its own, so that two kernels never share a socket.

    The loopback interface may be down where there is no network; Windows has nothing else.
    """
    return {} if sys.platform == "win32" else {"transport": "ipc", "ip": os.path.join(folder, "kernel")}
