"""Whether subjects who lack an assay are like those who have it: how well they are told apart, and how many lie far out."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from mmomics.report import words
from mmomics.report.figures import style

PANELS = [("other assays", 0.5, "AUC of telling who lacks it"), ("outside", 0.05, "share further out than 95 %")]


def draw(table: pd.DataFrame) -> Figure:
    """Dots with intervals, one row per assay.

    Parameters
    ----------
    table : DataFrame
        modality, variable (`other assays`, `outside`), estimate, lower, upper, flagged (bool).
    """
    names = list(dict.fromkeys(table["modality"]))
    figure, grid = style.canvas(0.75 + 0.22 * len(names), 1, 2, sharey=True)
    for axes, letter, (variable, chance, label) in zip(grid[0], "ab", PANELS, strict=True):
        rows = table[table["variable"] == variable]
        y = [names.index(name) for name in rows["modality"]]
        axes.axvline(chance, color=style.RULE, linewidth=1, zorder=0)
        axes.hlines(y, rows["lower"], rows["upper"], color=style.INK, linewidth=1.2)
        faces = [style.ORDERED[2] if flag else style.PAPER for flag in rows["flagged"]]
        axes.scatter(rows["estimate"], y, s=24, facecolors=faces, edgecolors=style.INK, linewidths=1, zorder=3)
        axes.set_xlim(0, 1)
        axes.set_xlabel(label)
        style.panel(axes, letter)
        style.rows_only(axes)
    grid[0, 0].set_yticks(range(len(names)), [words.short(name, 22) for name in names])
    grid[0, 0].set_ylim(len(names) - 0.5, -0.5)
    return figure
