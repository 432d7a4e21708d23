"""One process of a collective: computes with the others and prints what it found as JSON.

Started as ``python -I rank.py OPTIONS`` with the same interpreter as the payload.  The
processes meet over a file, so that no port is opened for it.
"""

import datetime as dt
import faulthandler
import json
import os
import sys
import time

COUNT = 4099  # elements, of no round number
WARM_UPS, RUNS = 5, 20


def main():
    options = json.loads(sys.argv[1])
    faulthandler.dump_traceback_later(options["timeout"], exit=True)
    import torch

    dist = torch.distributed

    if options["device"] != "cpu":
        getattr(torch, options["device"].split(":")[0]).set_device(options["device"])
    dist.init_process_group(
        options["backend"],
        init_method="file://" + ("" if options["meeting"].startswith("/") else "/") + options["meeting"],
        rank=options["rank"],
        world_size=options["world"],
        timeout=dt.timedelta(seconds=options["timeout"]),
    )
    answer = {"wrong": find_wrong(torch, dist, options), "busbw_gb_per_s": measure(torch, dist, options)}
    dist.barrier()
    sys.stdout.write("\n" + options["marker"] + " " + json.dumps(answer) + "\n")
    sys.stdout.flush()
    # What a library does at its end is not what is asked here.
    os._exit(0)


def find_wrong(torch, dist, options):
    """The operation whose whole numbers are wrong, empty where all are right."""
    rank, world, device = options["rank"], options["world"], options["device"]
    places = torch.arange(COUNT, dtype=torch.float32)

    total = (places % 11 + rank + 1).to(device)
    dist.all_reduce(total)
    if total.tolist() != (world * (places % 11) + world * (world + 1) // 2).tolist():
        return "all_reduce"
    sent = (places % 13 + 100 * rank).to(device)
    dist.broadcast(sent, src=world - 1)
    if sent.tolist() != (places % 13 + 100 * (world - 1)).tolist():
        return "broadcast"
    own = (places % 17 + 1000 * rank).to(device)
    parts = [torch.zeros_like(own) for _ in range(world)]
    dist.all_gather(parts, own)
    if [part.tolist() for part in parts] != [(places % 17 + 1000 * other).tolist() for other in range(world)]:
        return "all_gather"
    return ""


def measure(torch, dist, options):
    """The bus bandwidth of an all-reduce in GB/s, 0 where it is not asked for.

    ``2 (n - 1) / n`` of the bytes pass each link, whatever the number of devices.
    """
    size, world = options["bytes"], options["world"]
    if not size:
        return 0.0
    module = getattr(torch, options["device"].split(":")[0])
    data = torch.zeros(size // 4, dtype=torch.float32, device=options["device"])
    for _ in range(WARM_UPS):
        dist.all_reduce(data)
    module.synchronize()
    taken = []
    for _ in range(RUNS):
        dist.barrier()
        module.synchronize()
        began = time.perf_counter()
        dist.all_reduce(data)
        module.synchronize()
        taken.append(time.perf_counter() - began)
    return size / sorted(taken)[RUNS // 2] * 2 * (world - 1) / world / 1e9


if __name__ == "__main__":
    main()
