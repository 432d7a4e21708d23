"""JupyterLab: a cell; from ``standard`` on the page for the browser, and a server that gives it out."""

import contextlib
import glob
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request

from . import jupyter
from ._verdicts import Failure

WAIT = 90


def check(session):
    jupyterlab = session.import_modules("jupyterlab")
    session.stay_on_cpu("JupyterLab")
    jupyter.check_cell(session)
    if not session.reaches("standard"):
        return
    with session.check("extension", "cpu") as note:
        folder = find_static()
        version = read_version(folder)
        if version != jupyterlab.__version__:
            message = "{} holds the page of JupyterLab {}, and {} is installed: install jupyterlab again"
            raise Failure("version-mismatch", message.format(folder, version, jupyterlab.__version__))
        points = [point["module"] for point in jupyterlab._jupyter_server_extension_points()]  # noqa: SLF001 - a protocol
        if points != ["jupyterlab"]:
            raise Failure("wrong-answer", f"the server extension names the modules {points}")
        note.detail = f"the page of JupyterLab {version} and its server extension are in place"
    with session.check("server", "cpu", vital=False) as note:
        note.detail = ask_server(jupyterlab.__version__)


def find_static():
    """The folder of what the browser gets; :class:`Failure` where there is no page in it."""
    from jupyterlab.commands import get_app_dir

    folder = os.path.join(get_app_dir(), "static")
    if not os.path.isfile(os.path.join(folder, "index.html")):
        raise Failure("broken-install", f"{folder} holds no index.html: install jupyterlab again")
    return folder


# {"name": "@jupyterlab/application-top", "version": "4.6.6", …, "jupyterlab": {"version": "4.6.6", …}}
def read_version(folder):
    """The version of the page, in the form of its Python package."""
    with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
        return json.load(file)["jupyterlab"]["version"]


def ask_server(version):
    """A sentence where a server on the loopback interface gives out the page of that version."""
    token = secrets.token_hex(16)
    with run_server(token) as (server, said):
        url = wait_for(server, said)
        with open_local(url, "lab", token) as answer:
            page = answer.read().decode(errors="replace")
        if f'"appVersion": "{version}"' not in page:
            raise Failure("wrong-answer", f"the server's page is not that of JupyterLab {version}")
    return f"a server on 127.0.0.1 gave out the page of JupyterLab {version}"


@contextlib.contextmanager
def run_server(token):
    """A server without browser and settings of the user's, in a working directory of its own."""
    here = os.path.join(os.getcwd(), "lab")
    os.makedirs(here, exist_ok=True)
    # The token is handed over by a variable: anybody can read a command line.
    environ = dict(os.environ, JUPYTER_TOKEN=token, JUPYTER_RUNTIME_DIR=here, JUPYTER_NO_CONFIG="1")
    command = [sys.executable, "-I", "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += ["--ServerApp.port=0", f"--ServerApp.root_dir={here}", "--LabApp.news_url=", "--allow-root"]
    said = os.path.join(here, "said.txt")
    with open(said, "wb") as file:
        server = subprocess.Popen(command, env=environ, cwd=here, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        yield server, said
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)


def wait_for(server, said):
    """The address of the server, from the file that it leaves when it listens."""
    for _ in range(WAIT * 10):
        for path in glob.glob(os.path.join(os.path.dirname(said), "jpserver-*.json")):
            with contextlib.suppress(ValueError), open(path, encoding="utf-8") as file:
                return json.load(file)["url"]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    with open(said, encoding="utf-8", errors="replace") as file:
        words = " / ".join(line.strip() for line in file.read().splitlines()[-3:])
    raise Failure("no-answer", f"the server did not begin to listen; its last words: {words}")


def open_local(url, path, token):
    """The answer to a request that goes through no proxy."""
    request = urllib.request.Request(url + path, headers={"Authorization": f"token {token}"})  # noqa: S310 - http
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
