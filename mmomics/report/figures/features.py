"""The features that move a model's prediction most, their direction and their stability."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmomics.report import words
from mmomics.report.figures import style

UP, DOWN, MIXED = style.ORDERED[2], style.ORDERED[0], style.MUTED
CLEAR = 0.3  # a weaker correlation of attribution with value is called mixed


def draw(table: pd.DataFrame) -> Figure:
    """Lollipops of importance, coloured by direction, and dots of stability.

    Parameters
    ----------
    table : DataFrame
        modality, feature, importance, direction, stability and, if known, toward; one row per feature, in the order of the figure.
    """
    toward = [words.short(name, 24) for name in dict.fromkeys(table["toward"].dropna())] if "toward" in table else []
    aim = toward[0] if len(toward) == 1 else "the class named" if toward else "a higher prediction"
    stable = table["stability"].notna().any()
    figure, grid = style.canvas(0.75 + 0.165 * len(table), 1, 1 + stable, width_ratios=[3, 1][: 1 + stable], sharey=True)
    axes, y = grid[0, 0], np.arange(len(table))
    colours = [_colour(value) for value in table["direction"]]
    axes.hlines(y, 0, table["importance"], color=colours, linewidth=1.3)
    axes.scatter(table["importance"], y, s=20, color=colours, linewidths=0, zorder=3)
    for colour, label in ((UP, f"higher value speaks for {aim}"), (DOWN, f"higher value speaks against {aim}"), (MIXED, "mixed")):
        if colour in colours:
            axes.scatter([], [], s=20, color=colour, linewidths=0, label=label)
    labels = [f"{words.short(row.feature, 30)} \N{MIDDLE DOT} {words.short(row.modality, 14)}" for row in table.itertuples()]
    if len(toward) > 1:
        labels = [f"{label} \N{RIGHTWARDS ARROW} {words.short(name, 14)}" for label, name in zip(labels, table["toward"], strict=True)]
    axes.set_yticks(y, labels)
    axes.set(ylim=(len(table) - 0.4, -0.6), xlim=(0, table["importance"].max() * 1.06), xlabel="share of all attribution")
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    style.rows_only(axes)
    if stable:
        style.panel(axes, "a")
        dots = grid[0, 1]
        dots.hlines(y, 0, 1, color=style.FAINT, linewidth=1)
        dots.scatter(table["stability"], y, s=16, color=style.INK, linewidths=0, zorder=3)
        dots.set(xlim=(-0.04, 1.04), xticks=[0, 0.5, 1], xlabel="stability")
        style.panel(dots, "b")
        style.rows_only(dots)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _colour(direction: float) -> str:
    return UP if direction >= CLEAR else DOWN if direction <= -CLEAR else MIXED
