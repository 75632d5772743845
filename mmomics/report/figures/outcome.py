"""The outcome itself: survival of the whole cohort, numbers per class, or the distribution of a value."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mmomics.report import words
from mmomics.report.figures import style


def survival(curve: pd.DataFrame, unit: str) -> Figure:
    """Kaplan-Meier curve of the cohort with the numbers at risk; `curve` has time, survival, lower, upper, at_risk, from time 0."""
    figure, grid = style.canvas(2.5, 2, 1, width=4.4, height_ratios=[9, 1], sharex=True)
    axes, numbers = grid[:, 0]
    axes.step(curve["time"], curve["survival"], where="post", color=style.INK)
    axes.fill_between(curve["time"], curve["lower"], curve["upper"], step="post", color=style.INK, alpha=0.13, linewidth=0)
    ticks = at_risk_ticks(curve["time"].max())
    longest = curve["time"].max()
    axes.set(xlabel=f"time ({unit})", ylabel="event-free share", ylim=(0, 1.03), xlim=(-0.02 * longest, longest * 1.02), xticks=ticks)
    axes.tick_params(labelbottom=True)
    for tick, n in zip(ticks, at_risk(curve, ticks), strict=True):
        numbers.annotate(f"{n:,}", (tick, 0), ha="center", va="center", fontsize=6.5, color=style.MUTED)
    numbers.set(ylim=(-0.5, 0.5))
    numbers.set_yticks([0], ["at risk"])
    style.bare(numbers)
    return figure


def classes(counts: pd.Series) -> Figure:
    """Bars of the number of subjects per class."""
    figure, grid = style.canvas(0.5 + 0.24 * len(counts), width=4.4)
    axes, y = grid[0, 0], np.arange(len(counts))[::-1]
    axes.barh(y, counts, height=0.6, color=style.MUTED)
    for row, n in zip(y, counts, strict=True):
        label = f"{n:,}  ({words.percent(n / counts.sum())})"
        axes.annotate(label, (n, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=6.5)
    axes.set_yticks(y, [words.short(name, 34) for name in counts.index])
    axes.set(xlabel="subjects", xlim=(0, counts.max() * 1.25))
    axes.locator_params(axis="x", integer=True)
    style.rows_only(axes)
    return figure


def histogram(edges: np.ndarray, counts: np.ndarray, unit: str) -> Figure:
    """Histogram of a value: edges (n_bins + 1,), counts (n_bins,)."""
    figure, grid = style.canvas(1.9, width=4.4)
    axes = grid[0, 0]
    axes.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=style.MUTED, edgecolor=style.PAPER, linewidth=0.6)
    axes.set(xlabel=f"outcome ({unit})" if unit else "outcome", ylabel="subjects")
    return figure


def at_risk_ticks(longest: float) -> np.ndarray:
    """Round times from 0 to the longest follow-up."""
    from matplotlib.ticker import MaxNLocator

    ticks = np.asarray(MaxNLocator(5).tick_values(0, longest))
    return ticks[(ticks >= 0) & (ticks <= longest)]


def at_risk(curve: pd.DataFrame, ticks: np.ndarray) -> list[int]:
    """Subjects still followed just before each tick, from a curve with time and at_risk."""
    times = curve["time"].to_numpy(float)
    counts = np.append(curve["at_risk"].to_numpy(float), 0)
    return [int(counts[place]) for place in np.searchsorted(times, ticks, side="left")]
