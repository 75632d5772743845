"""Predicted against observed: on the diagonal, predictions mean what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmomics.report import words
from mmomics.report.figures import style

LEVELS = ["#9db8c9", "#5b93b5", "#2a6f97", "#17465f"]


def draw(table: pd.DataFrame, models: list[str], label: str, by: str | None, unit: str) -> Figure:
    """One panel per model; the size of a dot grows with its subjects.

    Parameters
    ----------
    table : DataFrame
        model, predicted, observed, lower, upper, n, and the column `by`.
    models : list of str
        The models to draw.
    label : str
        What is predicted: "probability of ...".
    by : str or None
        Column that splits the dots: "class" or "time".
    unit : str
        Of the times.
    """
    models = [name for name in models if name in set(table["model"])]
    shown = table[table["model"].isin(models)]
    figure, grid = style.canvas(3.0, 1, len(models), width=style.WIDTH if len(models) > 1 else 3.7, sharex=True, sharey=True)
    groups: list[Any] = list(dict.fromkeys(shown[by])) if by else [None]
    colours = style.CYCLE
    if by == "time":
        groups = sorted(groups, key=float)
        colours = style.CYCLE if len(groups) > len(LEVELS) else LEVELS[-len(groups) :]
    ends = shown[["predicted", "observed", "lower", "upper"]].to_numpy(float)
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    if low >= 0 and high <= 1 and "probability" in label:
        low, high = 0.0, 1.0
    pad = 0.03 * (high - low or 1)
    for column, model in enumerate(models):
        axes = grid[0, column]
        axes.plot([low, high], [low, high], color=style.RULE, linewidth=0.9, linestyle=(0, (2, 2)), zorder=0)
        for place, group in enumerate(groups):
            part = shown[(shown["model"] == model) & ((shown[by] == group) if by else True)].sort_values("predicted")
            colour = colours[place % len(colours)] if by else style.INK
            size = 9 + 40 * part["n"] / shown["n"].max() if "n" in part else 20
            axes.plot(part["predicted"], part["observed"], color=colour, linewidth=0.8, alpha=0.7)
            axes.vlines(part["predicted"], part["lower"], part["upper"], color=colour, linewidth=0.9, alpha=0.8)
            name = f"{words.number(float(group))} {unit}" if by == "time" else words.short(group, 26) if by else None
            axes.scatter(part["predicted"], part["observed"], s=size, color=colour, linewidths=0, label=name, zorder=3)
        axes.set(xlim=(low - pad, high + pad), ylim=(low - pad, high + pad), xlabel=f"predicted {label}", aspect="equal")
        style.heading(axes, model, 2, f"{'abcdef'[column]}   ")
    grid[0, 0].set_ylabel(f"observed {label}")
    if by and len(groups) > 1:
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(groups), 4))
    return figure
