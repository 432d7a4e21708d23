"""ONNX: a model that is built, checked, written, read again, and computed by its reference."""

from . import _exact
from ._verdicts import Failure

ROWS, TERMS, COLUMNS = _exact.ROWS, _exact.TERMS, _exact.COLUMNS


def check(session):
    onnx = session.import_modules("onnx")
    session.stay_on_cpu("ONNX")
    with session.check("model", "cpu") as note:
        model = build(onnx)
        onnx.checker.check_model(model, full_check=True)
        data = model.SerializeToString()
        model = onnx.load_model_from_string(data)
        shape = infer(onnx, model)
        if shape != [ROWS, COLUMNS]:
            raise Failure("wrong-number", f"the inferred shape is {shape} and must be {[ROWS, COLUMNS]}")
        note.detail = f"a model of {len(data)} bytes passes the checker; its shapes are inferred"
    with session.check("compute", "cpu") as note:
        import numpy as np
        from onnx.reference import ReferenceEvaluator

        left, right = _exact.make_matrices()
        feed = {"X": np.array(left, dtype="float32"), "W": np.array(right, dtype="float32")}
        product = ReferenceEvaluator(model).run(None, feed)[0]
        _exact.compare(product.tolist(), _exact.multiply(left, right), "the reference evaluator")
        note.detail = f"{_exact.SHAPE} exact by the reference evaluator"


def build(onnx):
    """A model of one matrix product, whose size it does not state."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["X", "W"], ["T"]), helper.make_node("Identity", ["T"], ["Y"])],
        "mlenv",
        [
            helper.make_tensor_value_info("X", kind, [ROWS, TERMS]),
            helper.make_tensor_value_info("W", kind, [TERMS, COLUMNS]),
        ],
        [helper.make_tensor_value_info("Y", kind, [ROWS, COLUMNS])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)


def infer(onnx, model):
    """The shape of the product that ONNX infers."""
    found = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph.value_info
    sizes = {value.name: value.type.tensor_type.shape.dim for value in found}
    return [dimension.dim_value for dimension in sizes.get("T", [])]
