"""How well hidden assays are filled in: one panel per metric, one row per assay, one mark per imputer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmomics.report import words
from mmomics.report.figures import style

MARKS = "osD^vPX<>*hp"
NOMINAL = 0.9  # of the interval whose coverage is scored


def draw(table: pd.DataFrame, metrics: list[str], colours: dict[str, str]) -> Figure:
    """Dots with intervals.

    Parameters
    ----------
    table : DataFrame
        imputer, modality, metric, mean, lower, upper.
    metrics : list of str
        The panels.
    colours : dict of str to str
        Colour of each imputer, in the order of the legend.
    """
    modalities, imputers = list(dict.fromkeys(table["modality"])), list(colours)
    step = 0.62 / max(len(imputers) - 1, 1)
    height = 0.8 + len(modalities) * (0.13 + 0.11 * len(imputers))
    figure, grid = style.canvas(height, 1, len(metrics), sharey=True)
    for column, metric in enumerate(metrics):
        axes = grid[0, column]
        for place, imputer in enumerate(imputers):
            rows = table[(table["metric"] == metric) & (table["imputer"] == imputer) & table["mean"].notna()]
            y = np.array([modalities.index(name) for name in rows["modality"]]) + (place - (len(imputers) - 1) / 2) * step
            axes.hlines(y, rows["lower"], rows["upper"], color=colours[imputer], linewidth=1.2)
            mark = MARKS[place % len(MARKS)]
            axes.plot(rows["mean"], y, mark, color=colours[imputer], markersize=4, label=words.short(imputer, 26), linestyle="none")
        if metric == "coverage":
            axes.axvline(NOMINAL, color=style.RULE, linewidth=1, zorder=0)
        for row in range(1, len(modalities)):
            axes.axhline(row - 0.5, color=style.FAINT, linewidth=0.6, zorder=0)
        style.panel(axes, "abcdef"[column])
        axes.set_xlabel({"coverage": "coverage (nominal 90 %)"}.get(metric, words.metric(metric)))
        style.rows_only(axes)
    grid[0, 0].set_yticks(range(len(modalities)), [words.short(name, 22) for name in modalities])
    grid[0, 0].set_ylim(len(modalities) - 0.5, -0.5)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(imputers), 6))
    return figure
