"""How much each modality contributes while the networks learn."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from mmomics.report import words
from mmomics.report.blocks import Figure
from mmomics.report.figures import shares
from mmomics.report.words import model, say

SHARE = "share_"  # what the term of a modality's share starts with
NETWORK = ["model", "repeat", "fold", "seed", "member"]
MOST = 6  # panels, of the best models


def figure(history: pd.DataFrame, order: list[str]) -> tuple[Figure, Markup] | None:
    """Share of each modality by epoch, and what it says; None where no model has several modalities.

    Parameters
    ----------
    history : DataFrame
        Learning curves: model, repeat, fold, seed, member, epoch, term, value.
    order : list of str
        Models, the best first.
    """
    curves = averaged(history)
    if curves.empty:
        return None
    curves = curves.sort_values("model", key=lambda names: names.map(order.index), kind="stable")
    shown = curves[curves["model"].isin(list(dict.fromkeys(curves["model"]))[:MOST])]
    name = shown["model"].iloc[0]
    own = shown[shown["model"] == name]
    last = own[own["epoch"] == own["epoch"].max()].set_index("modality")["mean"]
    text = say(
        "At the end of training {} leans most on {} ({}) and least on {} ({}).",
        model(name),
        words.short(last.idxmax()),
        words.percent(float(last.max())),
        words.short(last.idxmin()),
        words.percent(float(last.min())),
    )
    caption = say(
        "Share of what the outcome's loss reacts to (gradient times input, through the network and through its linear path) that lies on "
        "each modality, on a minibatch of training rows per epoch, mean over networks."
    )
    if shown["model"].nunique() < curves["model"].nunique():
        caption += say(" Drawn are the {} best models.", MOST)
    return Figure("shares", shares.draw(shown), "Share of each modality over training", caption, str(text.striptags()), curves), text


def averaged(history: pd.DataFrame) -> pd.DataFrame:
    """Mean share over networks: model, modality, epoch, mean; epochs that fewer than half of a model's networks reached are left out."""
    own = history[history["term"].str.startswith(SHARE)]
    curves = own.groupby(["model", "term", "epoch"], sort=False)["value"].agg(["mean", "size"]).reset_index()
    n = own[NETWORK].drop_duplicates()["model"].value_counts()
    curves = curves[curves["size"] >= curves["model"].map(n) / 2]
    curves.insert(1, "modality", curves["term"].str.removeprefix(SHARE))
    return curves[["model", "modality", "epoch", "mean"]].reset_index(drop=True)
