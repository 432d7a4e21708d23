"""Matplotlib: a figure drawn without a screen, and its pixels read back."""

from ._verdicts import Failure

SIZE = 64
WHITE, RED = (255, 255, 255, 255), (255, 0, 0, 255)


def check(session):
    matplotlib = session.import_modules("matplotlib")
    session.stay_on_cpu("Matplotlib")
    with session.check("compute", "cpu") as note:
        matplotlib.use("Agg")
        pixels = draw()
        compare(pixels, 2, 2, WHITE)
        compare(pixels, SIZE // 2, SIZE // 2, RED)
        note.detail = f"a figure of {SIZE}x{SIZE} pixels drawn by Agg has the right colours"


def draw():
    """A red square in the middle half of a white figure, with text outside of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1), dpi=SIZE, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.25, 0.25, 0.5, 0.5), facecolor="red")
    axes.set_title("0123", fontsize=6)
    canvas.draw()
    return canvas.buffer_rgba()


def compare(pixels, x, y, expected):
    found = tuple(pixels[y, x, channel] for channel in range(4))
    if found != expected:
        raise Failure("wrong-number", f"the pixel at {x}, {y} has the colour {found} and must have {expected}")
