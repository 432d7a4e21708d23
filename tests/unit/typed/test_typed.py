"""Decoding into types from several threads, and that nothing decodes beside it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "mlenv"
DOOR = PACKAGE / "typed.py"
# Types that are new each time, met by two threads at once; without the door most runs end with SIGSEGV.
TWO_THREADS = """
import sys, threading, msgspec
from mlenv.typed import decode_json

sys.setswitchinterval(1e-6)
for number in range(150):
    inner = msgspec.defstruct("Inner", [(f"f{i}", int | str | None, None) for i in range(30)])
    outer = msgspec.defstruct("Outer", [(f"g{i}", tuple[inner, ...] | None, None) for i in range(30)])
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        decode_json('{"g29": [{"f29": 1}]}', outer)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_two_threads_meet_a_type_for_the_first_time() -> None:
    done = subprocess.run([sys.executable, "-c", TWO_THREADS], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_decodes_into_a_type_beside_the_door() -> None:
    paths = (path for path in PACKAGE.rglob("*.py") if path != DOOR and "payloads" not in path.parts)
    assert [place for path in sorted(paths) for place in find_beside(path)] == []


def find_beside(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = ast.unparse(node.func)
            typed = name.startswith("msgspec.") and any(word.arg == "type" for word in node.keywords)
            if typed or name == "msgspec.convert" or name.endswith(".Decoder"):
                yield f"{path}:{node.lineno}: {name}"
