"""seaborn: plots drawn without a screen, and the numbers of their bars and cells read back."""

from ._verdicts import Failure

HEIGHTS = [3.0, 1.0, 2.0]
SAMPLE = [0.5, 1.5, 1.5, 2.5, 2.5, 2.5]
CELLS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def check(session):
    seaborn = session.import_modules("seaborn")
    session.stay_on_cpu("seaborn")
    with session.check("compute", "cpu") as note:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib.figure import Figure

        axes = seaborn.barplot(x=["a", "b", "c"], y=HEIGHTS, ax=Figure().subplots())
        axes.figure.canvas.draw()
        compare([float(bar.get_height()) for bar in axes.patches], HEIGHTS, "the bars are")
        note.detail = "a bar plot drawn by Agg has the right heights"
    if session.reaches("standard"):
        with session.check("statistics", "cpu", vital=False) as note:
            axes = seaborn.histplot(x=SAMPLE, bins=[0, 1, 2, 3], ax=Figure().subplots())
            compare([float(bar.get_height()) for bar in axes.patches], [1.0, 2.0, 3.0], "the counts of a histogram are")
            axes = seaborn.heatmap(CELLS, ax=Figure().subplots())
            axes.figure.canvas.draw()
            cells = [float(number) for number in axes.collections[0].get_array().ravel()]
            compare(cells, [number for row in CELLS for number in row], "the cells of a heat map are")
            note.detail = "a histogram and a heat map show the right numbers"


def compare(found, expected, what):
    if found != expected:
        raise Failure("wrong-number", f"{what} {found} and must be {expected}")
