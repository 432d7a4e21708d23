"""torchao: a layer with weights of 8 bits, against double precision and against its own rounding."""

from ._torch.devices import check_place
from ._torch.family import begin, compare_norm, prove_each
from ._verdicts import Failure

ROWS, TERMS, COLUMNS = 8, 64, 32
# Normal weights in steps of 1/127 of a row's largest: some 0.5 % of rounding.
ERROR = 0.02


def check(session):
    _, torch, devices = begin(session, "torchao")
    prove_each(session, devices, "compute", lambda device, note: prove_weights(torch, device, note))


def prove_weights(torch, device, note):
    quantize, settings = find_interface()
    torch.manual_seed(0)
    model, inputs = torch.nn.Sequential(torch.nn.Linear(TERMS, COLUMNS)), torch.randn(ROWS, TERMS)
    weight = model[0].weight.detach().clone()
    exact = inputs.double() @ weight.double().T + model[0].bias.double()
    model = model.to(device.name)
    quantize(model, settings())
    with torch.no_grad():
        found = model(inputs.to(device.name))
    check_place(device, found)
    error = compare_norm(found, exact, ERROR, "a layer with weights of 8 bits", note)
    kept = type(model[0].weight).__name__
    if model[0].weight.dequantize().cpu().equal(weight) or error == 0:
        raise Failure("wrong-number", f"the weights were not rounded to 8 bits: they are still {kept}")
    return f"weights of 8 bits ({kept}) agree with double precision to {error:.1e}"


def find_interface():
    """The function that quantises a model and the settings for weights of 8 bits."""
    from torchao import quantization

    settings = getattr(quantization, "Int8WeightOnlyConfig", None) or quantization.int8_weight_only
    return quantization.quantize_, settings
