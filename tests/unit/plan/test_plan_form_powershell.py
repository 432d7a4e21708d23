"""The PowerShell script, read by a parser of the language, and by PowerShell itself where it is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlenv.facts.packages import PackageConfiguration
from mlenv.plan.forms.powershell import command_text, quote
from tests.unit.plan.plan_cases import GPU, LOCK, WINDOWS, describe, form_for, plan_of, setting, sources_for

PWSH = shutil.which("pwsh") or shutil.which("powershell") or ""
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
SCRIPTS: dict[str, Callable[[], str]] = {
    "windows": lambda: form_for("powershell", "pytorch-cpu", machine=describe(WINDOWS)),
    "gpu": lambda: form_for("powershell", "pytorch-gpu", machine=describe(WINDOWS + GPU)),
    "pip": lambda: form_for("powershell", "starter", manager="pip", machine=describe(WINDOWS)),
    "linux": lambda: form_for("powershell", "starter"),
    "offline": lambda: form_for("powershell", "starter", offline=True),
    "proven": lambda: form_for("powershell", "pytorch-cpu", lock=LOCK),
    "variables": lambda: form_for("powershell", "keras"),
    "needs": lambda: form_for("powershell", "spark", machine=describe(WINDOWS)),
    "odd-place": lambda: form_for("powershell", "starter", environment="C:\\Jörg's $HOME `a` 100% ‘x’"),
}


@pytest.fixture(scope="module")
def parse() -> Callable[[str], Any]:
    """The root of a script's syntax tree."""
    language = pytest.importorskip("tree_sitter_powershell")
    tree_sitter = pytest.importorskip("tree_sitter")
    parser = tree_sitter.Parser(tree_sitter.Language(language.language()))
    return lambda text: parser.parse(text.encode()).root_node


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_is_powershell(name: str, parse: Callable[[str], Any]) -> None:
    assert not parse(SCRIPTS[name]()).has_error


@pytest.mark.skipif(not PWSH, reason="needs PowerShell")
@pytest.mark.parametrize("name", SCRIPTS)
def test_powershell_itself_reads_it(name: str, tmp_path: Any) -> None:
    (tmp_path / "setup.ps1").write_text(SCRIPTS[name]())
    check = "$e = $null; [void][Management.Automation.Language.Parser]::ParseFile('setup.ps1', [ref]$null, [ref]$e); $e"
    done = subprocess.run([PWSH, "-NoProfile", "-Command", check], cwd=tmp_path, capture_output=True, check=False)
    assert (0, b"") == (done.returncode, done.stdout.strip())


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_is_plain_ascii(name: str) -> None:
    assert SCRIPTS[name]().isascii()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "'plain'"),
        ("", "''"),
        ('it\'s $HOME `x` "q" 100%', "'it''s $HOME `x` \"q\" 100%'"),
        ("Jörg", "('J' + [char]246 + 'rg')"),
        ("’", "('' + [char]8217)"),
        ("😀", "('' + [char]55357 + [char]56832)"),
        ("a\nb", "('a' + [char]10 + 'b')"),
    ],
)
def test_quotes(text: str, expected: str) -> None:
    assert expected == quote(text)


def unquote(expression: str) -> str:
    """What PowerShell makes of an expression of quoted texts and numbered letters."""
    units = b""
    for text, number in re.findall(r"'((?:[^']|'')*)'|\[char\](\d+)", expression):
        units += int(number).to_bytes(2, "little") if number else text.replace("''", "'").encode("utf-16-le")
    return units.decode("utf-16-le")


@given(TEXTS)
def test_any_text_comes_back(text: str) -> None:
    assert text == unquote(quote(text))


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_any_command_is_one_command(argv: list[str]) -> None:
    tree_sitter = pytest.importorskip("tree_sitter")
    language = pytest.importorskip("tree_sitter_powershell")
    root = tree_sitter.Parser(tree_sitter.Language(language.language())).parse(command_text(tuple(argv)).encode())
    assert not root.root_node.has_error


def test_it_runs_the_commands_of_the_plan() -> None:
    text = SCRIPTS["windows"]()
    plan = plan_of(sources_for("pytorch-cpu", machine=describe(WINDOWS), portable=True))
    assert all(command_text(step.argv).splitlines()[0] in text for step in plan.steps)
    assert ".venv\\Scripts\\python.exe" in text


def test_a_login_is_not_in_it() -> None:
    packages = PackageConfiguration(index_url=setting("https://me:s3'cret@mirror.example/simple"))
    text = form_for("powershell", "starter", machine=describe(WINDOWS, packages))
    assert "s3" not in text
    assert "'--index-url', 'https://mirror.example/simple'" in text
