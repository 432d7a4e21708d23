"""What the payloads of libraries on PyTorch share: their import beside it, and its devices."""

from .._verdicts import Failure, Stopped
from .companions import compare_companions, explain_failed_import
from .devices import find_devices

# Relative error of single precision, and of TF32 where a GPU may use it.
CPU_ERROR, GPU_ERROR = 1e-5, 1.5e-3


def begin(session, *names, partners=()):
    """The library's module, PyTorch, and the devices to compute on."""
    module = import_beside(session, *names, partners=partners)
    import torch

    with session.check("device") as note:
        drop_words(note.heard, names[0])
        devices = find_devices(torch, session, note)
    return module, torch, devices


def drop_words(heard, name):
    """Leave what a library said of itself out of what PyTorch is heard to say of its devices."""
    heard[:] = [words for words in heard if name not in words.lower()]


def import_beside(session, *names, partners=()):
    """The first module; the check ``companions`` says whether it and PyTorch go together."""
    try:
        module = session.import_modules(*names)
    except Stopped:
        if not session.import_only:
            explain_failed_import(session, partners)
        raise
    compare_companions(session, partners)
    return module


def prove_each(session, devices, check, prove):
    """The same check on each device; ``prove(device, note)`` gives the sentence of what it proved."""
    for device in devices:
        with session.check(check, device.label, vital=False) as note:
            note.about = device.uuid
            note.detail = prove(device, note)


def compare_norm(found, exact, limit, what, note):
    """The relative difference of two tensors; :class:`Failure` where it is above ``limit`` or no number."""
    found, exact = found.detach().cpu().double(), exact.detach().cpu().double()
    if found.shape != exact.shape:
        raise Failure("wrong-number", f"{what} has shape {tuple(found.shape)}, not {tuple(exact.shape)}")
    error = float((found - exact).norm() / exact.norm())
    if not error <= limit:
        raise Failure("wrong-number", f"{what} differs from double precision by {error:.1e} (at most {limit:.1e})")
    note.measured["norm"] = error
    return error


def compare_list(found, expected, what):
    """:class:`Failure` where a list of numbers, or a list of lists, is not exactly the expected one."""
    if found != expected:
        raise Failure("wrong-number", f"{what} gave {str(found)[:200]} and must give {str(expected)[:200]}")


def limit_of(device):
    """The relative error that single precision may have there."""
    return CPU_ERROR if device.label == "cpu" else GPU_ERROR
