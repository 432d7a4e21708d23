"""Environment variables that nobody but the user may set: they decide which code a program loads.

A profile, a bundle or a manifest may come from anywhere, and its variables are set for every command
that runs in its environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

NAMES = frozenset(
    {
        # which programs a name finds, and what a shell does before its first command
        *("PATH", "PATHEXT", "COMSPEC", "SHELL", "HOME", "USERPROFILE", "SYSTEMROOT", "WINDIR"),
        *("IFS", "ENV", "BASH_ENV", "BASHOPTS", "SHELLOPTS", "PS4", "PROMPT_COMMAND", "CDPATH", "ZDOTDIR"),
        *("TMPDIR", "TEMP", "TMP"),
        # what an interpreter loads before the first line of a program
        *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONINSPECT", "PYTHONBREAKPOINT"),
        *("PYTHONEXECUTABLE", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHONWARNINGS", "PYTHONSAFEPATH"),
        *("NODE_OPTIONS", "NODE_PATH", "PERL5OPT", "PERL5LIB", "RUBYOPT", "RUBYLIB"),
        *("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH"),
        *("GCONV_PATH", "LOCPATH", "GLIBC_TUNABLES", "CUDA_INJECTION64_PATH", "NVTX_INJECTION64_PATH"),
        # which environment this is, and whom it trusts
        *("VIRTUAL_ENV", "CONDA_PREFIX", "NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    }
)
STARTS = ("LD_", "DYLD_", "BASH_FUNC_", "PIP_", "UV_", "CONDA_", "SSL_", "GIT_", "MLENV_")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def find_guarded(variables: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with variables that somebody else states, a sentence for each."""
    for name, value in variables.items():
        upper = name.upper()
        if not _NAME.fullmatch(name):
            yield f"{name[:80]!r} is no name of a variable"
        elif upper in NAMES or upper.startswith(STARTS):
            yield f"{name} decides which code is loaded, or whom it trusts: only you may set it"
        elif _CONTROL.search(value):
            yield f"the value of {name} holds a control character"
