"""ROC and precision-recall curves: the best fusion and the best baseline in colour, the other models in grey."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmomics.report import words
from mmomics.report.figures import style
from mmomics.report.standing import BASELINE

LABELS = {"roc": ("1 \N{MINUS SIGN} specificity", "sensitivity"), "pr": ("recall", "precision")}
COLUMNS = 4
POINTS = 150  # of a curve; more cannot be seen


def draw(curves: pd.DataFrame, models: list[str], families: dict[str, str], shares: dict[str, float]) -> Figure:
    """One panel per curve (roc, pr) and class.

    Parameters
    ----------
    curves : DataFrame
        model, class, curve (roc or pr), x, y.
    models : list of str
        The models in colour.
    families : dict of str to str
        Family of each model.
    shares : dict of str to float
        Share of each class: what a precision-recall curve of guessing shows.
    """
    classes = [name for name in shares if name in set(curves["class"])]
    kinds = [kind for kind in LABELS if kind in set(curves["curve"])]
    wanted = [(kind, name) for kind in kinds for name in classes]
    columns = min(COLUMNS, len(classes)) if len(classes) > 1 else len(kinds)
    lines = -(-len(classes) // columns) * len(kinds) if len(classes) > 1 else 1
    width = min(style.WIDTH, 0.4 + 2.6 * columns)
    figure, grid = style.canvas(0.35 + lines * (width / columns), lines, columns, width=width)
    for axes in grid.flat:
        axes.axis("off")
    per_kind = lines // len(kinds) if len(classes) > 1 else 1
    for kind, name in wanted:
        place = classes.index(name)
        row, column = (kinds.index(kind) * per_kind + place // columns, place % columns) if len(classes) > 1 else (0, kinds.index(kind))
        axes = grid[row, column]
        axes.axis("on")
        _panel(axes, curves[(curves["curve"] == kind) & (curves["class"] == name)], models, families)
        guess = ([0, 1], [0, 1]) if kind == "roc" else ([0, 1], [shares[name]] * 2)
        axes.plot(*guess, color=style.RULE, linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), aspect="equal", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        axes.set(xlabel=LABELS[kind][0], ylabel=LABELS[kind][1] if column == 0 or len(classes) == 1 else "")
        if len(classes) > 1:
            style.heading(axes, name, max(columns, 3))
        else:
            style.panel(axes, *{"roc": ("a", "ROC"), "pr": ("b", "precision\N{EN DASH}recall")}[kind])
    handles = {line.get_label(): line for axes in grid.flat for line in axes.lines if not str(line.get_label()).startswith("_")}
    figure.legend(handles=list(handles.values()), loc="outside lower center", ncols=3)
    return figure


def _panel(axes: Axes, curves: pd.DataFrame, models: list[str], families: dict[str, str]) -> None:
    for name, curve in curves.groupby("model", sort=False):
        if name not in models:
            axes.plot(*_thin(curve), color=style.RULE, linewidth=0.6, label="other models", zorder=1)
    for name in reversed(models):
        curve = curves[curves["model"] == name]
        if len(curve):
            dashes = (0, (4, 1.5)) if families.get(name) == BASELINE else "solid"
            label = words.short(name, 32)
            axes.plot(*_thin(curve), color=style.colour(families.get(name, "")), linestyle=dashes, label=label, zorder=3)


def _thin(curve: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    keep = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), POINTS)).round().astype(int))
    return curve["x"].to_numpy()[keep], curve["y"].to_numpy()[keep]
