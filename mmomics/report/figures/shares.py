"""Each modality's share of what the outcome's loss reacts to, over training: one panel per model."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mmomics.report import words
from mmomics.report.figures import style

COLUMNS = 5
DASHES: tuple[Any, ...] = ("solid", (0, (3, 1.5)), (0, (1, 1)))  # once the colours are used up


def draw(curves: pd.DataFrame) -> Figure:
    """A line per modality, the mean over networks; the legend names the modalities.

    Parameters
    ----------
    curves : DataFrame
        model, modality, epoch, mean (0 to 1).
    """
    models, modalities = (list(dict.fromkeys(curves[name])) for name in ("model", "modality"))
    looks = {
        name: (style.CYCLE[place % len(style.CYCLE)], DASHES[place // len(style.CYCLE) % len(DASHES)])
        for place, name in enumerate(modalities)
    }
    columns = min(COLUMNS, len(models))
    lines = -(-len(models) // columns)
    width = style.WIDTH if columns > 2 else 0.4 + 2.6 * columns
    legend = -(-len(modalities) // 5)
    figure, grid = style.canvas(0.3 + 0.14 * legend + 1.3 * lines, lines, columns, width=width, sharey=True)
    for axes in grid.flat[len(models) :]:
        axes.set_axis_off()
    for place, (axes, model) in enumerate(zip(grid.flat, models, strict=False)):
        for modality, line in curves[curves["model"] == model].groupby("modality", sort=False):
            colour, dashes = looks[modality]
            axes.plot(line["epoch"], line["mean"], color=colour, linestyle=dashes)
        style.heading(axes, model, columns)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        if place % columns == 0:
            axes.set_ylabel("share")
        if place + columns >= len(models):
            axes.set_xlabel("epoch")
    handles = [Line2D([], [], color=colour, linestyle=dashes, label=words.short(name, 22)) for name, (colour, dashes) in looks.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 5))
    return figure
