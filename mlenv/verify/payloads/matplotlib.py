"""Matplotlib: a figure drawn without a screen and its pixels read back, also from a PNG file."""

import io

from ._verdicts import Failure

SIZE = 64
WHITE, RED = (255, 255, 255, 255), (255, 0, 0, 255)


def check(session):
    matplotlib = session.import_modules("matplotlib")
    session.stay_on_cpu("Matplotlib")
    with session.check("compute", "cpu") as note:
        matplotlib.use("Agg")
        canvas = draw()
        judge_pixels(canvas.buffer_rgba())
        note.detail = f"a figure of {SIZE}x{SIZE} pixels drawn by Agg has the right colours"
    with session.check("png", "cpu", vital=False) as note:
        judge_pixels(reread(canvas.figure))
        note.detail = "the figure comes back from a PNG file with the right colours"
    if session.reaches("standard"):
        with session.check("vector", "cpu", vital=False) as note:
            note.detail = "the figure as SVG and PDF: " + ", ".join(write_vectors(canvas.figure))


def draw():
    """A red square in the middle half of a white figure, with text above it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1), dpi=SIZE, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.25, 0.25, 0.5, 0.5), facecolor="red")
    axes.set_title("0123", fontsize=6)
    canvas.draw()
    return canvas


def judge_pixels(pixels):
    """:class:`Failure` where a known place has another colour, or no text was drawn."""
    compare(pixels, 2, 2, WHITE)
    compare(pixels, SIZE // 2, SIZE // 2, RED)
    title = [pixels[y, x, 0] for y in range(SIZE // 4 - 1) for x in range(SIZE // 4, 3 * SIZE // 4)]
    if min(title) > 128:
        raise Failure("no-text", "the title of the figure was not drawn: no font works")


def compare(pixels, x, y, expected):
    found = tuple(int(pixels[y, x, channel]) for channel in range(4))
    if found != expected:
        raise Failure("wrong-number", f"the pixel at {x}, {y} has the colour {found} and must have {expected}")


def reread(figure):
    """The pixels of a figure after a PNG file in memory, in whole numbers to 255."""
    from matplotlib.image import imread

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=SIZE)
    file.seek(0)
    return (imread(file, format="png") * 255).round().astype("int64")


def write_vectors(figure):
    """The sizes of the figure as SVG and PDF; :class:`Failure` where a file has another form."""
    sizes = []
    for form, sign in (("svg", b"<svg"), ("pdf", b"%PDF-")):
        file = io.BytesIO()
        figure.savefig(file, format=form)
        data = file.getvalue()
        if sign not in data[:2000]:
            raise Failure("wrong-form", f"the {form} file of the figure begins with {data[:20]!r}")
        sizes.append(f"{len(data)} bytes of {form}")
    return sizes
