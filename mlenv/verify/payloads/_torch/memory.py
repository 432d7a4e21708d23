"""The memory of a GPU: written with patterns and read back, compared on the GPU itself."""

import time

from .._verdicts import Failure, Skipped
from .card import current, free_bytes, kind_of, label_card, module_of, wait

SHARE = 0.8  # of the free memory
CHUNK = 256 * 2**20
LEAST = 2**20
ROOM = 32  # chunks in the free memory at least: the comparison needs several beside those under test
WORD = 8
SECONDS = 60.0
CONSTANTS = (("0x00", 0x00), ("0xFF", 0xFF), ("0xAA", 0xAA), ("0x55", 0x55))


def check(torch, session, device):
    """The check ``memory``."""
    with session.check("memory", device.label, vital=False) as note, current(torch, device):
        if kind_of(device) in ("cpu", "mps"):
            raise Skipped("main memory is not tested: the system moves its pages about")
        try:
            examine(torch, device, note)
        finally:
            module_of(torch, device).empty_cache()


def examine(torch, device, note):
    began = time.perf_counter()
    chunks = take_chunks(torch, device)
    done, wrong = [], []
    for name, make in list_patterns(torch, device):
        if done and time.perf_counter() - began > SECONDS:
            break
        wrong += write_and_compare(torch, device, chunks, name, make)
        done.append(name)
    size = sum(chunk.numel() for chunk in chunks) * WORD
    note.measured = {"tested_gib": size / 2**30, "patterns": ", ".join(done), "wrong_words": sum(w[0] for w in wrong)}
    label_card(torch, device, note)
    if wrong:
        raise Failure("memory-fault", f"memory of {device.label} does not keep what is written: {wrong[0][1]}")
    note.detail = f"{size / 2**30:.3g} GiB kept the patterns {', '.join(done)}"


def take_chunks(torch, device):
    """As many tensors as fill the share of the free memory, or what is to be had of it."""
    free = free_bytes(torch, device)
    if free is None:
        raise Skipped("how much of its memory is free cannot be asked for")
    if free < LEAST:
        raise Skipped("too little of its memory is free")
    words = min(CHUNK, free // ROOM) // WORD
    chunks = []
    for _ in range(int(free * SHARE) // (words * WORD)):
        chunk = take_chunk(torch, device, words)
        if chunk is None:
            break
        chunks.append(chunk)
    if not chunks:
        raise Skipped("its free memory is in use by somebody else by now, or in small pieces")
    return chunks


def take_chunk(torch, device, words):
    """One tensor, None where the memory is not to be had."""
    try:
        return torch.empty(words, dtype=torch.int64, device=device.name)
    except RuntimeError as error:
        if "memory" not in str(error).lower():
            raise
        return None


def list_patterns(torch, device):
    """Name and maker of each pattern; a maker takes the number of the first word and how many."""
    for name, byte in CONSTANTS:
        yield name, lambda *_, byte=byte: repeat_byte(byte)
    yield "address", lambda first, count: hash_addresses(torch, device, first, count)
    yield "inverse address", lambda first, count: ~hash_addresses(torch, device, first, count)


def repeat_byte(byte):
    """A word of eight equal bytes, as a signed number."""
    return int.from_bytes(bytes([byte]) * WORD, "little", signed=True)


def hash_addresses(torch, device, first, count):
    """A different word for each place: a fault of the addressing brings the wrong one (xorshift64)."""
    words = torch.arange(first + 1, first + 1 + count, dtype=torch.int64, device=device.name)
    words ^= words << 13
    words ^= words >> 7
    words ^= words << 17
    return words


def write_and_compare(torch, device, chunks, name, make):
    """Write all chunks, then read all: (count, words) for each chunk that is not as written."""
    for number, chunk in enumerate(chunks):
        first = number * chunk.numel()
        expected = make(first, chunk.numel())
        chunk.fill_(expected) if isinstance(expected, int) else chunk.copy_(expected)
    wait(torch, device)
    wrong = []
    for number, chunk in enumerate(chunks):
        first = number * chunk.numel()
        unequal = chunk != make(first, chunk.numel())
        count = int(torch.count_nonzero(unequal).item())
        if count:
            wrong.append((count, word_fault(chunk, unequal, first, name, make, count)))
    return wrong


def word_fault(chunk, unequal, first, name, make, count):
    """Where the first wrong word of a chunk lies, and what stands there."""
    place = int(unequal.nonzero()[0].item())
    found, expected = int(chunk[place].item()), make(first, chunk.numel())
    expected = expected if isinstance(expected, int) else int(expected[place].item())
    words = [f"0x{value & (2**64 - 1):016x}" for value in (found, expected)]
    where = (first + place) * WORD / 2**20
    return (
        f"{count} words of one block with the pattern {name}, the first {where:.1f} MiB in: {words[0]} for {words[1]}"
    )
