"""Transformers: tiny models with random weights, against their own copies in double precision.

Nothing is downloaded: the models are made from configurations.
"""

from ._common import is_there
from ._torch.devices import check_place, find_devices
from ._torch.family import compare_list, compare_norm, import_beside, limit_of, prove_each
from ._verdicts import Skipped

SIZES = {
    "vocab_size": 128,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}
TOKENS = [[(7 * i) % 128 for i in range(16)]]
WRITTEN = 12


def check(session):
    transformers = import_beside(session, "transformers")
    if not is_there("torch"):
        with session.check("compute"):
            raise Skipped("no model can run: PyTorch is not installed in this environment")
    import torch

    with session.check("device") as note:
        devices = find_devices(torch, session, note)
    prove_each(session, devices, "compute", lambda device, note: prove_bert(transformers, torch, device, note))
    if session.reaches("standard"):
        prove_each(session, devices, "generate", lambda device, _: prove_words(transformers, torch, device))


def prove_bert(transformers, torch, device, note):
    torch.manual_seed(0)
    model = transformers.BertModel(transformers.BertConfig(**SIZES)).eval()
    tokens = torch.tensor(TOKENS)
    with torch.no_grad():
        found = model.to(device.name)(tokens.to(device.name)).last_hidden_state
        check_place(device, found)
        found = found.to("cpu")
        exact = model.to("cpu").double()(tokens).last_hidden_state
    error = compare_norm(found, exact, limit_of(device), "a tiny BERT", note)
    return f"a tiny BERT agrees with double precision to {error:.1e}"


def prove_words(transformers, torch, device):
    """A tiny Llama writes the same words with its cache, without it, and in double precision on the CPU."""
    torch.manual_seed(0)
    settings = transformers.LlamaConfig(num_key_value_heads=1, pad_token_id=0, bos_token_id=1, eos_token_id=2, **SIZES)
    model = transformers.LlamaForCausalLM(settings).eval().to(device.name)
    first, again = (write(torch, model, device.name, cached) for cached in (True, False))
    check_place(device, first)
    slow = write(torch, model.to("cpu").double(), "cpu", False)
    compare_list(again.tolist(), first.tolist(), "a tiny Llama without its cache")
    compare_list(first.tolist(), slow.tolist(), "a tiny Llama in single precision")
    return f"a tiny Llama writes the same {WRITTEN} tokens with and without its cache, and in double precision"


def write(torch, model, place, cached):
    """What the model writes after the prompt, the likeliest token each time."""
    tokens = torch.tensor(TOKENS, device=place)
    settings = {"max_new_tokens": WRITTEN, "min_new_tokens": WRITTEN, "do_sample": False, "use_cache": cached}
    with torch.no_grad():
        return model.generate(tokens, attention_mask=torch.ones_like(tokens), **settings)
