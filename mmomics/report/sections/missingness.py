"""Who lacks which assays, whether that has to do with who they are, and where imputing would be extrapolation."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from mmomics import keys
from mmomics.config.cohort import device
from mmomics.report import words
from mmomics.report.blocks import Cell, Figure, Notes, Section, Table
from mmomics.report.figures import extrapolation, overlap
from mmomics.report.inputs import Inputs
from mmomics.report.words import say

OTHERS, DISTANCE, ALL = "other assays", "outside", "all assays"  # what `evaluate` calls the tests of the assays themselves
MEASURES = {"auc": "AUC", "cramers_v": "Cramér's V", "hazard_ratio": "hazard ratio", "share": "share", "z2": "mean z²"}
VARIABLES = {OTHERS: "told by the other assays", DISTANCE: "further out than 95 % of the others", ALL: "all assays together"}


def section(inputs: Inputs) -> Section:
    """The patterns of assays, then the tests if they were made."""
    facts = inputs.facts
    table = inputs.table("missingness")
    flagged = _yes(table["flagged"])
    own = table["variable"].isin([OTHERS, DISTANCE])
    lead = [_patterns(inputs)]
    if facts.has.all(axis=None) and table.empty:
        return Section("missingness", "Missing assays", lead, [_overlap(inputs)])
    blocks: list[Any] = [_overlap(inputs)]
    if len(table):
        lead += [verdict(table[~own & (table["variable"] != ALL)]), *_together(table)]
        warned: list[Markup | str] = [_warning(name, part) for name, part in table[own & flagged].groupby("modality", sort=False)]
        far = (flagged & (table["variable"] == DISTANCE)).any()
        title = "Imputation is extrapolation" if far else "Those who lack an assay differ from those who have it"
        blocks += [Notes(title, warned, warning=True)] if warned else []
        if own.any() and not warned:
            lead.append(say("Those who lack an assay are not clearly unlike those who have it: no sign that imputing it is extrapolation."))
        assays = [name for name in facts.has if name != keys.CLINICAL and (device(name) == name or device(name) not in facts.has)]
        untested = [name for name in assays if not facts.has[name].all() and name not in set(table.loc[own, "modality"])]
        if untested:
            lead.append(_untested(untested))
        blocks += [_figure(table[own])] if own.any() else []
        blocks.append(_table(table))
    return Section("missingness", "Missing assays", lead, blocks)


def _patterns(inputs: Inputs) -> Markup:
    has = inputs.facts.has
    n_patterns = len(has.drop_duplicates())
    lacking = (~has).sum()
    most = lacking.idxmax()
    if not lacking[most]:
        return say("Every subject has all modalities: nothing is to be imputed.")
    return say(
        "Subjects come in {} of modalities; {} is missing most often, in {} of the subjects.",
        words.count(n_patterns, "pattern"),
        words.short(most),
        words.percent(lacking[most] / len(has)),
    )


def verdict(table: pd.DataFrame) -> Markup:
    """What lacking an assay goes with."""
    n = words.count(len(table), "test")
    found = table[_yes(table["flagged"])]
    if table.empty:
        return say("Too few subjects have or lack an assay to test whether that goes with the outcome or a covariate.")
    if found.empty:
        return say(
            "<strong>No assay is clearly missing because of the outcome or a covariate</strong> ({}, adjusted by Holm's method). That "
            "is no "
            "proof that it is missing by chance.",
            n,
        )
    parts = [
        say("{} with {} ({})", words.short(name), words.listing(words.short(variable) for variable in part["variable"]), _smallest(part))
        for name, part in found.groupby("modality", sort=False)
    ]
    return say(
        "<strong>Assays are not missing by chance alone.</strong> Lacking an assay, or single values of it, goes with who the subjects "
        "are: {} ({}, adjusted by Holm's method). Subjects with all assays are a selected group, and comparisons among them alone may be "
        "biased.",
        words.listing(parts),
        n,
    )


def _smallest(part: pd.DataFrame) -> str:
    return words.p_value(float(part["p_adjusted"].min()))


def _together(table: pd.DataFrame) -> list[Markup]:
    rows = table[table["variable"] == ALL]
    if rows.empty:
        return []
    return [
        say(
            "A test of all assays together (two components of each modality, compared between the {} subjects who lack and have each of "
            "the others) {} that assays are missing completely at random ({}, adjusted by Holm's method).",
            f"{int(rows['n_with'].iloc[0]):,}",
            "speaks against it" if _yes(rows["flagged"]).iloc[0] else "does not speak against it",
            words.p_value(float(rows["p_adjusted"].iloc[0])),
        )
    ]


def _untested(names: list[str]) -> Markup:
    """Assays of which nothing can be said."""
    return say(
        "Too few subjects have, or lack, {} to test whether those who lack {} are like those who have {}.",
        words.listing(words.short(name) for name in names),
        *["it" if len(names) == 1 else "them"] * 2,
    )


def _warning(name: object, part: pd.DataFrame) -> Markup:
    """What makes those who lack an assay unlike those who have it."""
    reasons = []
    for row in part.itertuples():
        ends = words.interval(row.lower, row.upper, 2)
        if row.variable == OTHERS:
            reasons.append(say("their other modalities tell them apart with an AUC of {} ({})", words.number(row.estimate, 2), ends))
        else:
            share = words.percent(row.estimate)
            reasons.append(say("{} of them lie further out than 95 % of those who have it, where 5 % are expected", share))
    far = (part["variable"] == DISTANCE).any()
    return say(
        "<strong>{}</strong>: the subjects who lack it differ from those who have it: {}. An imputer learned only from the latter{}.",
        words.short(name),
        words.listing(reasons),
        "; its values and intervals for the former rest on extrapolation"
        if far
        else ", and its errors may be larger for the former than the scores say, though they lie no further out",
    )


def _overlap(inputs: Inputs) -> Figure:
    facts = inputs.facts
    table = overlap.patterns(facts.has, facts.known)
    counts = facts.has.sum().sort_values(ascending=False, kind="stable")
    most, hidden = table.iloc[0], len(table) - overlap.MOST
    names = [name for name in counts.index if most[name]]
    caption = say(
        "Columns are patterns of modalities, filled dots the modalities in it; bars count its subjects. The most frequent "
        "pattern, {}, has {}.",
        words.listing(words.short(name) for name in names),
        words.count(int(most["n_subjects"]), "subject"),
    )
    if hidden > 0:
        caption += say(
            " {} rarer patterns with {} are not drawn.", hidden, words.count(int(table["n_subjects"][overlap.MOST :].sum()), "subject")
        )
    alt = f"Overlap of {len(counts)} modalities in {len(table)} patterns; " + "; ".join(
        f"{int(row['n_subjects'])} subjects have {words.listing(words.short(name) for name in counts.index if row[name]).unescape()}"
        for _, row in table.head(3).iterrows()
    )
    return Figure("overlap", overlap.draw(table, counts), "Who has which assays", caption, alt, table)


def _figure(table: pd.DataFrame) -> Figure:
    caption = (
        "Those who lack an assay against those who have it. a: how well their other modalities tell them apart (cross-validated area "
        "under the "
        "ROC curve; 0.5 is chance). b: share that lies further out than 95 % of those who have it (5 % is chance). With 95 % intervals; "
        "filled: "
        "flagged after Holm's adjustment."
    )
    alt = "Telling who lacks an assay: " + "; ".join(
        f"{words.short(row.modality)} {words.number(row.estimate, 2)}" for row in table[table["variable"] == OTHERS].itertuples()
    )
    drawing = extrapolation.draw(table.assign(flagged=_yes(table["flagged"])))
    return Figure("extrapolation", drawing, "Whether imputing is extrapolation", caption, alt, table)


def _table(table: pd.DataFrame) -> Table:
    heads = ["Modality", "Against", "Test", "Measure", "Estimate", "With", "Without", "p", "p, Holm", "Flagged"]
    rows = [
        [
            Cell(words.short(row.modality) or "all", sort=row.modality, strong=True),
            Cell(VARIABLES.get(row.variable) or words.short(row.variable)),
            Cell(str(row.test)),
            Cell(MEASURES.get(row.measure, str(row.measure))),
            Cell(words.number(row.estimate, 2), words.interval(row.lower, row.upper, 2) if math.isfinite(row.lower) else "", row.estimate),
            Cell(f"{row.n_with:,}", sort=float(row.n_with)),
            Cell(f"{row.n_without:,}", sort=float(row.n_without)),
            Cell(words.p_value(row.p_value, ""), sort=float(row.p_value)),
            Cell(words.p_value(row.p_adjusted, ""), sort=float(row.p_adjusted)),
            Cell("yes" if flag else "no"),
        ]
        for row, flag in zip(table.itertuples(), _yes(table["flagged"]), strict=True)
    ]
    caption = (
        "AUC against a number: chance that one who lacks the assay has the higher value; hazard ratio: of those who lack it. Of single "
        "values: those who lack more of them than half of the subjects who have the assay. Holm's adjustment is over the tests against "
        "outcome and covariates, and over those of the assays themselves."
    )
    numeric = [False, False, False, False, True, True, True, True, True, False]
    return Table("missingness", "Tests of missingness", caption, heads, rows, table, numeric, folded="Show the tests of missingness")


def _yes(cells: pd.Series) -> pd.Series:
    return cells.astype(str).str.lower().eq("true")
