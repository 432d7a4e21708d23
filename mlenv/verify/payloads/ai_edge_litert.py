"""LiteRT: a model written here, computed by the interpreter with and without its delegate."""

from . import _exact
from ._tflite_model import make_dense


def check(session):
    session.import_modules("ai_edge_litert")
    session.stay_on_cpu("the interpreter of LiteRT")
    with session.check("compute", "cpu") as note:
        import numpy as np
        from ai_edge_litert import interpreter as module

        left, right = _exact.make_matrices()
        model = make_dense(_exact.ROWS, [[row[j] for row in right] for j in range(_exact.COLUMNS)])
        expected = _exact.multiply(left, right)
        feed = np.array(left, dtype="float32")
        plain = module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        for resolver, what in ((module.OpResolverType.AUTO, "XNNPACK"), (plain, "the plain kernels")):
            interpreter = module.Interpreter(model_content=model, experimental_op_resolver_type=resolver)
            _exact.compare(compute(interpreter, feed), expected, what)
        note.detail = f"{_exact.SHAPE} exact by XNNPACK and by the plain kernels"


def compute(interpreter, feed):
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], feed)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).tolist()
