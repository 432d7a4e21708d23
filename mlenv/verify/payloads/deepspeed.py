"""DeepSpeed: a layer in tiles that is exact; then an engine of one process makes two exact steps."""

import contextlib
import os
import socket

from ._torch import line
from ._torch.devices import check_place
from ._torch.family import begin, compare_list, prove_each

WEIGHT = [[(3 * i + 5 * j) % 7 - 3 for j in range(8)] for i in range(6)]
INPUT = [[(i + 2 * j) % 5 - 2 for j in range(8)] for i in range(4)]


def check(session):
    deepspeed, torch, devices = begin(session, "deepspeed")
    prove_each(session, devices, "compute", lambda device, _: prove_tiles(torch, device))
    if session.reaches("standard"):
        with session.check("operations", vital=False) as note:
            note.detail = name_operations(torch, devices, note)
        prove_each(session, devices[:1], "train", lambda device, _: prove_engine(deepspeed, torch, device))


def prove_tiles(torch, device):
    """A layer cut into two by three tiles is the layer."""
    from deepspeed.runtime.zero.tiling import TiledLinear

    layer = torch.nn.Linear(8, 6, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(WEIGHT, dtype=torch.float32))
    tiled = TiledLinear(8, 6, bias=False, in_splits=2, out_splits=3)
    tiled.copy_params_from(layer)
    found = tiled.to(device.name)(torch.tensor(INPUT, dtype=torch.float32, device=device.name))
    check_place(device, found)
    expected = [[sum(a * b for a, b in zip(row, weights)) for weights in WEIGHT] for row in INPUT]
    compare_list(found.detach().cpu().tolist(), expected, "a layer in tiles")
    return "a layer in 2 by 3 tiles is exact"


def name_operations(torch, devices, note):
    """Which compiled operations the package brings, and whether the others can be compiled when used."""
    from deepspeed.git_version_info import installed_ops

    built = sorted(name for name, there in installed_ops.items() if there)
    text = f"built in: {', '.join(built) or 'none'}; the others are compiled at their first use"
    from torch.utils.cpp_extension import CUDA_HOME, ROCM_HOME

    place = {"cuda": CUDA_HOME, "rocm": ROCM_HOME}.get(devices[0].label.split(":")[0], "")
    if place is None:
        note.status, note.reason = "warn", "compiler-missing"
        wanted = "nvcc of CUDA " + str(torch.version.cuda) if torch.version.cuda else "hipcc"
        text += f", which needs {wanted}, and it is not here (CUDA_HOME is not set)"
    return text


def prove_engine(deepspeed, torch, device):
    """Two steps in an engine of one process, without any compiled operation."""
    model = line.make_line(torch)
    optimizer = torch.optim.SGD(model.parameters(), lr=line.RATE)
    settings = {
        "train_batch_size": 2,
        "train_micro_batch_size_per_gpu": 2,
        "gradient_clipping": 0.0,
        "steps_per_print": 1000,
    }
    leave_uncompiled(deepspeed)
    losses = []
    with one_process(deepspeed, torch, device):
        engine = deepspeed.initialize(model=model, optimizer=optimizer, config=settings)[0]
        for _ in range(2):
            inputs, targets = (part.to(engine.device) for part in line.make_batch(torch))
            losses.append(line.find_loss(engine(inputs), targets))
            engine.backward(losses[-1])
            engine.step()
        line.check_line(device, engine.module.weight, losses, "two steps of an engine")
    return "two steps of an engine of one process are exact"


def leave_uncompiled(deepspeed):
    """On the CPU its processes share memory through an operation that takes minutes to compile, and is an extra."""
    compatible = getattr(deepspeed.ops, "__compatible_ops__", None)
    if compatible is not None:
        compatible["deepspeed_shm_comm"] = False


@contextlib.contextmanager
def one_process(deepspeed, torch, device):
    """A group of this process alone, on this computer alone, which is left at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rank = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ.update(rank)
    try:
        backend = "nccl" if device.label.startswith(("cuda", "rocm")) else "gloo"
        deepspeed.init_distributed(dist_backend=backend, auto_mpi_discovery=False, verbose=False)
        yield
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
