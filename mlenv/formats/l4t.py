"""NVIDIA Jetson Linux (Linux for Tegra, L4T): the files that name the release and the board."""

from __future__ import annotations

from mlenv.facts.pattern import lazy

_LONGEST_LINE = 1000
_RELEASE = lazy(r"#\s{0,4}R(\d{1,4})\s*\(release\),\s*REVISION:\s*(\d{1,4}(?:\.\d{1,4}){0,3})")
_CHIP = lazy(r"nvidia,(tegra\d{2,4})")
_MOUNT_KINDS = ("dev", "dir", "lib", "sym")
_PACKAGE_VERSION = lazy(r"\d{1,4}(?:\.\d{1,4}){1,3}")


# > # R36 (release), REVISION: 4.0, GCID: 37537400, BOARD: generic, EABI: aarch64, DATE: Fri Sep 13
# > TARGET_USERSPACE_LIB_DIR=nvidia
def parse_tegra_release(text: str) -> str | None:
    """The release that /etc/nv_tegra_release names, ``36.4.0``."""
    for line in text.splitlines():
        match = _RELEASE.match(line[:_LONGEST_LINE])
        if match:
            return f"{match[1]}.{match[2]}"
    return None


# nvidia,p3737-0000+p3701-0000\0nvidia,p3701-0000\0nvidia,tegra234\0
def parse_compatible(text: str) -> str | None:
    """The chip of a device tree's list of compatible boards and chips, ``tegra234``; the last one is the chip."""
    found = (_CHIP.fullmatch(name) for name in text.replace("\0", "\n").splitlines())
    chips = [match[1] for match in found if match]
    return chips[-1] if chips else None


# dev, /dev/nvhost-gpu
# lib, /usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1.1
# sym, /usr/lib/aarch64-linux-gnu/nvidia/libgstnvcustomhelper.so
def parse_mount_list(text: str) -> tuple[tuple[str, str], ...]:
    """Kind and path of what NVIDIA's container runtime takes from a Jetson into containers."""
    pairs = (line.partition(",") for line in text.splitlines())
    found = ((kind.strip(), path.strip()) for kind, comma, path in pairs if comma)
    return tuple((kind, path) for kind, path in found if kind in _MOUNT_KINDS and path)


# 36.4.0-20240912212859 ; 6.1+b123
def plain_version(text: str) -> str | None:
    """The version of one of NVIDIA's packages without the number of its build."""
    match = _PACKAGE_VERSION.match(text)
    return match[0] if match else None


# > Package: nvidia-jetpack
# > Status: install ok installed
# > Architecture: arm64
# > Version: 6.1+b123
def find_package(status: str, name: str) -> str | None:
    """The version of an installed package in dpkg's list, None where it is not installed."""
    text = f"\n{status}"
    start = text.find(f"\nPackage: {name}\n")
    if start < 0:
        return None
    end = text.find("\n\n", start + 1)
    paragraph = text[start + 1 : end if end >= 0 else len(text)]
    pairs = (line.partition(": ") for line in paragraph.splitlines())
    fields = {key: value.strip() for key, colon, value in pairs if colon}
    return fields.get("Version") if fields.get("Status", "").endswith(" installed") else None
