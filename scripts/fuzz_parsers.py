#!/usr/bin/env python3
"""Feed mutated inputs to every parser of the probe and the formats, guided by coverage.

usage: uv run --with atheris scripts/fuzz_parsers.py [--seconds N] [--seeds DIR]... [--large MEGABYTES]

A parser takes any text and never raises; the first exception ends the run with status 1 and a file
``crash-*`` that holds the input.  Each seed is kept for the parsers that find something in it, so
real outputs (``--seeds``, such as a folder of recordings) make the search far deeper.  The first two
bytes of an input choose the parser.

`--large` gives every parser texts of that size instead, of lines that repeat, and prints what takes
longer than ten seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["mlenv"]):
    from tests.unit.parsers import Parser, label, parsers

    PARSERS: list[tuple[Parser, type]] = [(parser, kind) for kind in (str, bytes) for parser in parsers(kind)]

LARGEST_SEED = 200_000


def take(data: bytes) -> None:
    """One input: its parser, and what that is given."""
    if len(data) < 2:
        return
    parser, kind = PARSERS[int.from_bytes(data[:2], "big") % len(PARSERS)]
    given = data[2:] if kind is bytes else data[2:].decode("utf-8", "replace")
    hash(repr(parser(given)))


def write_seeds(folders: list[Path], target: Path) -> int:
    """An input for each parser that finds something in a file; how many there are."""
    count = 0
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        data = path.read_bytes()[:LARGEST_SEED]
        for place, (parser, kind) in enumerate(PARSERS):
            if parser(data if kind is bytes else data.decode("utf-8", "replace")):
                (target / f"{count:06d}").write_bytes(place.to_bytes(2, "big") + data)
                count += 1
    return count


REPEATED = ("0123456789 : MiB | GPU-00000000\n", "\n", "<gpu id='0'><name>", '{"card0": {"a": [')
MEGABYTE = 1024 * 1024
SLOW = 10.0


def feed_large(megabytes: int) -> None:
    """Every parser, on texts of one size."""
    for words in REPEATED:
        text = words * (megabytes * MEGABYTE // len(words))
        data = text.encode()
        for parser, kind in PARSERS:
            begin = time.monotonic()
            parser(data if kind is bytes else text)
            seconds = time.monotonic() - begin
            if seconds > SLOW:
                sys.stderr.write(f"{label(parser)}: {seconds:.0f} s for {megabytes} MB of {words!r}\n")
    sys.stderr.write(f"{len(PARSERS)} parsers took {len(REPEATED)} texts of {megabytes} MB\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=600)
    options.add_argument("--seeds", type=Path, action="append", default=[], metavar="DIR")
    options.add_argument("--large", type=int, default=0, metavar="MEGABYTES")
    asked = options.parse_args()
    if asked.large:
        feed_large(asked.large)
        return
    corpus = Path(tempfile.mkdtemp(prefix="mlenv-fuzz-"))
    seeds = write_seeds(asked.seeds, corpus)
    names = ", ".join(sorted(label(parser) for parser, _ in PARSERS))
    sys.stderr.write(f"{len(PARSERS)} parsers, {seeds} seeds: {names}\n")
    limits = [f"-max_total_time={asked.seconds}", "-max_len=200000", "-timeout=20", "-rss_limit_mb=4096"]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
