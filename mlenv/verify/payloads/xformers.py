"""xFormers: the PyTorch that its kernels were built for, then attention on a GPU."""

from ._torch.attention import prove_attention
from ._torch.family import begin, prove_each
from ._verdicts import Failure, Skipped
from ._words import tidy


def check(session):
    _, torch, devices = begin(session, "xformers", "xformers.ops")
    with session.check("library", vital=False) as note:
        note.detail = prove_library(torch)
    if devices[0].label.split(":")[0] not in ("cuda", "rocm"):
        with session.check("compute"):
            raise Skipped("xFormers computes attention on a CUDA or ROCm GPU alone, and PyTorch sees none here")
    prove_each(session, devices, "compute", lambda device, note: prove_attention(torch, device, note, attend))


def prove_library(torch):
    """What the kernels were built for; :class:`Failure` where they did not load beside this PyTorch."""
    from xformers import _cpp_lib

    trouble = getattr(_cpp_lib, "_cpp_library_load_exception", None)
    if trouble is not None:
        text = tidy(trouble).replace(" Memory-efficient attention, SwiGLU, sparse and more won't be available.", "")
        cause = f" ({tidy(trouble.__cause__)[:300]})" if trouble.__cause__ else ""
        raise Failure("binary-mismatch", text + cause)
    build = getattr(_cpp_lib, "_build_metadata", None)
    if build is None:
        raise Skipped("this release does not say what its kernels were built for")
    return f"kernels built for torch {build.torch_version} load beside torch {torch.__version__}"


def attend(query, key, value, causal):
    from xformers import ops

    mask = ops.LowerTriangularMask() if causal else None
    return ops.memory_efficient_attention(query, key, value, attn_bias=mask)
