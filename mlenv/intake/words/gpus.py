"""GPUs in the words of programs and people."""

from __future__ import annotations

import msgspec

from mlenv.facts.gpu import Gpu, MigInstance, Vendor
from mlenv.facts.pattern import lazy
from mlenv.intake.words.sizes import as_bytes

MOST = 64
"""GPUs that one value may name."""

_NVIDIA = lazy(
    r"(?i)\b(?:nvidia|geforce|gtx|rtx|quadro|tesla|titan|grid|jetson|orin|xavier|tegra|cmp|nvs|"
    r"(?:gt|gts) ?\d{3,4}m?|[vp]100|p40|p4|k[248]0m?|m[46]0|t4g?|t[1246]000?|a(?:2|10g?|16|30|40|100|800"
    r"|[2456]000|4500|5500)|"
    r"l(?:4|20|40s?)|h(?:20|100|200|800)|g?b(?:100|200|300)|gh200|gb10|mx ?[1-5][1-9]0|"
    r"(?:10[5-8]0|16[56]0|20[5-8]0|30[5-9]0|40[5-9]0|50[5-9]0)(?: ?ti| ?super)?)(?![\w.])"
)
_AMD = lazy(
    r"(?i)\b(?:amd(?! (?:ryzen|epyc|threadripper)\b(?!.{0,40}(?:gpu|graphics)))|radeon|instinct|ati"
    r"|mi ?(?:50|60|100|210|250x?|300[ax]?|325x|350x|355x)|rx ?\d{3,4}|"
    r"ryzen(?=.{0,40}(?:gpu|graphics))|vega|navi ?\d*|firepro|gfx[1-9][0-9a-f]{2,4}|strix halo|w[67][0-9]00)\b"
)
_INTEL = lazy(
    r"(?i)\b(?:intel|arc|iris|u?hd graphics|ponte vecchio|data center gpu|flex 1[47]0|battlemage|xe graphics)\b"
)
_APPLE = lazy(r"(?i)\bapple\b|\bm[1-5](?: (?:pro|max|ultra))?\b(?! ?0)")
_TPU = lazy(r"(?i)\btpu\b")
_GFX = lazy(r"\bgfx[1-9][0-9a-f]{2,4}\b")
_CAPABILITY = lazy(r"(?i)(?:compute capability|capability|\bcc|\bsm_?)[\s:=]{0,3}(\d{1,2})\.?(\d)\b")
_COUNT = lazy(
    r"(?i)(?:^|[\s(,])(?P<before>\d{1,2})\s{0,2}(?:x|\*)\s{0,2}(?=[A-Za-z])|[\s(](?:x"
    r"|\*)\s{0,2}(?P<after>\d{1,2})(?=$|[\s),])"
)
_MEMORY = lazy(
    r"(?i)(?:[\s,(/:]|^)(?P<number>\d{1,6}(?:[.,]\d{1,3})?)\s?(?P<unit>[GMT])(?:i?B|b)?(?:\s?(?:of )?v?ram|\s?memory)?"
    r"(?=$|[\s),;/.])(?! (?:HBM|PCIe|SXM))"
)
_PARENTHESIS = lazy(r"\s{0,2}[(\[](?P<inside>[^()\[\]]{0,200})[)\]]")
_SPLIT = lazy(r"\s{0,3}(?:,|;|\n|<br ?/?>|\s\+\s|\s\|\s|\band\b|&|\s/\s)\s{0,3}")
_PROFILE = lazy(r"\b(\d{1,2}g\.\d{1,3}gb(?:\+me)?)\b(?:\s?(?:x|\*)\s?(\d{1,2}))?")
_NOISE = lazy(r"(?i)^(?:gpu|device|cuda|model|card|name)?\s?#?\d{0,2}\s?[:=]\s{0,3}|^(?:gpu|card|dgpu|igpu)\s(?=\w)")
_OTHER = lazy(
    r"(?i)nvidia-smi|\bdriver|\bcuda (?:version|toolkit|v?\d)|\bcudnn|\bcore\(tm\)|\bxeon|\bi[3579]-|\bepyc"
    r"|\bcpu @"
)
_NO_GPU = lazy(r"(?i)\b(?:no|without|none|cpu only|cpu-only)\b")


def vendor_in(name: str) -> Vendor | None:
    """Whose GPU a name is of, None where it is not told."""
    if _TPU.search(name):
        return "google"
    if _NVIDIA.search(name) and not _named(name, "amd", "radeon", "intel"):
        return "nvidia"
    if _AMD.search(name):
        return "amd"
    if _INTEL.search(name):
        return "intel"
    if _NVIDIA.search(name):
        return "nvidia"
    return "apple" if _APPLE.search(name) else None


def _named(name: str, *words: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in words)


def is_integrated(vendor: Vendor, name: str, gfx: str | None = None) -> bool | None:
    """Whether a GPU shares the main memory, where name or target make that certain."""
    lowered = name.lower().replace("(tm)", "").replace("(r)", "")
    if vendor == "apple":
        return True
    if vendor == "nvidia":
        return _named(lowered, "jetson", "orin", "xavier", "tegra", "thor", "gb10", "nvgpu")
    if vendor == "amd":
        return _is_amd_integrated(lowered, gfx)
    if vendor == "intel":
        return _is_intel_integrated(lowered)
    return None


_AMD_INTEGRATED = lazy(
    r"igpu|apu\b|ryzen|radeon(?: vega)? ?\d{0,2} graphics$|radeon graphics|radeon (?:6[0-9]0|7[0-9]0"
    r"|8[0-9]0)m\b|80[456]0s|"
    r"raphael|rembrandt|phoenix|cezanne|renoir|lucienne|picasso|raven|barcelo|granite ridge|strix|integrated"
)
_AMD_TARGETS = {
    *("gfx902", "gfx90c", "gfx1013", "gfx1033", "gfx1035", "gfx1036"),
    *("gfx1037", "gfx1103", "gfx1150", "gfx1151", "gfx1152"),
}
_AMD_CARD = lazy(
    r"\brx ?\d|instinct|\bmi ?\d{2,3}|radeon pro|firepro|\bw\d{4}|radeon vii|discrete|dgpu|vega (?:56|64"
    r"|frontier)"
)


def _is_amd_integrated(name: str, gfx: str | None) -> bool | None:
    if gfx in _AMD_TARGETS:
        return True
    if _AMD_CARD.search(name):
        return False
    return True if _AMD_INTEGRATED.search(name) else None


def _is_intel_integrated(name: str) -> bool | None:
    words = name.replace("-", " ").split()
    card = any(word[:1] in "ab" and word[1:4].isdigit() for word in words)
    if card or _named(name, "data center", "flex", "max 1", "ponte"):
        return False
    shared = _named(name, "uhd", "iris", "hd graphics", "arc graphics", "arc 1", "integrated", "xe graphics")
    return True if shared else None


def gpu_named(name: str, **known: object) -> Gpu | None:
    """A GPU under the name that a program printed, with what the name makes certain; None for no vendor."""
    text = " ".join(name.split())[:200]
    vendor = vendor_in(text)
    if vendor is None:
        return None
    target = _GFX.search(text)
    gfx = target[0] if target and vendor == "amd" else None
    if target:
        text = text[: target.start()].rstrip(" (:,[") or text
    gpu = Gpu(vendor=vendor, name=text, gfx=gfx, integrated=is_integrated(vendor, name, gfx))
    return msgspec.structs.replace(gpu, **{key: value for key, value in known.items() if value is not None})


def gpus_in(text: str) -> tuple[Gpu, ...]:
    """The GPUs that people's words name: ``2x RTX 3090, 24GB``, ``Intel Iris Xe / GTX 1650 (4 GB)``; () for none."""
    found: list[Gpu] = []
    for piece in _SPLIT.split(_inside_commas(text[:2000].replace("(R)", "").replace("(TM)", ""))):
        _add_piece(found, piece.strip(" -*'\"_."))
        if len(found) >= MOST:
            break
    return tuple(found[:MOST])


def _inside_commas(text: str) -> str:
    """The text with the commas inside of parentheses taken out: what stands there is of one GPU."""
    return _PARENTHESIS.sub(lambda match: match[0].replace(",", " ").replace(";", " "), text)


def _add_piece(found: list[Gpu], piece: str) -> None:
    """A piece is one more GPU, or says something of the one before."""
    if not piece or _OTHER.search(piece):
        return
    size = _MEMORY.search(piece)
    gpu = _read_piece(piece)
    if gpu is None and found and size and found[-1].memory_bytes is None:
        memory = as_bytes(size["number"], size["unit"])
        found[:] = [msgspec.structs.replace(row, memory_bytes=memory) if row == found[-1] else row for row in found]
    if gpu is not None:
        count = _COUNT.search(piece)
        number = int(count["before"] or count["after"]) if count else 1
        found.extend([gpu] * max(1, min(number, MOST)))


def _read_piece(piece: str) -> Gpu | None:
    if _NO_GPU.search(piece[:40]) or vendor_in(piece) is None:
        return None
    size, profile = _MEMORY.search(piece), _PROFILE.search(piece)
    capability, target = _CAPABILITY.search(piece), _GFX.search(piece)
    gfx = target[0] if target else None
    name = _bare_name(piece)
    return gpu_named(
        name or piece,
        vendor=vendor_in(piece),
        gfx=gfx,
        integrated=is_integrated(vendor_in(piece) or "nvidia", piece, gfx),
        memory_bytes=as_bytes(size["number"], size["unit"]) if size else None,
        compute_capability=f"{int(capability[1])}.{capability[2]}" if capability else None,
        mig=True if profile else None,
    ) or Gpu(vendor=vendor_in(piece) or "nvidia", name=name or None)


def _bare_name(piece: str) -> str:
    """The name without counts, sizes and remarks in parentheses."""
    text = _COUNT.sub(" ", _NOISE.sub("", piece))
    for match in list(_PARENTHESIS.finditer(text)):
        if vendor_in(match["inside"]) is None or vendor_in(text[: match.start()]) is not None:
            text = text.replace(match[0], " ") if not _is_part_of_name(match["inside"]) else text
    size = _MEMORY.search(text)
    if size and vendor_in(text[: size.start()]):
        text = text[: size.start()] + " " + text[size.end() :]
    return " ".join(text.split()).strip(" -,:;.")


def _is_part_of_name(inside: str) -> bool:
    """``TITAN X (Pascal)``."""
    return inside.strip().lower() in ("pascal", "maxwell", "r", "tm")


def mig_instances_in(text: str) -> tuple[MigInstance, ...]:
    """The MIG devices that words such as ``3g.40gb x2`` name."""
    found: list[MigInstance] = []
    for match in _PROFILE.finditer(text[:2000]):
        found += [MigInstance(profile=match[1])] * max(1, min(int(match[2] or 1), MOST))
    return tuple(found[:MOST])
