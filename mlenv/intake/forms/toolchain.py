"""Compilers: ``nvcc --version``, the toolkit's own version file, ``gcc --version``."""

from __future__ import annotations

from mlenv.facts.drivers import CudaToolkit
from mlenv.facts.pattern import lazy
from mlenv.intake.forms.blocks import answers_to, gather, lines_of
from mlenv.intake.forms.form import Form, Told

# Cuda compilation tools, release 12.4, V12.4.131
_NVCC = lazy(r"(?i)cuda compilation tools, release (?P<version>[0-9]{1,2}\.[0-9]{1,2})")
_NVCC_BUILD = lazy(r"\bBuild cuda_(?P<version>[0-9]{1,2}\.[0-9]{1,2})\.r[0-9]")
_FILE = lazy(r"^\s{0,8}CUDA Version (?P<version>[0-9]{1,2}\.[0-9]{1,2})\.[0-9]{1,4}\s*$")
_PLACE = lazy(r"\s{0,8}(?P<path>/[\w./-]{2,120}cuda-(?P<version>[0-9]{1,2}\.[0-9]{1,2}))(?:/bin/nvcc)?/?\s*")
_LINKED = lazy(
    r"/usr/local/cuda(?:-[0-9]{1,2})? -> (?:/usr/local/"
    r"|/etc/alternatives/)?(?P<name>cuda-(?P<version>[0-9]{1,2}\.[0-9]{1,2}))"
)
_GCC = lazy(
    r"^\s{0,8}(?P<name>gcc|g\+\+|cc"
    r"|x86_64-linux-gnu-gcc)(?:-[0-9]{1,2})? \([^\n]{1,80}\) (?P<version>[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2})"
)
_CLANG = lazy(r"^\s{0,8}(?:Apple |Ubuntu |Homebrew )?clang version (?P<version>[0-9]{1,2}\.[0-9.]{1,8})")
_MSVC = lazy(r"Optimizing Compiler Version (?P<version>19\.[0-9]{2}\.[0-9]{4,6})")


def find_nvcc(text: str) -> list[str]:
    """Lines that state nvcc's version, and the toolkit's folder where a command showed it."""
    words = ("ompilation tools", "CUDA Version ", "Build cuda_")
    lines = gather(text, lambda line: _NVCC.search(line) or _NVCC_BUILD.search(line) or _FILE.match(line))
    return lines if any(word in text for word in words) else []


def read_nvcc(part: str) -> Told:
    """The CUDA that nvcc belongs to."""
    for pattern in (_NVCC, _NVCC_BUILD, _FILE):
        for line in lines_of(part):
            if match := pattern.search(line):
                return Told(toolkit=match["version"])
    return Told()


def find_places(text: str) -> list[str]:
    """What ``which nvcc`` and a listing of /usr/local answered."""
    if "/cuda-" not in text and "-> cuda" not in text:
        return []
    rows = [
        line
        for _, answer, _ in answers_to(text, "nvcc", "/usr/local", "CUDA_HOME", "CUDA_PATH")
        for line in answer[:50]
        if _PLACE.fullmatch(line)
    ]
    links = [line for line in lines_of(text) if _LINKED.search(line)] if " -> " in text else []
    found = rows + links[:20]
    return ["\n".join(found)] if found else []


def read_places(part: str) -> Told:
    """The toolkits that are installed, each with its folder."""
    found: dict[str, CudaToolkit] = {}
    for line in lines_of(part):
        if match := _PLACE.fullmatch(line):
            found[match["path"]] = CudaToolkit(version=match["version"], path=match["path"])
        elif match := _LINKED.search(line):
            path = f"/usr/local/{match['name']}"
            found[path] = CudaToolkit(version=match["version"], path=path)
    return Told(cuda_toolkits=tuple(found.values()))


def find_compilers(text: str) -> list[str]:
    """The first lines of ``gcc --version``, ``clang --version`` and cl."""
    words = ("gcc", "g++", "cc ", "clang version", "Optimizing Compiler")
    if not any(word in text for word in words):
        return []
    return gather(text, lambda line: _GCC.match(line) or _CLANG.match(line) or _MSVC.search(line))


def read_compiler(part: str) -> Told:
    """``remarks``: the compilers' versions by name."""
    remarks: dict[str, str] = {}
    for line in lines_of(part):
        for name, match in (("gcc", _GCC.match(line)), ("clang", _CLANG.match(line)), ("msvc", _MSVC.search(line))):
            if match:
                remarks.setdefault(name, match["version"])
    return Told(remarks=remarks)


FORMS: tuple[Form, ...] = (
    Form(name="nvcc", find=find_nvcc, read=read_nvcc),
    Form(name="cuda_folder", find=find_places, read=read_places),
    Form(name="compiler", find=find_compilers, read=read_compiler),
)
