"""What the tags of wheels say of the Python and the machine that they are for."""

from __future__ import annotations

import msgspec

from mlenv.facts.pattern import lazy

_FILE = lazy(
    r"(?P<package>[A-Za-z0-9._]+?)-(?P<version>[\w.!+%]+)(?:-\d\w*)?-(?P<python>[\w.]+)-(?P<abi>[\w.]+)-(?P<platform>[\w.]+)\.whl"
)
_PYTHON = lazy(r"(?:cp|py|pp)(?P<major>[23])(?P<minor>\d{1,2})?(?:d?m?u?)(?P<thread>t)?$")
_GLIBC = lazy(r"manylinux_(?P<major>\d)_(?P<minor>\d{1,3})_")
_OLD_MANYLINUX = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}
_PROCESSORS = (
    ("universal2", "any"), ("x86_64", "x86_64"), ("amd64", "x86_64"), ("aarch64", "aarch64"), ("arm64", "aarch64"),
    ("i686", "x86"), ("i386", "x86"), ("win32", "x86"), ("armv7l", "armv7l"), ("ppc64le", "ppc64le"), ("any", "any"),
)  # fmt: skip


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """What a tag, or the name of a wheel, asks for; what is empty it does not say.

    ``stable`` tells a wheel of the stable interface (``abi3``), which later Pythons take too.
    """

    text: str
    package: str = ""
    version: str = ""
    python: str = ""
    free_threaded: bool = False
    stable: bool = False
    system: str = ""
    processor: str = ""
    libc: str = ""
    glibc: str = ""


# torch-2.5.1-cp312-cp312-win_amd64.whl ; cp313t ; manylinux_2_28_x86_64
def read_tag(text: str) -> Tag | None:
    """A tag or the file name of a wheel; None for other words."""
    file = _FILE.fullmatch(text)
    if file is not None:
        return _read_file(file["package"], file["version"], file["python"], file["abi"], file["platform"], text)
    python = _PYTHON.fullmatch(text.lower())
    if python is not None:
        series = f"{python['major']}.{python['minor']}" if python["minor"] else ""
        return Tag(text=text, python=series, free_threaded=bool(python["thread"]))
    return _read_platform(text.lower())


def _read_file(package: str, version: str, python: str, abi: str, platform: str, text: str) -> Tag:
    place = _read_platform(platform.lower().split(".")[0])
    first = _PYTHON.fullmatch(python.lower().split(".")[0])
    series = f"{first['major']}.{first['minor']}" if first and first["minor"] else ""
    return Tag(
        text=text,
        package=package,
        version=version.replace("%2B", "+"),
        python=series,
        free_threaded=abi.endswith("t") and abi.startswith("cp"),
        stable=abi == "abi3" or python.startswith("py"),
        system=place.system if place else "",
        processor=place.processor if place else "",
        libc=place.libc if place else "",
        glibc=place.glibc if place else "",
    )


def _read_platform(text: str) -> Tag | None:
    system = _system_of(text)
    if not system:
        return None
    processor = next((name for part, name in _PROCESSORS if text.endswith(part)), "")
    match = _GLIBC.match(text)
    old = next((floor for name, floor in _OLD_MANYLINUX.items() if text.startswith(f"{name}_")), "")
    libc = "musl" if text.startswith("musllinux") else "glibc" if text.startswith("manylinux") else ""
    glibc = f"{match['major']}.{match['minor']}" if match else old
    return Tag(text=text, system=system, processor=processor, libc=libc, glibc=glibc)


def _system_of(text: str) -> str:
    if text.startswith(("manylinux", "musllinux", "linux_")):
        return "linux"
    if text.startswith("macosx_"):
        return "macos"
    return "windows" if text in ("win32", "win_amd64", "win_arm64") else ""
