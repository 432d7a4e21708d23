"""FlashAttention: its kernel against an exact mean and double precision, on a GPU."""

from ._torch.attention import prove_attention
from ._torch.family import begin, prove_each
from ._verdicts import Failure, Skipped


def check(session):
    flash_attn, torch, devices = begin(session, "flash_attn")
    if devices[0].label.split(":")[0] not in ("cuda", "rocm"):
        with session.check("compute"):
            raise Skipped("FlashAttention computes on a CUDA or ROCm GPU alone, and PyTorch sees none here")

    def attend(query, key, value, causal):
        return flash_attn.flash_attn_func(query, key, value, causal=causal)

    def prove(device, note):
        check_capability(torch, device)
        return prove_attention(torch, device, note, attend)

    prove_each(session, devices, "compute", prove)


def check_capability(torch, device):
    if device.label.startswith("cuda") and torch.cuda.get_device_capability(device.name)[0] < 8:
        major, minor = torch.cuda.get_device_capability(device.name)
        text = f"{device.label} has compute capability {major}.{minor}, and FlashAttention 2 needs 8.0"
        raise Failure("device-unsupported", text)
