"""The startup code that known tools write: a whole line each, so that nothing hides behind a name."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

MAX_LINE = 4096
_NAME = r"[A-Za-z_]\w*"

# distutils-precedence.pth
_SETUPTOOLS = lazy(
    r"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; "
    r"enabled = os\.environ\.get\(var, '(?:local|stdlib)'\) == 'local'; "
    r"enabled and __import__\('_distutils_hack'\)(?:\.add_shim\(\))?;?"
)
# _virtualenv.pth of virtualenv and uv, pywin32.pth, _cuda_bindings_redirector.pth of NVIDIA
_SINGLE = lazy(r"import (?:_virtualenv|pywin32_bootstrap|_cuda_bindings_redirector)")
# Editable installations of setuptools, and of hatchling, meson-python and scikit-build-core.
_EDITABLE = lazy(
    r"import (__editable___\w+_finder); ?\1\.install\(\)"
    rf"|import _editable_impl_{_NAME}|import _{_NAME}_editable(?:_loader)?"
)
# The old namespace packages of setuptools: matplotlib-3.8-nspkg.pth
_NAMESPACE = lazy(
    r"import sys, types, os;(?:has_mfs = sys\.version_info > \(3, 5\);)?"
    r"p = os\.path\.join\(sys\._getframe\(1\)\.f_locals\['sitedir'\], \*\([^()]*\)\);"
    r"importlib = (?:has_mfs and )?__import__\('importlib\.util'\);"
    r"(?:has_mfs and )?__import__\('importlib\.machinery'\);"
    r"m = (?:has_mfs and )?sys\.modules\.setdefault\([^()]*, importlib\.util\.module_from_spec\("
    r"importlib\.machinery\.PathFinder\.find_spec\([^()]*, \[os\.path\.dirname\(p\)\]\)\)\);"
    r"m = m or sys\.modules\.setdefault\([^()]*, types\.ModuleType\([^()]*\)\);"
    r"mp = \(m or \[\]\) and m\.__dict__\.setdefault\('__path__',\[\]\);"
    r"\(p not in mp\) and mp\.append\(p\)(?:;m and setattr\([^()]*\))?"
)
_COVERAGE = lazy(
    r"import coverage; coverage\.process_startup\(\)"
    r"|import sys; exec\('try: import coverage; coverage\.process_startup\(\)\\nexcept ImportError: pass'\)"
)
_PYTEST_COV = lazy(
    r"import os, sys;exec\('if \"COV_CORE_SOURCE\" in os\.environ:\\n    try:\\n"
    r"        from pytest_cov\.embed import init\\n        init\(\)\\n    except Exception as exc:\\n"
    r"        sys\.stderr\.write\([^;]{0,300}\)\\n'\)"
)
_LINES = (_SETUPTOOLS, _SINGLE, _EDITABLE, _NAMESPACE, _COVERAGE, _PYTEST_COV)

# Debian's: reports of crashes.
_APPORT = lazy(
    r"try:\s+import apport_python_hook\s+except ImportError:\s+pass\s+else:\s+apport_python_hook\.install\(\)"
)
_NOTHING = lazy(r"pass|")


def is_known(line: str) -> bool:
    """Whether a line of a path file is one that a known tool writes."""
    return len(line) <= MAX_LINE and any(pattern.fullmatch(line) for pattern in _LINES)


def is_known_module(text: str) -> bool:
    """Whether a ``sitecustomize`` does nothing, or what Debian's does."""
    code = "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return any(pattern.fullmatch(code.strip()) for pattern in (_APPORT, _NOTHING))
