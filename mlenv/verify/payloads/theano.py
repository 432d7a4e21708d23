"""Theano: a product without compilation, and a gradient as it is compiled by default."""

from . import _symbolic


def check(session):
    _symbolic.keep_inside("THEANO_FLAGS")
    theano = session.import_modules("theano")
    session.stay_on_cpu("Theano without libgpuarray")
    with session.check("compute", "cpu") as note:
        import theano.tensor as tensor

        _symbolic.multiply(theano, tensor, theano.Mode(linker="py", optimizer=None), note)
        if not theano.config.cxx:
            note.status, note.reason = "warn", "no-compiler"
            note.detail += "; there is no C++ compiler, so everything is computed by slow Python"
    if session.reaches("standard"):
        with session.check("gradient", "cpu", vital=False) as note:
            linker = _symbolic.differentiate(theano, tensor)
            note.detail = f"a gradient exact, compiled with {linker}"
