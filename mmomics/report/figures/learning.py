"""Learning curves: loss of the outcome on training rows and on held-out rows, and the epoch that was kept."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mmomics.report.figures import style

COLUMNS = 5
DASHES = (0, (3, 1.5))
TASK, VALIDATION = "task", "validation"


def draw(curves: pd.DataFrame, kept: pd.DataFrame, families: dict[str, str]) -> Figure:
    """One panel per model: mean over networks, band = one standard deviation, ticks on the axis = epochs kept.

    Parameters
    ----------
    curves : DataFrame
        model, term (task, validation), epoch, mean, sd.
    kept : DataFrame
        model, epoch: one row per ensemble.
    families : dict of str to str
        Family of each model.
    """
    models = list(dict.fromkeys(curves["model"]))
    columns = min(COLUMNS, len(models))
    lines = -(-len(models) // columns)
    width = style.WIDTH if columns > 2 else 0.4 + 2.6 * columns
    figure, grid = style.canvas(0.35 + 1.5 * lines, lines, columns, width=width)
    for axes in grid.flat[len(models) :]:
        axes.set_axis_off()
    for place, (axes, model) in enumerate(zip(grid.flat, models, strict=False)):
        part = curves[curves["model"] == model]
        _line(axes, part[part["term"] == TASK], style.MUTED, DASHES)
        _line(axes, part[part["term"] == VALIDATION], style.colour(families.get(model, "")), "solid")
        epochs = kept.loc[kept["model"] == model, "epoch"]
        ticks = {"color": style.INK, "markersize": 6, "alpha": 0.45, "clip_on": False, "in_layout": False}
        axes.plot(epochs, [0.0] * len(epochs), "|", transform=axes.get_xaxis_transform(), **ticks)
        style.heading(axes, model, columns)
        axes.set_xlim(left=min(0, part["epoch"].min()))
        axes.margins(y=0.12)
        if place % columns == 0:
            axes.set_ylabel("loss")
        if place + columns >= len(models):
            axes.set_xlabel("epoch")
    handles = [
        Line2D([], [], color=style.MUTED, linestyle=DASHES, label="training rows"),
        Line2D([], [], color=style.INK, label="held-out rows"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _line(axes: Axes, curve: pd.DataFrame, colour: str, dashes: object) -> None:
    if curve.empty:
        return
    sd = curve["sd"].fillna(0)
    axes.plot(curve["epoch"], curve["mean"], color=colour, linestyle=dashes)
    axes.fill_between(curve["epoch"], curve["mean"] - sd, curve["mean"] + sd, color=colour, alpha=0.15, linewidth=0)
