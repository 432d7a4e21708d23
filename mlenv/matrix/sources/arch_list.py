"""The list behind ``torch.cuda.get_arch_list()``, found in torch's library of Python bindings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlenv.matrix.sources.byte_stream import ByteStream
from mlenv.matrix.sources.fatbin import UnreadableCodeError

LIBRARY = re.compile(r"torch/lib/(?:lib)?torch_python\.(?:so|dll)")
# \0sm_75 sm_80 sm_86 sm_90 sm_100 sm_120\0
# ...std::string ipc_hsm_70 sm_75 sm_80\0
# A list ends its string.  It begins it too, or stands right behind a constant that has no end of
# its own: compilers load pieces of other strings from there.  Prose would have a space before it.
_CODE = rb"(?:(?:sm|compute)_[0-9]{2,3}[af]?|gfx[0-9a-f]{3,4})"
_LIST = rb"[^ ](?P<several>" + _CODE + rb"(?: " + _CODE + rb")+)\0"
_ONE = rb"\0(?P<one>" + _CODE + rb")\0"
# Builds without CUDA or ROCm lack the function that hands the list to Python.
_FUNCTION = rb"(?P<function>_cuda_getArchFlags)\0"
_MARK = re.compile(b"|".join((_LIST, _ONE, _FUNCTION)), re.DOTALL)


def read_arch_list(chunks: Iterator[bytes]) -> tuple[str, ...]:
    """The codes (``sm_90``, ``compute_120``, ``gfx90a``) that torch was built for, in its order.

    Reading stops where they are found; empty for a build without GPU code.
    :class:`UnreadableCodeError` where the library has the function and not one plain list.
    """
    stream = ByteStream(chunks)
    found: dict[str, set[bytes]] = {"several": set(), "one": set(), "function": set()}
    while mark := stream.find(_MARK):
        match = _MARK.match(mark)
        assert match is not None
        kind = match.lastgroup or ""
        found[kind].add(match.group(kind))
        if found["several"] and found["function"]:
            break
        stream.skip(len(mark) - 1)
    if not found["function"]:
        return ()
    return _only(found["several"] or found["one"])


def _only(lists: set[bytes]) -> tuple[str, ...]:
    if len(lists) != 1:
        raise UnreadableCodeError(f"torch's list of GPU code is one of {len(lists)} texts")
    (text,) = lists
    return tuple(text.decode("ascii").split())
