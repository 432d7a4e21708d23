"""TorchServe: the Java that its server was compiled for, and the server's own answer to a question."""

import os
import subprocess

from ._common import is_there
from ._java import read_wanted, require_java
from ._verdicts import Failure
from ._words import tidy

SERVER = "org/pytorch/serve/ModelServer.class"


def check(session):
    ts = session.import_modules("ts")
    session.stay_on_cpu("TorchServe's server")
    archive = os.path.join(os.path.dirname(ts.__file__), "frontend", "model-server.jar")
    with session.check("java") as note:
        wanted = read_wanted(archive, SERVER)
        path, release = require_java(f"TorchServe {session.version}", wanted)
        note.measured = {"java": str(release)}
        note.detail = f"Java {release} ({path}) can run its server, which wants {wanted} or newer"
        lacking = [name for name in ("torch", "model_archiver") if not is_there(name)]
        if lacking:
            note.status, note.reason = "warn", "missing-module"
            note.detail += "; to serve and to pack models it also needs " + " and ".join(
                {"torch": "torch", "model_archiver": "torch-model-archiver"}[name] for name in lacking
            )
    if session.reaches("standard"):
        with session.check("server", "cpu", vital=False) as note:
            note.detail = ask_server(path, archive)


def ask_server(java, archive):
    """A sentence where the server's Java code starts: it lists its options, and serves nothing."""
    command = [java, "-cp", archive, SERVER[: -len(".class")].replace("/", "."), "--help"]
    asked = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    said = tidy(asked.stdout.decode(errors="replace"))
    if "--ts-config-file" not in said:
        raise Failure("no-answer", f"the server does not list its options: {said[:300]}")
    return "the server's code starts and lists its options"
