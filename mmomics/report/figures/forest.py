"""The primary metric of every model with its interval, its difference to the best baseline, and its chance to be the best."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mmomics.report import words
from mmomics.report.figures import style
from mmomics.report.standing import Standing


def draw(standing: Standing, chance: float | None) -> Figure:
    """One row per model, the best on top; colour = family; a hollow dot = baseline."""
    table = standing.table
    compared = standing.reference is not None and table["difference"].notna().any()
    ranked = table["p_best"].notna().any()
    ratios = [2.4, *([1.7] if compared else []), *([0.8] if ranked else [])]
    figure, grid = style.canvas(0.85 + 0.215 * len(table), 1, len(ratios), width_ratios=ratios, sharey=True)
    panels = list(grid[0])
    label = words.metric(standing.metric) + (" (lower is better)" if standing.sign < 0 else "")
    first = panels.pop(0)
    _dots(first, standing, ["mean", "lower", "upper"])
    first.set_xlabel(label)
    first.set_title("a")
    if standing.reference is not None:
        first.axvline(table.loc[standing.reference, "mean"], color=style.RULE, linewidth=1, zorder=0)
    if chance is not None and first.get_xlim()[0] < chance:
        first.axvline(chance, color=style.MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
        first.annotate("chance", (chance, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=6.5, color=style.MUTED)
    if compared:
        axes = panels.pop(0)
        _dots(axes, standing, ["difference", "difference_lower", "difference_upper"])
        axes.axvline(0, color=style.RULE, linewidth=1, zorder=0)
        axes.set_title("b")
        axes.set_xlabel(f"difference to {words.short(standing.reference, 20)}")
    if ranked:
        axes = panels.pop(0)
        rows = np.arange(len(table))
        axes.barh(rows, table["p_best"], height=0.5, color=[style.colour(name) for name in table["family"]])
        for row, share in zip(rows, table["p_best"], strict=True):
            axes.annotate(words.percent(share), (share, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=6.5)
        axes.set(xlabel="P(best)", xlim=(0, max(table["p_best"].max() * 1.6, 0.1)), xticks=[0])
        axes.set_title("c" if compared else "b")
        style.rows_only(axes)
    first.set_yticks(np.arange(len(table)), [words.short(name, 26) for name in table.index])
    first.set_ylim(len(table) - 0.4, -0.6)
    families = list(dict.fromkeys(table["family"]))
    figure.legend(handles=[_mark(name) for name in families], loc="outside lower center", ncols=len(families), columnspacing=1.4)
    return figure


def _mark(family: str) -> Line2D:
    colour = style.colour(family)
    fill = style.PAPER if family == "baseline" else colour
    return Line2D([], [], color=colour, marker="o", markerfacecolor=fill, markersize=4.5, linewidth=0, label=words.family(family))


def _dots(axes: Axes, standing: Standing, columns: list[str]) -> None:
    for row, (name, values) in enumerate(standing.table.iterrows()):
        middle, lower, upper = (float(values[column]) for column in columns)
        colour = style.colour(values["family"])
        if columns[0] == "difference" and name == standing.reference:
            axes.plot(0, row, marker="|", color=style.MUTED, markersize=6)
            continue
        axes.plot([lower, upper], [row, row], color=colour, linewidth=1.6, solid_capstyle="round")
        fill = style.PAPER if values["family"] == "baseline" else colour
        axes.plot(middle, row, marker="o", color=colour, markerfacecolor=fill, markersize=5, markeredgewidth=1.2)
    for row in range(len(standing.table)):
        axes.axhline(row + 0.5, color=style.FAINT, linewidth=0.5, zorder=0)
    style.rows_only(axes)
