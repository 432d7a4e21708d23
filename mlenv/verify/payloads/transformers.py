"""Transformers: a tiny model with random weights, against its own copy in double precision.

Nothing is downloaded: the model is made from a configuration.
"""

from ._common import is_there
from ._torch_devices import check_place, find_devices
from ._verdicts import Failure, Skipped

SIZES = {
    "vocab_size": 128,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}
TOKENS = [[(7 * i) % 128 for i in range(16)]]
# Relative error of single precision, and of TF32 where a GPU may use it.
CPU_ERROR, GPU_ERROR = 1e-5, 1.5e-3


def check(session):
    transformers = session.import_modules("transformers")
    if not is_there("torch"):
        with session.check("compute"):
            raise Skipped("no model can run: PyTorch is not installed in this environment")
    import torch

    with session.check("device") as note:
        devices = find_devices(torch, session, note)
    for device in devices:
        with session.check("compute", device.label) as note:
            torch.manual_seed(0)
            model = transformers.BertModel(transformers.BertConfig(**SIZES)).eval()
            error = compare(torch, model, device)
            limit = CPU_ERROR if device.label == "cpu" else GPU_ERROR
            if not error <= limit:
                raise Failure("wrong-number", f"a tiny BERT differs from double precision by {error:.1e}")
            note.detail = f"a tiny BERT agrees with double precision to {error:.1e}"


def compare(torch, model, device):
    """The relative difference between the model on the device and in double precision on the CPU."""
    tokens = torch.tensor(TOKENS)
    with torch.no_grad():
        found = model.to(device.name)(tokens.to(device.name)).last_hidden_state
        check_place(device, found)
        found = found.to("cpu").double()
        exact = model.to("cpu").double()(tokens).last_hidden_state
        return float((found - exact).norm() / exact.norm())
