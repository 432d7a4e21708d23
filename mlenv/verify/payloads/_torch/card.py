"""What the long checks ask of a device: its name, its memory, its time."""

import contextlib
import time

PATIENCE = 10.0  # seconds after which no further run is timed
FEWEST = 3


def kind_of(device):
    """``cuda``, ``rocm``, ``xpu``, ``mps`` or ``cpu``."""
    return device.label.split(":")[0]


def module_of(torch, device):
    """The part of PyTorch that speaks to the device, None for the CPU."""
    return getattr(torch, device.name.split(":")[0]) if kind_of(device) != "cpu" else None


@contextlib.contextmanager
def current(torch, device):
    """The device is PyTorch's current one inside: its events and memory are asked for without a name."""
    choose = getattr(module_of(torch, device), "device", None)
    with choose(device.name) if choose is not None else contextlib.nullcontext():
        yield


def name_card(torch, device):
    """The product's name, empty for the CPU."""
    return "" if kind_of(device) == "cpu" else str(getattr(find_properties(torch, device), "name", ""))


def label_card(torch, device, note):
    """Say of which product and of which GPU a measurement is."""
    note.about = device.uuid
    card = name_card(torch, device)
    if card:
        note.measured["card"] = card


def find_properties(torch, device):
    """What PyTorch tells of the device, None where it tells nothing."""
    ask = getattr(module_of(torch, device), "get_device_properties", None)
    return ask(device.name) if ask is not None else None


def free_bytes(torch, device):
    """Memory that nobody holds, None where it cannot be asked for."""
    module = module_of(torch, device)
    if module is None:
        return None
    if hasattr(module, "empty_cache"):
        module.empty_cache()
    if kind_of(device) == "mps":
        return max(int(module.recommended_max_memory()) - int(module.driver_allocated_memory()), 0)
    try:
        return int(module.mem_get_info(device.name)[0])
    except (AttributeError, RuntimeError):  # Intel: from PyTorch 2.6 on, and not on every card
        return None


def shares_memory(torch, device):
    """Whether the GPU works in the computer's main memory, so that no link lies between."""
    return kind_of(device) == "mps" or bool(getattr(find_properties(torch, device), "is_integrated", False))


def wait(torch, device):
    """Until the device has done all that it was told to."""
    module = module_of(torch, device)
    if module is not None:
        module.synchronize()


def time_runs(torch, device, action, *, warm_ups, runs):
    """The median seconds of one run of ``action``, by the device's own clock where it has one."""
    began = time.perf_counter()
    for _ in range(warm_ups):
        action()
        wait(torch, device)
        if time.perf_counter() - began > PATIENCE:
            break
    taken = []
    while len(taken) < runs and (len(taken) < FEWEST or time.perf_counter() - began < PATIENCE):
        taken.append(time_run(torch, device, action))
    return sorted(taken)[len(taken) // 2]


def time_run(torch, device, action):
    """Seconds of one run."""
    if kind_of(device) in ("cpu", "mps"):
        wait(torch, device)
        began = time.perf_counter()
        action()
        wait(torch, device)
        return time.perf_counter() - began
    module = module_of(torch, device)
    start, end = module.Event(enable_timing=True), module.Event(enable_timing=True)
    start.record()
    action()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1000


def count_unequal(torch, found, expected):
    """How many elements differ, counted on the device; a NaN differs from everything."""
    return int(torch.count_nonzero(found != expected).item())
