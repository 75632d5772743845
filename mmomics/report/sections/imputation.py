"""How well hidden assays are filled in, and whether the generative imputer is worth its cost."""

from __future__ import annotations

import math
from itertools import cycle

import pandas as pd
from markupsafe import Markup

from mmomics import plugins
from mmomics.report import words
from mmomics.report.blocks import Cell, Figure, Section, Table
from mmomics.report.figures import imputers, style
from mmomics.report.inputs import Inputs
from mmomics.report.words import say

SHOWN = ["rmse", "r2", "coverage"]
PLAIN = [style.FAMILY["baseline"], style.INK, style.OTHER, style.RULE]  # of the simple imputers


def section(inputs: Inputs) -> Section | None:
    """Scores of hidden assays; None when no imputer ran."""
    table = inputs.table("imputation")
    if table.empty:
        return None
    lead = [
        say(
            "Whole assays of test subjects were hidden and drawn from the others; scores are on standardised "
            "values, where filling in the mean has an RMSE of about 1."
        )
    ]
    lead += [text for text in (verdict(inputs, table),) if text]
    scored = table[table["mean"].notna()]
    unscored = [name for name in dict.fromkeys(table["modality"]) if name not in set(scored["modality"])]
    lead += [
        say("<strong>{}</strong> is not scorable: no feature of this assay varies among the hidden values.", words.short(name))
        for name in unscored
    ]
    blocks = [_figure(scored), _table(scored)] if len(scored) else []
    return Section("imputation", "Imputation of missing assays", lead, blocks)


def generative(names: list[str]) -> list[str]:
    """The imputers that are fusion methods."""
    return [name for name in names if name in plugins.names("fusion")]


def verdict(inputs: Inputs, table: pd.DataFrame) -> Markup | None:
    """On how many assays the best fusion imputer has a smaller error than the best simple one, and how clearly."""
    scores = table[table["metric"] == "rmse"].dropna(subset=["mean"])
    wide = scores.pivot_table(index="modality", columns="imputer", values="mean", sort=False)
    ours = generative(list(wide.columns))
    simple = [name for name in wide.columns if name not in ours]
    if not ours or not simple:
        return None
    best = wide[ours].mean().idxmin()
    rival = wide[simple].mean().idxmin()
    both = wide[[best, *simple]].dropna(subset=[best])
    if both.empty:
        return None
    won = both.index[both[best] < both[simple].min(axis=1)]
    ends = scores.set_index(["imputer", "modality"])
    clear = sum(
        float(ends.loc[(best, modality), "upper"]) < float(ends.loc[(both.loc[modality, simple].idxmin(), modality), "lower"])
        for modality in won
    )
    claim = _claim(len(won), clear, len(both))
    text = say(
        "<strong>The generative imputer {} {} the simple ones.</strong> It has the smaller RMSE on {} of {}",
        words.model(best),
        claim,
        len(won),
        words.count(len(both), "assay"),
    )
    if len(won):
        text += say(", {}", f"clearly (95 % intervals apart) on {clear}" if clear else "clearly on none (the 95 % intervals overlap)")
    mine, theirs = wide[best].mean(), wide[rival].mean()
    return text + say("; its mean RMSE is {}, that of {} {}.", words.number(mine), words.model(rival), words.number(theirs))


def _claim(won: int, clear: int, n: int) -> str:
    """What may be said of an imputer with the smaller error on `won` of `n` assays, on `clear` of them clearly."""
    if clear == n:
        return "beats"
    if clear:
        return "clearly beats only on some assays"
    return "does not clearly beat" if 2 * won >= n else "does not beat"


def _figure(table: pd.DataFrame) -> Figure:
    metrics = [name for name in SHOWN if (table["metric"] == name).any()] or list(dict.fromkeys(table["metric"]))[:3]
    names = sorted(dict.fromkeys(table["imputer"]), key=lambda name: bool(generative([name])))  # the simple ones first
    simple = cycle(PLAIN)
    colours = {name: style.colour(plugins.family("fusion", name)) if name in generative(names) else next(simple) for name in names}
    caption = say(
        "{} of each hidden assay, with 95 % intervals.{}",
        words.sentence(str(words.listing(words.metric(name) for name in metrics))),
        " The line marks the nominal coverage of 90 %." if "coverage" in metrics else "",
    )
    rows = table[table["metric"] == metrics[0]]
    alt = f"{words.metric(metrics[0])} by hidden assay: " + "; ".join(
        f"{words.short(row.modality)} {words.short(row.imputer)} {words.number(row.mean)}" for row in rows.itertuples()
    )
    return Figure("imputation", imputers.draw(table, metrics, colours), "Quality of imputation", caption, alt, table)


def _table(table: pd.DataFrame) -> Table:
    metrics = list(dict.fromkeys(table["metric"]))
    keyed = table.drop_duplicates(["modality", "imputer", "metric"]).set_index(["modality", "imputer", "metric"])
    rows = []
    for modality, imputer in dict.fromkeys(zip(table["modality"], table["imputer"], strict=True)):
        row = [Cell(words.short(modality), sort=modality, strong=True), Cell(words.short(imputer), sort=imputer)]
        for metric in metrics:
            if (modality, imputer, metric) not in keyed.index:
                row.append(Cell(words.DASH))
                continue
            mean, lower, upper = (float(keyed.at[(modality, imputer, metric), name]) for name in ("mean", "lower", "upper"))
            row.append(Cell(words.number(mean), words.interval(lower, upper, 2) if math.isfinite(lower) else "", mean))
        rows.append(row)
    heads = ["Hidden assay", "Imputer", *(words.sentence(words.metric(name)) for name in metrics)]
    caption = "Mean over features and folds with 95 % interval; a dash where the imputer does not define the score."
    return Table(
        "imputation_scores",
        "Scores by assay and imputer",
        caption,
        heads,
        rows,
        table,
        [False, False] + [True] * len(metrics),
        folded="Show the scores",
    )
