"""Collective operations over all GPUs of the machine, else over two processes on the CPU."""

import json
import os
import subprocess
import sys
import time
import uuid

from .._verdicts import Failure, Skipped
from .._words import tidy
from .card import kind_of, module_of, name_card
from .rates import MIB

SECONDS = 120.0
MESSAGE = 256 * MIB
RANK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rank.py")
LOOPBACK = {"linux": "lo", "darwin": "lo0"}
CLUES = (
    ("shm", "; /dev/shm is too small (in containers: --shm-size=1g or --ipc=host)"),
    ("unhandled system error", "; often /dev/shm is too small (in containers: --shm-size=1g or --ipc=host)"),
)


def check(torch, session, devices, python=sys.executable, seconds=SECONDS):
    """The check ``collective``: processes of ``python`` that have ``seconds`` to answer."""
    label = ", ".join(device.label for device in devices) if len(devices) > 1 else "cpu"
    with session.check("collective", label, vital=False) as note:
        backend, places = choose_backend(torch, devices)
        note.device = ", ".join(device.label for device in devices) if backend != "gloo" else "cpu"
        for device in devices:
            if kind_of(device) != "cpu" and hasattr(module_of(torch, device), "empty_cache"):
                module_of(torch, device).empty_cache()
        communicate(python, seconds, backend, places, note)
        if backend != "gloo":
            note.measured["card"] = name_card(torch, devices[0])


def choose_backend(torch, devices):
    """The library that the devices speak through, and PyTorch's name of each process's device."""
    dist = torch.distributed
    if not dist.is_available():
        raise Skipped("this PyTorch is built without torch.distributed")
    names = [device.name for device in devices]
    if len(devices) > 1 and kind_of(devices[0]) in ("cuda", "rocm") and dist.is_nccl_available():
        return "nccl", names
    if len(devices) > 1 and kind_of(devices[0]) == "xpu" and getattr(dist, "is_xccl_available", bool)():
        return "xccl", names
    if not dist.is_gloo_available():
        raise Skipped("this PyTorch is built without gloo, the library for processes on the CPU")
    return "gloo", ["cpu", "cpu"]


def communicate(python, seconds, backend, places, note):
    """Run the processes; where GPUs do not answer, once more without direct copies between them."""
    began = time.perf_counter()
    answers = run_ranks(python, seconds, backend, places, {})
    detour = answers is None and backend == "nccl"
    if detour:
        answers = run_ranks(python, seconds, backend, places, {"NCCL_P2P_DISABLE": "1"})
    if answers is None:
        raise Failure("hung", f"no answer within {seconds:g} s from {len(places)} processes that speak {backend}")
    wrong = next((answer["wrong"] for answer in answers if answer["wrong"]), "")
    if wrong:
        raise Failure("wrong-number", f"{wrong} over {len(places)} processes with {backend} gave wrong whole numbers")
    note.detail = f"all_reduce, broadcast and all_gather exact over {len(places)} processes with {backend}"
    note.measured = {"processes": len(places), "backend": backend, "ran_seconds": time.perf_counter() - began}
    rate = min(answer["busbw_gb_per_s"] for answer in answers)
    if rate:
        note.measured["busbw_gb_per_s"] = rate
        note.detail += f", {rate:.3g} GB/s bus bandwidth"
    if detour:
        note.status, note.reason = "warn", "peer-access"
        note.detail = (
            "the GPUs hang when they copy to each other directly (IOMMU or PCIe ACS is in the way); "
            f"with NCCL_P2P_DISABLE=1: {note.detail}"
        )


def run_ranks(python, seconds, backend, places, extra):
    """What each process found, None where they hang; :class:`Failure` where one ends without an answer."""
    marker = uuid.uuid4().hex
    os.mkdir(marker)
    ranks = [start(python, seconds, marker, backend, places, rank, extra) for rank in range(len(places))]
    try:
        ended = await_all(ranks, seconds)
    finally:
        for rank in ranks:
            if rank.poll() is None:
                rank.kill()
            rank.wait()
    return [read_answer(marker, rank, ranks[rank].returncode) for rank in ended] if ended else None


def start(python, seconds, marker, backend, places, rank, extra):
    """One process; what it prints goes into files of a folder of its own."""
    options = {
        "backend": backend,
        "device": places[rank],
        "rank": rank,
        "world": len(places),
        "meeting": os.path.abspath(os.path.join(marker, "meeting")).replace(os.sep, "/"),
        "bytes": 0 if backend == "gloo" else MESSAGE,
        "timeout": seconds + 10,
        "marker": marker,
    }
    with open_output(marker, rank, "out", "wb") as out, open_output(marker, rank, "err", "wb") as err:
        return subprocess.Popen(
            [python, "-I", "-X", "faulthandler", RANK, json.dumps(options)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, **name_loopback(), **extra},
        )


def name_loopback():
    """The processes speak over the machine's own loopback, whatever names and networks it has."""
    name = LOOPBACK.get(sys.platform)
    return {"GLOO_SOCKET_IFNAME": name, "NCCL_SOCKET_IFNAME": name} if name else {}


def open_output(marker, rank, stream, mode):
    return open(os.path.join(marker, f"{rank}.{stream}"), mode)


def await_all(ranks, seconds):
    """The numbers of the processes to read: all where all ended well, else the first that did not; empty for a hang."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        statuses = [rank.poll() for rank in ranks]
        failed = [number for number, status in enumerate(statuses) if status]
        if failed:
            return failed[:1]
        if None not in statuses:
            return list(range(len(ranks)))
        time.sleep(0.05)
    return []


def read_answer(marker, rank, status):
    with open_output(marker, rank, "out", "rb") as file:
        lines = file.read().decode("utf-8", "replace").splitlines()
    for line in lines:
        if line.startswith(marker + " "):
            return json.loads(line[len(marker) + 1 :])
    with open_output(marker, rank, "err", "rb") as file:
        said = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    last = tidy(" / ".join(said[-3:]))[:600]
    clue = next((words for sign, words in CLUES if sign in last.lower()), "")
    raise Failure("collective-failed", f"process {rank} ended with status {status}: {last or 'it said nothing'}{clue}")
