"""MLX LM: a tiny language model with random weights, which must read on from its cache as it reads at once."""

from ._verdicts import Failure
from .mlx import find_device

TOKENS = [1, 5, 7, 9]
SIZES = {
    "model_type": "llama",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-5,
    "vocab_size": 50,
}
LIMIT = 1e-3  # of a GPU that rounds otherwise for one token than for four


def check(session):
    session.import_modules("mlx_lm")
    import mlx.core as mx

    with session.check("device") as note:
        device, label = find_device(mx, session.asked)
        mx.set_default_device(device)
        note.device, note.detail = label, f"MLX computes on {label}"
    with session.check("compute", label) as note:
        model = make_model(mx)
        error = compare_cache(mx, model)
        compare_prefix(mx, model)
        note.measured = {"error": error}
        note.detail = (
            f"a tiny Llama gives the same from its cache as at once (error {error:.1g}), and does not look ahead"
        )


def make_model(mx):
    from mlx_lm.models.llama import Model, ModelArgs

    mx.random.seed(1)
    return Model(ModelArgs(**SIZES))


def compare_cache(mx, model):
    """The largest difference between reading token by token and reading all at once, by the largest score."""
    from mlx_lm.models.cache import make_prompt_cache

    at_once = model(mx.array([TOKENS]))
    cache = make_prompt_cache(model)
    one_by_one = mx.concatenate([model(mx.array([[token]]), cache=cache) for token in TOKENS], axis=1)
    shape = (1, len(TOKENS), SIZES["vocab_size"])
    if tuple(at_once.shape) != shape:
        raise Failure("wrong-number", f"the scores have shape {tuple(at_once.shape)}, not {shape}")
    error = mx.abs(one_by_one - at_once).max().item() / mx.abs(at_once).max().item()
    if not error <= LIMIT:
        raise Failure("wrong-number", f"reading from the cache differs from reading at once by {error!r}")
    return error


def compare_prefix(mx, model):
    """:class:`Failure` where another last token changes what was said before it, or does not change the last scores."""
    one, other = (model(mx.array([tokens])) for tokens in (TOKENS, [*TOKENS[:-1], 20]))
    size = mx.abs(one).max().item()
    before = mx.abs(one - other)[:, :-1].max().item() / size
    last = mx.abs(one - other)[:, -1].max().item() / size
    if not before <= LIMIT < last:
        raise Failure(
            "wrong-number", f"another last token moves the scores before it by {before!r}, its own by {last!r}"
        )
