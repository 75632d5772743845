"""How much of a model's attribution lies on each assay: one panel per model."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmomics.report import words
from mmomics.report.figures import style

COLUMNS = 5


def draw(tables: dict[str, pd.DataFrame], families: dict[str, str]) -> Figure:
    """Bars of the shares with their intervals; the dashed line is an equal share.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Per model: modality, share and, if known, lower, upper.
    families : dict of str to str
        Family of each model.
    """
    total = pd.concat(tables.values()).groupby("modality")["share"].mean().sort_values(ascending=False)
    modalities = list(total.index)
    columns = min(COLUMNS, len(tables))
    lines = -(-len(tables) // columns)
    width = style.WIDTH if columns > 2 else 1.6 + 2 * columns
    figure, grid = style.canvas(lines * (0.55 + 0.17 * len(modalities)) + 0.1, lines, columns, width=width, sharex=True, sharey=True)
    for axes in grid.flat[len(tables) :]:
        axes.set_axis_off()
    for place, (axes, (name, table)) in enumerate(zip(grid.flat, tables.items(), strict=False)):
        rows = table.set_index("modality").reindex(modalities)
        y = np.arange(len(modalities))
        axes.barh(y, rows["share"], height=0.58, color=style.colour(families.get(name, "")), alpha=0.85)
        if {"lower", "upper"} <= set(rows):
            axes.hlines(y, rows["lower"], rows["upper"], color=style.INK, linewidth=1)
        axes.axvline(1 / max(len(table), 1), color=style.MUTED, linewidth=0.7, linestyle=(0, (2, 2)))
        style.heading(axes, name, columns)
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        style.rows_only(axes)
        if place + columns >= len(tables):
            axes.tick_params(labelbottom=True)
            axes.set_xlabel("share")
    grid[0, 0].set_yticks(range(len(modalities)), [words.short(name, 20) for name in modalities])
    grid[0, 0].set_ylim(len(modalities) - 0.5, -0.5)
    grid[0, 0].set_xlim(left=0)
    return figure
