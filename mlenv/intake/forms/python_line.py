"""Lines that state which Python runs: ``python -VV``, the interpreter's banner, ``sys.version``, pip's own line."""

from __future__ import annotations

from mlenv.facts.pattern import lazy
from mlenv.facts.python import PackageManager, PythonInterpreter
from mlenv.facts.system import OperatingSystem, SystemFamily
from mlenv.intake.forms.blocks import command_of, gather, lines_of
from mlenv.intake.forms.form import Form, Told

# Python 3.12.7 | packaged by conda-forge | (main, Oct  4 2024, 16:05:46) [GCC 13.3.0] on linux
# 3.10.6 | packaged by conda-forge | (main, Aug 22 2022, 20:38:29) [Clang 13.0.1 ] is what sys.version says
# 3.7.3 (v3.7.3:ef4ec6ed12, Mar 25 2019, 21:26:53) [MSC v.1916 32 bit (Intel)]
_LONG = lazy(
    r"(?<![\w.])(?P<version>[23]\.[0-9]{1,2}\.[0-9]{1,2}(?:(?:a|b|rc)[0-9]{1,2})?)\+? "
    r"(?P<build>(?:experimental )?free-threading build )?"
    r"(?:\|[^|\n]{1,60}\| ?)?\((?P<about>(?:main|default|tags|heads|v[23]\.|remotes)[^()\n]{0,120}"
    r"|[^()\n]{0,80}[0-9]{2}:[0-9]{2}:[0-9]{2}[^()\n]{0,20})\)\s*(?:\[(?P<compiler>[^\]\n]{2,80})\])?"
    r"(?: on (?P<platform>linux|win32|darwin))?"
)
_SHORT = lazy(r"Python (?P<version>[23]\.[0-9]{1,2}(?:\.[0-9]{1,2})?(?:(?:a|b|rc)[0-9]{1,2})?)(?P<threads>t)?\+?")
# pip 23.0.1 from /usr/lib/python3/dist-packages/pip (python 3.10)
_PIP = lazy(
    r"\bpip (?P<pip>[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}) from (?P<path>[^\n()]{3,300}?)[\\/]pip "
    r"\(python (?P<version>[23]\.[0-9]{1,2})(?P<threads>t)?\)"
)
# Python  3.8.18 (you have 3.8.5) is what xFormers says
_HAVE = lazy(r"Python\s+[0-9.]{3,8} \(you have (?P<version>[23]\.[0-9]{1,2}\.[0-9]{1,2})\)")
# Using CPython 3.14.0 interpreter at: and Using Python 3.13.0 environment at are uv's; Solving with is conda's, and
# version python:3.12.0 what people write.
_NAMED = lazy(
    r"(?:\bUsing (?:Python|CPython) |\bFound ['`]cpython-|installed Python version: |^[- *]{0,4}version python ?[:=] ?)"
    r"(?P<version>[23]\.[0-9]{1,2}(?:\.[0-9]{1,2})?(?:(?:a|b|rc)[0-9]{1,2})?)(?P<threads>\+freethreaded|t)?(?![\w.])"
)
_COMPILER_BITS = lazy(r"\b(32|64) bit\b")
_SYSTEMS: dict[str, SystemFamily] = {"linux": "linux", "win32": "windows", "darwin": "macos"}


def find_python_lines(text: str) -> list[str]:
    """The lines that state a version of the interpreter."""
    if "ython" not in text and "[GCC" not in text and "[MSC" not in text and "[Clang" not in text:
        return []
    return gather(text, lambda line: _match(line) is not None)


def _match(line: str) -> object:
    # A command may name a version without running it; what stands alone was answered.
    return (
        _LONG.search(line)
        or _PIP.search(line)
        or _HAVE.search(line)
        or _NAMED.search(line)
        or (_SHORT.fullmatch(line.strip()) if _is_answer(line) else None)
    )


def _is_answer(line: str) -> bool:
    return line.lstrip().startswith("Python") and not command_of(line)


def read_python_line(part: str) -> Told:
    """The interpreter that states most, the system it was made for, and pip's version."""
    chosen: PythonInterpreter | None = None
    family: SystemFamily | None = None
    managers: tuple[PackageManager, ...] = ()
    for line in lines_of(part):
        if match := _LONG.search(line):
            compiler = match["compiler"] or ""
            family = family or _SYSTEMS.get(match["platform"] or "") or ("windows" if "MSC" in compiler else None)
            found = _interpreter(match["version"], compiler, threads=bool(match["build"]))
        elif match := _PIP.search(line):
            managers = managers or (PackageManager(name="pip", path=match["path"] + "/pip", version=match["pip"]),)
            found = _interpreter(
                match["version"], "32 bit" if "-32" in match["path"] else "", threads=bool(match["threads"])
            )
        elif match := _HAVE.search(line):
            found = _interpreter(match["version"], "", threads=False)
        elif match := _NAMED.search(line) or _SHORT.fullmatch(line.strip()):
            found = _interpreter(match["version"], "", threads=bool(match["threads"]))
        else:
            continue
        chosen = found if chosen is None or _says_more(found, chosen) else chosen
    return Told(python=chosen, managers=managers, os=OperatingSystem(family=family) if family else None)


def _says_more(found: PythonInterpreter, chosen: PythonInterpreter) -> bool:
    """Whether it is the same interpreter and better known."""
    is_same = found.version == chosen.version or found.version.startswith(chosen.version + ".")
    return is_same and (len(found.version), found.bits or 0) > (len(chosen.version), chosen.bits or 0)


def _interpreter(version: str, compiler: str, *, threads: bool) -> PythonInterpreter:
    bits = _COMPILER_BITS.search(compiler)
    architecture = "arm64" if "ARM64" in compiler else "x86_64" if "AMD64" in compiler else None
    return PythonInterpreter(
        version=version,
        bits=int(bits[1]) if bits else None,
        architecture="x86" if bits and bits[1] == "32" else architecture,
        free_threaded=threads,
    )


FORMS: tuple[Form, ...] = (Form(name="python_version", find=find_python_lines, read=read_python_line),)
