"""Why an import failed, read from the text of its exception."""

from __future__ import annotations

import re

_LIBRARY = re.compile(
    r"(?P<linux>[^\s:'\"]+): cannot open shared object file"
    r"|Library not loaded: (?P<macos>\S+)"
    r"|DLL load failed while importing (?P<windows>[^\s:]+)"
    r"|Error loading \"(?P<loader>[^\"]+\.dll)\""
)
_MISMATCH = re.compile(
    r"undefined symbol: "
    r"|Symbol not found: "
    r"|version `\w+_[\d.]+' not found"
    r"|operator \w+::\w+ does not exist"
    r"|numpy\S* failed to import"
    r"|_ARRAY_API not found"
    r"|size changed, may indicate binary incompatibility"
    r"|compiled using NumPy 1"
)
_MODULE = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")


# ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory
# ImportError: DLL load failed while importing _C: The specified module could not be found.
# ImportError: …/libtorch_cuda.so: undefined symbol: ncclCommSplit
# RuntimeError: operator torchvision::nms does not exist
# ModuleNotFoundError: No module named 'typing_extensions'
def explain_import(text: str, framework: str) -> tuple[str, str]:
    """The slug of an import's exception, and words to put before its text (may be empty)."""
    library = _LIBRARY.search(text)
    if library:
        name = next(group for group in library.groups() if group)
        return "missing-library", f"a shared library is missing or cannot be loaded ({name}): "
    if _MISMATCH.search(text):
        return "binary-mismatch", "two binaries do not belong together: "
    module = _MODULE.match(text)
    if module:
        return "missing-module", f"{framework} needs a module that is not installed ({module.group(1)}): "
    return "import-error", ""
