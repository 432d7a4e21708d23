"""seaborn: a bar plot drawn without a screen, and the heights of its bars read back."""

from ._verdicts import Failure

HEIGHTS = [3.0, 1.0, 2.0]


def check(session):
    seaborn = session.import_modules("seaborn")
    session.stay_on_cpu("seaborn")
    with session.check("compute", "cpu") as note:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib.figure import Figure

        axes = seaborn.barplot(x=["a", "b", "c"], y=HEIGHTS, ax=Figure().subplots())
        found = [float(bar.get_height()) for bar in axes.patches]
        axes.figure.canvas.draw()
        if found != HEIGHTS:
            raise Failure("wrong-number", f"the bars are {found} high and must be {HEIGHTS}")
        note.detail = "a bar plot drawn by Agg has the right heights"
