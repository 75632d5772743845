"""Which assays were measured together: every pattern of assays with its number of subjects.

The layout is UpSet's (Lex et al. 2014, doi:10.1109/TVCG.2014.2346248).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmomics.evaluation.patterns import patterns as patterns
from mmomics.report import words
from mmomics.report.figures import style

MOST = 18  # patterns drawn


def draw(table: pd.DataFrame, n_subjects: pd.Series) -> Figure:
    """Bars of patterns over a matrix of dots, and bars of the assays on the right.

    Parameters
    ----------
    table : DataFrame
        From `patterns`.
    n_subjects : Series
        Subjects per assay; its order is that of the rows.
    """
    shown, names = table.head(MOST), list(n_subjects.index)
    height = 1.9 + 0.2 * len(names)
    figure, grid = style.canvas(
        height, 2, 2, height_ratios=[1.4, max(0.2 * len(names), 0.5)], width_ratios=[max(len(shown), 4) * 0.24, 1.5]
    )
    (bars, corner), (dots, sizes) = grid
    x, y = np.arange(len(shown)), np.arange(len(names))[::-1]
    bars.bar(x, shown["n_subjects"], width=0.62, color=style.RULE, label="without outcome")
    bars.bar(x, shown["with_outcome"], width=0.62, color=style.INK, label="with outcome")
    for place, n in zip(x, shown["n_subjects"], strict=True):
        bars.annotate(f"{n:,}", (place, n), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=6.5)
    bars.set(ylabel="subjects", xlim=(-0.6, max(len(shown), 4) - 0.4), ylim=(0, shown["n_subjects"].max() * 1.12), xticks=[])
    bars.locator_params(axis="y", integer=True)
    bars.spines["bottom"].set_visible(False)
    corner.axis("off")
    handles, labels = bars.get_legend_handles_labels()
    whole = bool((shown["n_subjects"] == shown["with_outcome"]).all())
    corner.legend(handles[whole:], labels[whole:], loc="lower left")
    for row, name in zip(y, names, strict=True):
        inside = shown[name].to_numpy(bool)
        dots.scatter(x[~inside], np.full((~inside).sum(), row), s=26, color=style.FAINT, linewidths=0)
        dots.scatter(x[inside], np.full(inside.sum(), row), s=26, color=style.INK, linewidths=0)
    for place, row in zip(x, shown[names].to_numpy(bool), strict=True):
        if row.any():
            dots.plot([place, place], [y[row].min(), y[row].max()], color=style.INK, linewidth=1.1)
    dots.set(xlim=bars.get_xlim(), ylim=(-0.6, len(names) - 0.4), xticks=[])
    dots.set_yticks(y, [words.short(name, 22) for name in names])
    style.rows_only(dots)
    dots.spines["bottom"].set_visible(False)
    sizes.barh(y, n_subjects, height=0.5, color=style.MUTED)
    for row, n in zip(y, n_subjects, strict=True):
        sizes.annotate(f"{n:,}", (n, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=6.5)
    sizes.set(ylim=dots.get_ylim(), xlim=(0, n_subjects.max() * 1.25), xticks=[], yticks=[], xlabel="subjects per modality")
    sizes.spines["bottom"].set_visible(False)
    return figure
