"""What PyTensor and Theano have in common: functions that are compiled while the program runs."""

import os

from . import _exact
from ._verdicts import Failure


def keep_inside(variable):
    """Keep what is compiled in the child's own folder; both write into the user's home by default."""
    flags = [
        flag for flag in os.environ.get(variable, "").split(",") if flag and not flag.startswith("base_compiledir")
    ]
    os.environ[variable] = ",".join([*flags, f"base_compiledir={os.path.join(os.getcwd(), 'compiled')}"])


def multiply(framework, tensor, mode, note):
    """A product of whole numbers through a function of the framework."""
    import numpy as np

    first, second = tensor.dmatrices("first", "second")
    function = framework.function([first, second], tensor.dot(first, second), mode=mode)
    left, right = _exact.make_matrices()
    product = function(np.array(left, dtype="float64"), np.array(right, dtype="float64"))
    _exact.compare(product.tolist(), _exact.multiply(left, right), f"{framework.__name__}.function")
    note.detail = f"{_exact.SHAPE} exact"


def differentiate(framework, tensor):
    """The gradient of a sum of cubes, compiled as users get it: 3 x² in whole numbers."""
    import numpy as np

    vector = tensor.dvector("vector")
    function = framework.function([vector], framework.grad((vector**3).sum(), vector))
    found = function(np.array([1.0, 2.0, -3.0])).tolist()
    if found != [3.0, 12.0, 27.0]:
        raise Failure("wrong-number", f"the gradient of a sum of cubes is {found} and must be [3, 12, 27]")
    return type(function.maker.linker).__name__
