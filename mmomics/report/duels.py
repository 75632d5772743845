"""The best generative imputer against the best simple one of each assay: whether it is worth its cost."""

from __future__ import annotations

import math

import pandas as pd
from markupsafe import Markup

from mmomics import plugins
from mmomics.report import words
from mmomics.report.blocks import Cell, Table
from mmomics.report.inputs import Inputs
from mmomics.report.words import say

ALONE = "alone"  # how `impute` hides the assays that are compared
FOLLOW, LEAST_FOLLOW = "follow", 5e-4  # how far a network is followed (0..1); below, not at all
ALPHA = 0.05


def generative(names: list[str]) -> list[str]:
    """The imputers that are fusion methods."""
    return [name for name in names if name in plugins.names("fusion")]


def duels(inputs: Inputs, alone: pd.DataFrame) -> pd.DataFrame:
    """Per assay the best generative imputer of all against the best simple one: their RMSE, and the paired difference with interval."""
    columns = ["modality", "imputer", "reference", "rmse", "rmse_reference", "difference", "lower", "upper", "p_adjusted"]
    error = alone[alone["metric"] == "rmse"].pivot_table(index="modality", columns="imputer", values="mean", sort=False)
    ours = generative(list(error.columns))
    pairs = inputs.table("imputation_comparisons")
    if not ours or pairs.empty:
        return pd.DataFrame(columns=columns)
    best = error[ours].mean().idxmin()
    pairs = pairs[(pairs["hidden"] == ALONE) & (pairs["metric"] == "rmse") & (pairs["imputer"] == best)]
    pairs = pairs[pairs["modality"].isin(error.index)].reset_index(drop=True)
    rmse = [float(error.at[row.modality, best]) for row in pairs.itertuples()]
    return pairs.assign(rmse=rmse, rmse_reference=[own - gap for own, gap in zip(rmse, pairs["difference"], strict=True)])[columns]


def verdict(inputs: Inputs, alone: pd.DataFrame) -> Markup | None:
    """Whether the best generative imputer is better than the best simple one of each assay, in plain words."""
    table = duels(inputs, alone)
    if table.empty:
        return None
    name, n = table["imputer"].iloc[0], len(table)
    clear = table["p_adjusted"] < ALPHA
    won, lost = int((clear & (table["difference"] < 0)).sum()), int((clear & (table["difference"] > 0)).sum())
    lower = int((table["difference"] < 0).sum())
    one = table["upper"].isna().all()
    claim = "was compared with the simple ones on one fold only, which says nothing clearly" if one else _claim(won, lost, n)
    text = say("<strong>The generative imputer {} {}{}.</strong>", words.model(name), claim, _unfollowed(alone, name))
    clearly = ("", "") if one else (f" (clearly on {won})", f" (clearly on {lost})")
    text += say(
        " Against the best simple one of each assay, fold by fold, its RMSE is smaller on {} of {}{} and larger on {}{};",
        lower,
        words.count(n, "assay"),
        clearly[0],
        int((table["difference"] > 0).sum()),
        clearly[1],
    )
    rivals = words.listing(words.model(rival) for rival in dict.fromkeys(table["reference"]))
    text += say(
        " its mean RMSE is {}, theirs ({}) {}.", words.number(table["rmse"].mean()), rivals, words.number(table["rmse_reference"].mean())
    )
    return text + _filled_by(inputs, alone)


def _unfollowed(alone: pd.DataFrame, name: str) -> str:
    """What has to be added of an imputer whose network was never followed: it is none but in name."""
    follow = alone.loc[(alone["imputer"] == name) & (alone["metric"] == FOLLOW), "mean"]
    unused = len(follow) > 0 and follow.max() < LEAST_FOLLOW
    return ": its network added nothing to the linear and kernel models that it starts from" if unused else ""


def _claim(won: int, lost: int, n: int) -> str:
    """What may be said of an imputer that is clearly better on `won` of `n` assays and clearly worse on `lost`."""
    if won == n:
        return "beats the simple ones"
    if lost == n:
        return "loses to the simple ones"
    if won and lost:
        return "beats the simple ones on some assays and loses to them on others"
    if won:
        return "clearly beats the simple ones on some assays only"
    if lost:
        return "does not beat the simple ones, and loses to them on some assays"
    return "does not clearly differ from the simple ones"


def _filled_by(inputs: Inputs, alone: pd.DataFrame) -> Markup:
    """Which imputer filled the cohort, where another one has the smaller error."""
    error = alone[alone["metric"] == "rmse"].groupby("imputer", sort=False)["mean"].mean()
    chosen = inputs.study.imputers[-1] if inputs.study.imputers else ""
    if chosen not in error or error.idxmin() == chosen:
        return Markup("")
    return say(
        " The cohort was filled by {}, the last of `imputers`; {} has the smallest mean RMSE.",
        words.model(chosen),
        words.model(error.idxmin()),
    )


def shown(table: pd.DataFrame) -> Table:
    """Of `duels`, a row per assay."""
    rows = [
        [
            Cell(words.short(row.modality), sort=row.modality, strong=True),
            Cell(words.short(row.imputer)),
            Cell(words.number(row.rmse), sort=row.rmse),
            Cell(words.short(row.reference)),
            Cell(words.number(row.rmse_reference), sort=row.rmse_reference),
            Cell(words.signed(row.difference), words.interval(row.lower, row.upper) if math.isfinite(row.lower) else "", row.difference),
            Cell(words.p_value(row.p_adjusted, ""), sort=row.p_adjusted if math.isfinite(row.p_adjusted) else None),
        ]
        for row in table.itertuples()
    ]
    heads = ["Hidden assay", "Generative", "RMSE", "Best simple", "RMSE", "Difference", "p, Holm"]
    caption = (
        "The generative imputer with the smallest mean RMSE against the best simple one of each assay, paired by fold; below 0 is better. "
        "Holm's adjustment is over the assays, the intervals are not adjusted, and that the best imputer was chosen is not allowed for."
    )
    numeric = [False, False, True, False, True, True, True]
    return Table("imputation_duels", "Generative against simple", caption, heads, rows, table, numeric)
