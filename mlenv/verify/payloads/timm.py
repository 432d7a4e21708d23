"""timm: a tiny vision transformer with random weights, against its own copy in double precision."""

from ._torch.devices import check_place
from ._torch.family import begin, compare_norm, limit_of, prove_each
from ._verdicts import Failure

SIZES = {"img_size": 32, "patch_size": 8, "embed_dim": 32, "depth": 2, "num_heads": 2, "num_classes": 10}
# Patches 3*64*32+32, class token 32, positions 17*32, two blocks of 12704, norm 64, head 330.
PARAMETERS = 32554


def check(session):
    _, torch, devices = begin(session, "timm")
    prove_each(session, devices, "compute", lambda device, note: prove_forward(torch, device, note))
    if session.reaches("standard"):
        prove_each(session, devices, "convolution", lambda device, note: prove_named(torch, device, note))


def prove_forward(torch, device, note):
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    model = VisionTransformer(**SIZES).eval()
    count = sum(part.numel() for part in model.parameters())
    if count != PARAMETERS:
        raise Failure("wrong-number", f"a tiny vision transformer has {count} parameters and must have {PARAMETERS}")
    error = compare(torch, model, device, 32, "a tiny vision transformer", note)
    return f"a vision transformer of {count} parameters agrees with double precision to {error:.1e}"


def prove_named(torch, device, note):
    """A model by its name, with random weights."""
    import timm

    torch.manual_seed(0)
    model = timm.create_model("mobilenetv3_small_050", pretrained=False, num_classes=10).eval()
    # Convolutions may compute in TF32 and by other algorithms: the error adds up over the layers.
    error = compare(torch, model, device, 64, "a small MobileNet", note, slack=10)
    return f"a MobileNet by its name agrees with double precision to {error:.1e}"


def compare(torch, model, device, size, what, note, slack=1):
    picture = torch.randn(2, 3, size, size)
    with torch.no_grad():
        found = model.to(device.name)(picture.to(device.name))
        check_place(device, found)
        found = found.cpu()
        exact = model.to("cpu").double()(picture.double())
    return compare_norm(found, exact, slack * limit_of(device), what, note)
