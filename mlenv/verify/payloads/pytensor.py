"""PyTensor: a product without compilation, and a gradient as it is compiled by default."""

from . import _symbolic


def check(session):
    _symbolic.keep_inside("PYTENSOR_FLAGS")
    pytensor = session.import_modules("pytensor")
    session.stay_on_cpu("PyTensor by itself")
    with session.check("compute", "cpu") as note:
        import pytensor.tensor as tensor
        from pytensor.compile.mode import Mode

        _symbolic.multiply(pytensor, tensor, Mode(linker="py", optimizer=None), note)
    if session.reaches("standard"):
        with session.check("gradient", "cpu", vital=False) as note:
            linker = _symbolic.differentiate(pytensor, tensor)
            note.detail = f"a gradient exact, compiled with {linker}"
