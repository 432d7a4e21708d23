"""vLLM: two of its own compiled operations against double precision, on the device it was built for."""

import os

from ._torch.devices import check_place
from ._torch.family import begin, compare_norm, limit_of, prove_each
from ._verdicts import Failure, Skipped
from ._words import describe

TOKENS, WIDTH, EPSILON = 8, 256, 1e-6


def check(session):
    os.environ.update(VLLM_NO_USAGE_STATS="1", DO_NOT_TRACK="1", VLLM_DO_NOT_TRACK="1")
    _, torch, devices = begin(session, "vllm", partners=("torchvision", "torchaudio"))
    with session.check("library") as note:
        built = load_operations(torch, devices)
        note.detail = f"its operations for {built} are loaded"
    prove_each(session, devices, "compute", lambda device, note: prove_operations(torch, device, note))


def load_operations(torch, devices):
    """The kind of device that this vLLM works for; :class:`Failure` where its operations are not there."""
    from vllm.platforms import current_platform

    kind = str(getattr(current_platform, "device_type", "") or "")
    here = devices[0].name.split(":")[0]
    if here == "cpu" and kind != "cpu":
        raise Skipped("this vLLM is built for a GPU and PyTorch sees none here: it was imported")
    if kind != here:
        raise Failure("wrong-device", f"vLLM works for {kind or 'no device'}, and PyTorch for {here}")
    try:
        from vllm import _custom_ops
    except ImportError as error:
        raise Failure("binary-mismatch", f"vLLM's compiled operations do not load: {describe(error)}") from error
    missing = [name for name in ("rms_norm", "silu_and_mul") if not hasattr(torch.ops._C, name)]  # noqa: SLF001
    if missing or not hasattr(_custom_ops, "rms_norm"):
        text = f"vLLM's compiled part lacks {', '.join(missing) or 'rms_norm'}: it did not load beside torch"
        raise Failure("binary-mismatch", f"{text} {torch.__version__}")
    return kind


def prove_operations(torch, device, note):
    from vllm import _custom_ops

    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(TOKENS, WIDTH, generator=generator)
    weight = torch.randn(WIDTH, generator=generator)
    out = torch.empty(TOKENS, WIDTH, device=device.name)
    _custom_ops.rms_norm(out, numbers.to(device.name), weight.to(device.name), EPSILON)
    check_place(device, out)
    exact = numbers.double() / (numbers.double().pow(2).mean(-1, keepdim=True) + EPSILON).sqrt() * weight.double()
    norm = compare_norm(out, exact, limit_of(device), "rms_norm", note)
    half = torch.empty(TOKENS, WIDTH // 2, device=device.name)
    torch.ops._C.silu_and_mul(half, numbers.to(device.name))  # noqa: SLF001
    gate, other = numbers.double().chunk(2, dim=-1)
    gated = compare_norm(half, gate / (1 + (-gate).exp()) * other, limit_of(device), "silu_and_mul", note)
    note.measured["norm"] = max(norm, gated)
    return f"rms_norm and silu_and_mul agree with double precision to {max(norm, gated):.1e}"
