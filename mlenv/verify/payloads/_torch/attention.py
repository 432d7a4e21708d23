"""Attention against numbers of its own: an exact mean, and double precision on the CPU."""

from .devices import check_place
from .family import compare_list, compare_norm

TOKENS, HEADS, WIDTH = 64, 2, 64
# float16 products with sums in float32 differ by some 5e-4.
HALF_ERROR = 5e-3


def prove_attention(torch, device, note, attend):
    """A sentence of what was proved of ``attend(query, key, value, causal)`` in float16.

    Shapes are (batch, tokens, heads, width).
    """
    prove_mean(torch, device, attend)
    generator = torch.Generator().manual_seed(0)
    shape = (1, TOKENS, HEADS, WIDTH)
    parts = [torch.randn(shape, generator=generator).half() for _ in range(3)]
    worst = 0.0
    for causal in (False, True):
        found = attend(*(part.to(device.name) for part in parts), causal)
        check_place(device, found)
        words = "causal attention" if causal else "attention"
        worst = max(worst, compare_norm(found, find_reference(torch, *parts, causal), HALF_ERROR, words, note))
    note.measured["norm"] = worst
    return f"a mean over {TOKENS} tokens exact; attention and causal attention in float16 within {worst:.1e}"


def prove_mean(torch, device, attend):
    """Where every query is 0 all tokens count alike: the mean of whole numbers, exact over 64 of them."""
    value = (torch.arange(TOKENS * HEADS * WIDTH).reshape(1, TOKENS, HEADS, WIDTH) % 3 - 1).half()
    query = torch.zeros_like(value)
    found = attend(query.to(device.name), value.to(device.name), value.to(device.name), False)
    check_place(device, found)
    exact = value.double().mean(dim=1, keepdim=True).expand(value.shape)
    compare_list(found.cpu().double().tolist(), exact.tolist(), "attention with queries of 0")


def find_reference(torch, query, key, value, causal):
    """Softmax of scaled products times values, in double precision."""
    query, key, value = (part.double().transpose(1, 2) for part in (query, key, value))
    scores = query @ key.transpose(2, 3) / WIDTH**0.5
    if causal:
        hidden = torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden, float("-inf"))
    return (torch.softmax(scores, dim=-1) @ value).transpose(1, 2)
