"""Triton: a kernel that adds whole numbers on each GPU; without one, the same kernel is compiled."""

from ._common import is_there
from ._torch.companions import find_mismatches
from ._torch.devices import check_place, find_devices
from ._torch.family import compare_list, prove_each
from ._verdicts import Failure, Skipped
from ._words import tidy

SIZE, BLOCK = 1000, 256


def check(session):
    triton = session.import_modules("triton", "triton.language")
    if not is_there("torch"):
        with session.check("compute"):
            raise Skipped("Triton was only imported: its kernels take PyTorch's tensors, which is not installed")
    import torch

    with session.check("companions", vital=False) as note:
        note.detail = compare_torch(session)
    with session.check("device") as note:
        devices = find_devices(torch, session, note)
    if devices[0].label.split(":")[0] in ("cuda", "rocm", "xpu"):
        prove_each(session, devices, "compute", lambda device, _: prove_sum(triton, torch, device))
        return
    with session.check("compute", vital=False):
        raise Skipped("Triton's kernels run on a GPU alone, and PyTorch sees none here: it was imported")
    if session.reaches("standard"):
        with session.check("compile", vital=False) as note:
            note.detail = prove_compiler(triton)


def compare_torch(session):
    """PyTorch asks for one exact Triton, and not the other way round."""
    faults = find_mismatches("torch", (session.distribution,))
    if faults:
        raise Failure("version-mismatch", "; ".join(faults))
    return f"{session.distribution} {session.version} is not against what PyTorch asks for"


def make_kernel(triton):
    # A kernel finds this name among those of its module.
    global tl
    import triton.language as tl

    @triton.jit
    def add_kernel(left, right, out, size, BLOCK: tl.constexpr):  # noqa: N803
        places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        inside = places < size
        total = tl.load(left + places, mask=inside) + tl.load(right + places, mask=inside)
        tl.store(out + places, total, mask=inside)

    return add_kernel


def prove_sum(triton, torch, device):
    """More than one block, and the last one not full."""
    left = torch.arange(SIZE, dtype=torch.int32, device=device.name)
    right = 7 * left - 3
    out = torch.full((BLOCK * 4,), -1, dtype=torch.int32, device=device.name)
    kind = getattr(torch, device.name.split(":")[0])
    with kind.device(device.name):
        make_kernel(triton)[(4,)](left, right, out, SIZE, BLOCK=BLOCK)
        kind.synchronize()
    check_place(device, out)
    expected = [8 * i - 3 for i in range(SIZE)] + [-1] * (BLOCK * 4 - SIZE)
    compare_list(out.cpu().tolist(), expected, "a kernel that adds whole numbers")
    return f"a compiled kernel adds {SIZE} whole numbers exactly and leaves the rest alone"


def prove_compiler(triton):
    """The kernel as machine code for compute capability 8.0, which needs no GPU."""
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    types = {"left": "*i32", "right": "*i32", "out": "*i32", "size": "i32", "BLOCK": "constexpr"}
    source = ASTSource(make_kernel(triton), types, {"BLOCK": BLOCK})
    code = triton.compile(source, target=GPUTarget("cuda", 80, 32)).asm
    text = code["ptx"] if isinstance(code["ptx"], str) else code["ptx"].decode()
    missing = [word for word in (".target sm_80", "add_kernel", "add.s32") if word not in text]
    if missing or code["cubin"][:4] != b"\x7fELF":
        raise Failure("wrong-code", tidy(f"the compiled kernel lacks {missing}, and begins {code['cubin'][:4]!r}"))
    return f"a kernel was compiled to {len(code['cubin'])} bytes for compute capability 8.0; it did not run"
