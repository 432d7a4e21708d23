"""JupyterLab's page and server, and the facts of a profile."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlenv.verify.result import Target
from tests.unit.verify.verify_stubs import brief, make_environment


def load(name: str) -> Any:
    return importlib.import_module(f"mlenv.verify.payloads.{name}")


lab, verdicts = load("jupyterlab"), load("_verdicts")


def test_a_server_that_listens_leaves_its_address(tmp_path: Path) -> None:
    tmp_path.joinpath("jpserver-7.json").write_text(json.dumps({"url": "http://127.0.0.1:7/", "port": 7}))
    assert lab.wait_for(SimpleNamespace(poll=lambda: None), str(tmp_path / "said.txt")) == "http://127.0.0.1:7/"


def test_a_server_that_ends_gives_its_last_words(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    said.write_text("a\nb\nOSError: no such\ninterface\n")
    with pytest.raises(verdicts.Failure, match="last words: b / OSError: no such / interface") as caught:
        lab.wait_for(SimpleNamespace(poll=lambda: 1), str(said))
    assert caught.value.reason == "no-answer"


LAB = """
import os, sys, types
import http.server

def _jupyter_server_extension_points():
    return [{"module": "jupyterlab"}]

commands = types.ModuleType("jupyterlab.commands")
commands.get_app_dir = lambda: os.environ["FAKE_LAB"]
sys.modules["jupyterlab.commands"] = commands
"""

SERVER = """
import http.server, json, os

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        fine = self.headers["Authorization"] == "token " + os.environ["JUPYTER_TOKEN"] and self.path == "/lab"
        self.send_response(200 if fine else 403)
        self.end_headers()
        self.wfile.write(b'{"appVersion": "%s"}' % os.environ["FAKE_PAGE"].encode())

server = http.server.HTTPServer(("127.0.0.1", 0), Page)
with open(os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], "jpserver-1.json"), "w") as file:
    json.dump({"url": "http://127.0.0.1:%d/" % server.server_port}, file)
server.serve_forever()
"""


@pytest.mark.parametrize(
    ("static", "page", "end"),
    [
        ("4.6.6", "4.6.6", [("extension", "pass", ""), ("server", "pass", "")]),
        ("4.6.6", "4.5.0", [("extension", "pass", ""), ("server", "fail", "wrong-answer")]),
        ("4.5.0", "4.5.0", [("extension", "fail", "version-mismatch")]),
        ("", "4.6.6", [("extension", "fail", "broken-install")]),
    ],
)
def test_jupyterlab(tmp_path: Path, static: str, page: str, end: list[tuple[str, str, str]]) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("jupyterlab", LAB, version="4.6.6")
    Path(environment.site, "jupyterlab", "__main__.py").write_text(SERVER)
    folder = tmp_path / "app" / "static"
    folder.mkdir(parents=True)
    if static:
        folder.joinpath("index.html").write_text("")
        folder.joinpath("package.json").write_text(json.dumps({"jupyterlab": {"version": static}}))
    target = Target(framework="jupyterlab", distribution="jupyterlab", payload="jupyterlab")
    variables = {"FAKE_LAB": str(tmp_path / "app"), "FAKE_PAGE": page, "HTTP_PROXY": "http://proxy.example.org"}
    assert brief(environment.verify(target, level="standard", variables=variables))[2:] == end


PROFILE = """
import os, types
ROWS = int(os.environ["FAKE_ROWS"])

class ProfileReport:
    def __init__(self, table, title, minimal, progress_bar):
        self.table = table

    def get_description(self):
        a, b, c = (self.table[name] for name in "abc")
        missing = sum(number is None for column in (a, b, c) for number in column)
        table = {"n": len(a), "n_var": len(self.table), "n_cells_missing": missing}
        variables = {"a": {"mean": sum(a) / ROWS}, "b": {"n_distinct": len(set(b))}}
        return types.SimpleNamespace(table=table, variables=variables)

    def to_html(self):
        return "<tr><th>Number of observations<td>%d<tr>" % int(os.environ["FAKE_PAGE_ROWS"])
"""


@pytest.mark.parametrize(
    ("rows", "page", "end"),
    [
        ("3", "3", [("compute", "pass", "")]),
        ("2", "3", [("compute", "fail", "wrong-number")]),
        ("3", "4", [("compute", "fail", "wrong-answer")]),
    ],
)
def test_a_profile(tmp_path: Path, rows: str, page: str, end: list[tuple[str, str, str]]) -> None:
    environment = make_environment(tmp_path / "env")
    environment.add("pandas", "DataFrame = dict")
    environment.add("ydata_profiling", PROFILE)
    target = Target(framework="ydata-profiling", distribution="ydata_profiling", payload="ydata_profiling")
    variables = {"FAKE_ROWS": rows, "FAKE_PAGE_ROWS": page}
    assert brief(environment.verify(target, level="standard", variables=variables))[2:] == end
    assert len(brief(environment.verify(target, variables=variables))) == 2


def test_older_profiles_are_dictionaries() -> None:
    table = {"n": 3, "n_var": 3, "n_cells_missing": 1}
    described = {"table": table, "variables": {"a": {"mean": 3.0}, "b": {"n_distinct": 2}}}
    assert load("_profile").read_facts(described) == load("_profile").EXPECTED
