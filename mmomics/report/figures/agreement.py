"""How far models agree on their most important features: the share of the top features that two models have in common."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mmomics.report import words
from mmomics.report.figures import style

SCALE = LinearSegmentedColormap.from_list("shared", ["#dfe8ee", "#2a6f97"])


def draw(shared: pd.DataFrame) -> Figure:
    """Lower triangle of the shared numbers (n_models, n_models); the diagonal holds the number of features looked at."""
    n, values = len(shared), shared.to_numpy(int)
    size = 0.34 * n + 1.6
    figure, grid = style.canvas(size * 0.8, width=min(style.WIDTH, size + 1))
    axes, most = grid[0, 0], max(int(np.diag(values).max()), 1)
    for row in range(1, n):
        for column in range(row):
            share = values[row, column] / most
            axes.fill(
                [column - 0.47, column + 0.47, column + 0.47, column - 0.47],
                [row - 0.47] * 2 + [row + 0.47] * 2,
                color=SCALE(share),
                linewidth=0,
            )
            axes.annotate(
                str(values[row, column]),
                (column, row),
                ha="center",
                va="center",
                fontsize=7,
                color="#fefefe" if share > 0.55 else "#1c2631",
            )
    names = [words.short(name, 22) for name in shared.index]
    axes.set_yticks(range(1, n), names[1:])
    axes.set_xticks(range(n - 1), names[:-1], rotation=35, ha="right", rotation_mode="anchor")
    axes.set(xlim=(-0.6, n - 1.4), ylim=(n - 0.4, 0.4), aspect="equal")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure
