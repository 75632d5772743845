"""Survival of the subjects with low, middle and high predicted risk: Kaplan-Meier curves with numbers at risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmomics.report.figures import style
from mmomics.report.figures.outcome import at_risk, at_risk_ticks

GROUPS = ["low", "middle", "high"]


def draw(curves: pd.DataFrame, models: list[str], unit: str) -> Figure:
    """One panel per model, the numbers at risk beneath it.

    Parameters
    ----------
    curves : DataFrame
        model, group, time, survival, at_risk and, if known, lower, upper.
    models : list of str
        The models to draw.
    unit : str
        Of the times.
    """
    figure, grid = style.canvas(
        3.1, 2, len(models), width=style.WIDTH if len(models) > 1 else 4.2, height_ratios=[4, 1], sharey="row", sharex=True
    )
    longest = curves.loc[curves["model"].isin(models), "time"].max()
    ticks = at_risk_ticks(longest)
    for column, model in enumerate(models):
        axes, numbers = grid[:, column]
        style.heading(axes, model, 2, f"{'abcdef'[column]}   ")
        for row, (group, colour) in enumerate(zip(GROUPS, style.ORDERED, strict=True)):
            curve = curves[(curves["model"] == model) & (curves["group"] == group)].sort_values("time")
            if curve.empty:
                continue
            time, survival = np.append(0, curve["time"]), np.append(1, curve["survival"])
            axes.step(time, survival, where="post", color=colour, label=group)
            if {"lower", "upper"} <= set(curve):
                lower, upper = np.append(1, curve["lower"]), np.append(1, curve["upper"])
                axes.fill_between(time, lower, upper, step="post", color=colour, alpha=0.13, linewidth=0)
            for tick, n in zip(ticks, at_risk(curve, ticks), strict=True):
                numbers.annotate(f"{n:,}", (tick, row), ha="center", va="center", fontsize=6.5, color=colour)
        axes.set(ylim=(0, 1.03), xlim=(-0.02 * longest, longest * 1.02))
        axes.tick_params(labelbottom=True)
        axes.set_xticks(ticks)
        axes.set_xlabel(f"time ({unit})")
        numbers.set(ylim=(2.6, -0.6))
        numbers.set_yticks(range(3), GROUPS)
        numbers.set_title("at risk", fontsize=6.5, fontweight="normal", color=style.MUTED, pad=1)
        style.bare(numbers)
    grid[0, 0].set_ylabel("event-free share")
    style.key(grid[0, 0], title="predicted risk", loc="lower left", title_fontsize=7, alignment="left")
    return figure
