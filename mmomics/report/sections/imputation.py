"""How well hidden assays are filled in, by which imputer, and whether the generative ones are worth their cost."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from mmomics.report import duels, words
from mmomics.report.blocks import Cell, Figure, Section, Table
from mmomics.report.duels import ALONE
from mmomics.report.figures import imputers, style
from mmomics.report.inputs import Inputs
from mmomics.report.words import say

PATTERN, WITHIN = "pattern", "within"  # what `impute` hides, beside one assay alone
HIDDEN = {ALONE: "this assay", PATTERN: "as others lack", WITHIN: "single values"}
HIDING = {ALONE: "hidden alone", PATTERN: "hidden with all that others lack too", WITHIN: "hidden by single values"}
SHOWN = ["rmse", "pearson", "coverage"]
NOMINAL, OFF = 0.9, 0.03  # coverage of intervals, and how far off it may be


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
    scored = table[table["mean"].notna()]
    alone = scored[scored["hidden"] == ALONE]
    lead += [text for text in (duels.verdict(inputs, alone), predictable(alone), covered(scored), together(scored), within(scored)) if text]
    unscored = [name for name in dict.fromkeys(table["modality"]) if name not in set(scored["modality"])]
    lead += [
        say("<strong>{}</strong> is not scorable: no feature of this assay varies among the hidden values.", words.short(name))
        for name in unscored
    ]
    blocks: list[Any] = [_figure(alone)] if len(alone) else []
    duel = duels.duels(inputs, alone)
    blocks += [duels.shown(duel)] if len(duel) else []
    blocks += [_table(scored)] if len(scored) else []
    return Section("imputation", "Imputation of missing assays", lead, blocks)


def predictable(alone: pd.DataFrame) -> Markup | None:
    """How much of each assay can be told from the others at all, by whichever imputer tells most."""
    shares = alone[alone["metric"] == "predictable"].groupby("modality", sort=False)["mean"].max()
    if shares.empty:
        return None
    told = words.listing(f"{words.short(name)} {words.percent(share)}" for name, share in shares.sort_values(ascending=False).items())
    return say(
        "Features that can be predicted from the other assays at all (R² above 0.1 on hidden subjects, by the imputer that predicts "
        "most): {}. "
        "What cannot be predicted is filled with values near the mean and wide intervals.",
        told,
    )


def covered(scored: pd.DataFrame) -> Markup | None:
    """Imputers whose 90 % intervals do not cover what they say, however assays are hidden, and the worst of them."""
    rows = scored[scored["metric"] == "coverage"]
    miss = (rows["mean"] - NOMINAL).abs()
    if rows.empty:
        return None
    hidden = [HIDING.get(name, name) for name in dict.fromkeys(rows["hidden"])]
    if (miss <= OFF).all():
        return say("The 90 % intervals of every imputer cover 87 to 93 % of the hidden values of each assay, {}.", words.listing(hidden))
    counts = rows.assign(off=miss > OFF).groupby("imputer", sort=False)["off"].agg(["sum", "size"])
    parts = [say("{} ({} of {})", words.model(name), n_off, n) for name, n_off, n in counts[counts["sum"] > 0].itertuples(name=None)]
    worst = rows.loc[miss.idxmax()]
    return say(
        "The 90 % intervals cover less than 87 or more than 93 % of the hidden values for {} of the assays, {}. The worst: {} of {} by {}, "
        "{}.",
        words.listing(parts),
        words.listing(hidden),
        words.percent(worst["mean"]),
        words.short(worst["modality"]),
        words.model(worst["imputer"]),
        HIDING.get(worst["hidden"], worst["hidden"]),
    )


def together(scored: pd.DataFrame) -> Markup | None:
    """What it costs when assays are hidden together, as subjects of this cohort lack them."""
    error = scored[scored["metric"] == "rmse"].pivot_table(index=["imputer", "modality"], columns="hidden", values="mean", sort=False)
    if not {ALONE, PATTERN} <= set(error.columns):
        return None
    means = error[[ALONE, PATTERN]].dropna().mean()
    return say(
        "Hidden together with all that other subjects without the assay lack too, as gaps come in this cohort, the mean RMSE is {}, and {} "
        "with the one assay hidden alone.",
        *(words.number(means[hidden]) for hidden in (PATTERN, ALONE)),
    )


def within(scored: pd.DataFrame) -> Markup | None:
    """How well single values are told of assays that have gaps, and by which imputer best."""
    error = scored[(scored["hidden"] == WITHIN) & (scored["metric"] == "rmse")]
    if error.empty:
        return None
    means = error.groupby("imputer", sort=False)["mean"].mean()
    return say(
        "Some subjects lack single values of {}: measured ones of test subjects were hidden, a fifth at a time, and told from the other "
        "assays and from what was left of their own; {} has the smallest mean RMSE, {}.",
        words.listing(words.short(name) for name in dict.fromkeys(error["modality"])),
        words.model(means.idxmin()),
        words.number(float(means.min())),
    )


def _figure(table: pd.DataFrame) -> Figure:
    metrics = [name for name in SHOWN if (table["metric"] == name).any()] or list(dict.fromkeys(table["metric"]))[:3]
    names = sorted(dict.fromkeys(table["imputer"]), key=lambda name: bool(duels.generative([name])))  # the simple ones first
    ours = iter(colour for colour in style.CYCLE * len(names) if colour != style.FAMILY["baseline"])
    colours = {name: next(ours) if duels.generative([name]) else style.FAMILY["baseline"] for name in names}
    caption = say(
        "{} of each hidden assay, with 95 % intervals; simple imputers grey, generative ones in colour.{}",
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
    index = ["modality", "hidden", "imputer"]
    keyed = table.drop_duplicates([*index, "metric"]).set_index([*index, "metric"])
    rows = []
    names = list(dict.fromkeys(table["modality"]))
    found = dict.fromkeys(table[index].itertuples(index=False, name=None))
    for modality, hidden, imputer in sorted(found, key=lambda key: (names.index(key[0]), key[1])):
        row = [
            Cell(words.short(modality), sort=modality, strong=True),
            Cell(HIDDEN.get(hidden, hidden)),
            Cell(words.short(imputer), sort=imputer),
        ]
        for metric in metrics:
            if (modality, hidden, imputer, metric) not in keyed.index:
                row.append(Cell(words.DASH))
                continue
            mean, lower, upper = (float(keyed.at[(modality, hidden, imputer, metric), name]) for name in ("mean", "lower", "upper"))
            row.append(Cell(words.number(mean), words.interval(lower, upper, 2) if math.isfinite(lower) else "", mean))
        rows.append(row)
    heads = ["Assay", "Hidden", "Imputer", *(words.sentence(words.metric(name)) for name in metrics)]
    caption = (
        "Mean over features and folds with 95 % interval; a dash where the imputer does not define the score. Hidden: this assay alone, "
        "or with it all that another subject without it lacks, or single values of it, a fifth at a time. Width: of the 90 % interval, in "
        "standard deviations. Predictable: share of features with R² above 0.1. Energy distance: of drawn from true rows, 0 = same "
        "distribution. Structure: correlation of the correlations between features. Network followed: how far (0 to 1) the network of a "
        "generative imputer is added to the linear and kernel models that it starts from."
    )
    return Table(
        "imputation_scores",
        "Scores by assay and imputer",
        caption,
        heads,
        rows,
        table,
        [False] * 3 + [True] * len(metrics),
        folded="Show the scores",
    )
