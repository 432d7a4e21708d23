"""PEFT: a layer with a low-rank addition in whole numbers, before and after the two are merged."""

from ._torch.devices import check_place
from ._torch.family import begin, compare_list, prove_each
from ._verdicts import Failure

# The layer, the two factors of the addition, which counts double (alpha 4, rank 2), and the input.
WEIGHT = [[1, 0, 2, -1], [0, 1, -1, 3], [2, 2, 0, 1]]
DOWN = [[1, -1, 0, 2], [0, 1, 1, 0]]
UP = [[1, 0], [2, -1], [0, 3]]
INPUT = [[1, 2, -1, 0], [3, 0, 1, 2]]
RANK, ALPHA = 2, 4


def check(session):
    peft, torch, devices = begin(session, "peft")
    prove_each(session, devices, "compute", lambda device, _: prove_merge(peft, torch, device))


def multiply(left, right):
    """The product of two matrices in Python's own whole numbers."""
    return [[sum(a * b for a, b in zip(row, column)) for column in zip(*right)] for row in left]


def find_expected():
    """The layer's outputs without the addition and with it."""
    addition = [[ALPHA // RANK * number for number in row] for row in multiply(UP, DOWN)]
    whole = [[a + b for a, b in zip(*rows)] for rows in zip(WEIGHT, addition)]
    return [multiply(INPUT, [list(column) for column in zip(*weight)]) for weight in (WEIGHT, whole)]


def prove_merge(peft, torch, device):
    plain, tuned = find_expected()
    inputs = torch.tensor(INPUT, dtype=torch.float32, device=device.name)
    model = make_model(peft, torch).to(device.name).eval()
    with torch.no_grad():
        found = model(inputs)
        check_place(device, found)
        compare_list(found.cpu().tolist(), tuned, "a layer with its addition")
        with model.disable_adapter():
            compare_list(model(inputs).cpu().tolist(), plain, "a layer with its addition switched off")
        merged = model.merge_and_unload()
        compare_list(merged(inputs).cpu().tolist(), tuned, "a layer merged with its addition")
    return "a layer with LoRA is exact before and after merging, and with LoRA switched off"


def make_model(peft, torch):
    layer = torch.nn.Linear(4, 3, bias=False)
    settings = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=["0"])
    numbers = {"base_layer": WEIGHT, "lora_A": DOWN, "lora_B": UP}
    model = peft.get_peft_model(torch.nn.Sequential(layer), settings)
    filled = []
    with torch.no_grad():
        for name, part in model.named_parameters():
            for key in numbers:
                if key in name:
                    part.copy_(torch.tensor(numbers[key], dtype=torch.float32))
                    filled.append(key)
    if sorted(filled) != sorted(numbers):
        raise Failure("wrong-number", f"LoRA made the parts {filled} and must make {sorted(numbers)}")
    return model
