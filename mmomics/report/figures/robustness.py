"""The primary metric against the number of modalities at hand: one panel per model."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mmomics.report import words
from mmomics.report.figures import style

COLUMNS = 5


def draw(table: pd.DataFrame, families: dict[str, str]) -> Figure:
    """A dot per subset, a line through the means of the sizes; the other models' lines in grey.

    Parameters
    ----------
    table : DataFrame
        model, n_modalities, metric (one), value.
    families : dict of str to str
        Family of each model.
    """
    models = list(dict.fromkeys(table["model"]))
    means = table.groupby(["model", "n_modalities"], sort=False)["value"].mean()
    columns = min(COLUMNS, len(models))
    lines = -(-len(models) // columns)
    width = style.WIDTH if columns > 2 else 0.4 + 2.6 * columns
    figure, grid = style.canvas(0.3 + 1.35 * lines, lines, columns, width=width, sharex=True, sharey=True)
    for axes in grid.flat[len(models) :]:
        axes.set_axis_off()
    for place, (axes, model) in enumerate(zip(grid.flat, models, strict=False)):
        colour = style.colour(families.get(model, ""))
        for other in models:
            line = means[other].sort_index()
            own = other == model
            axes.plot(line.index, line, color=colour if own else style.RULE, linewidth=1.4 if own else 0.6, zorder=2 if own else 0)
        part = table[table["model"] == model]
        axes.plot(part["n_modalities"], part["value"], "o", color=colour, markersize=3, alpha=0.55, markeredgewidth=0)
        style.heading(axes, model, columns)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if place % columns == 0:
            axes.set_ylabel(words.metric(str(table["metric"].iloc[0])))
        if place + columns >= len(models):
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("modalities at hand")
    return figure
