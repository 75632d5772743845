"""Who was measured how: assays, the outcome, what was joined and what was not, and how good it is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation import curves
from mmomics.report import words
from mmomics.report.blocks import Cell, Figure, Section, Table, cells
from mmomics.report.facts import kaplan_meier
from mmomics.report.figures import outcome
from mmomics.report.inputs import Inputs
from mmomics.report.sections import quality
from mmomics.report.words import say

JOINS = {
    "n_samples": "Samples",
    "n_subjects": "Subjects",
    "n_replicates": "Replicates",
    "n_in_samples_table": "In samples table",
    "n_not_in_samples_table": "Left out",
    "n_with_outcome": "With outcome",
}


def section(inputs: Inputs) -> Section:
    """The assays and the outcome."""
    facts = inputs.facts
    blocks = [assays(inputs), _outcome(inputs)]
    blocks += [_joins(inputs.joins)] if len(inputs.joins) else []
    blocks += quality.blocks(inputs)
    complete = int(facts.has.all(axis=1).sum())
    known = int(facts.known.sum())
    lead = say(
        "{} of {} subjects ({}) have all {} modalities{}. The outcome is known for {} ({}).",
        f"{complete:,}",
        f"{len(facts.obs):,}",
        words.percent(complete / len(facts.obs)),
        facts.has.shape[1],
        "" if complete == len(facts.obs) else "; the others lack at least one, which stays missing",
        f"{known:,}",
        words.percent(known / len(facts.obs)),
    )
    return Section("cohort", "Cohort", [lead], blocks)


def assays(inputs: Inputs) -> Table:
    """One row per modality."""
    facts = inputs.facts
    joins = inputs.joins.set_index("modality") if "modality" in inputs.joins else pd.DataFrame()
    data = pd.DataFrame(
        {
            "modality": facts.modalities.index,
            "kind": facts.modalities["kind"].to_numpy(),
            "values": facts.modalities["values"].to_numpy(),
            "samples": [_number(joins, "n_samples", name) for name in facts.modalities.index],
            "subjects": facts.has.sum().to_numpy(),
            "subjects_without": 1 - facts.has.mean().to_numpy(),
            "with_outcome": facts.has[facts.known.to_numpy()].sum().to_numpy(),
            "features": facts.modalities["n_vars"].to_numpy(),
            "values_missing": [_number(quality.metrics(inputs.qc.get(name)), "value", "missing_share") for name in facts.modalities.index],
        }
    )
    rows = [
        [
            Cell(words.short(row.modality), sort=row.modality, strong=True),
            Cell(row.kind or words.DASH),
            Cell(row.values or words.DASH),
            Cell("" if np.isnan(row.samples) else f"{row.samples:,.0f}", sort=row.samples),
            Cell(f"{row.subjects:,}", sort=row.subjects),
            Cell(words.percent(row.subjects_without), sort=row.subjects_without),
            Cell(f"{row.with_outcome:,}", sort=row.with_outcome),
            Cell(f"{row.features:,}", sort=row.features),
            Cell(words.percent(row.values_missing), sort=row.values_missing),
        ]
        for row in data.rename(columns={"values": "scale"}).assign(values=data["values"]).itertuples()
    ]
    heads = ["Modality", "Kind", "Values", "Samples", "Subjects", "Subjects without", "With outcome", "Features", "Values missing"]
    caption = "Subjects without: share of the cohort that lacks the whole assay. Values missing: share of single values, as measured."
    return Table("assays", "Modalities", caption, heads, rows, data, [False] * 3 + [True] * 6)


def _outcome(inputs: Inputs) -> Figure:
    facts = inputs.facts
    rows = facts.outcome
    if facts.task == "survival":
        curve = kaplan_meier(rows[keys.TIME].to_numpy(float), facts.events.to_numpy())
        drawn = curves.kaplan_meier(rows[keys.TIME].to_numpy(float), facts.events.to_numpy())
        half = curve.loc[curve["survival"] <= 0.5, "time"]
        median = (
            f"Half have had the event by {words.number(float(half.iloc[0]), 0)} {facts.unit}."
            if len(half)
            else "More than half are event-free to the end."
        )
        caption = say(
            "Kaplan{}Meier curve of the {} subjects with outcome, {} events, with its 95 % band. {}",
            words.DASH,
            f"{len(rows):,}",
            f"{facts.n_rare:,}",
            median,
        )
        return Figure("outcome", outcome.survival(drawn, facts.unit), "The outcome", caption, caption.striptags(), drawn)
    if facts.task == "regression":
        values = rows[keys.LABEL].to_numpy(float)
        counts, edges = np.histogram(values, bins=min(24, max(6, int(np.sqrt(len(values))))))
        data = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "subjects": counts})
        caption = say(
            "Distribution of the outcome: {} subjects, mean {}, standard deviation {}, from {}.",
            f"{len(values):,}",
            words.number(values.mean()),
            words.number(values.std(ddof=1)),
            words.interval(values.min(), values.max()),
        )
        return Figure("outcome", outcome.histogram(edges, counts, facts.unit), "The outcome", caption, caption.striptags(), data)
    numbers = rows[keys.LABEL].value_counts().reindex(facts.classes, fill_value=0)
    data = numbers.rename_axis("class").reset_index(name="subjects")
    caption = say("Subjects per class. The rarest has {}.", words.count(int(numbers.min()), "subject"))
    alt = "Subjects per class: " + "; ".join(f"{words.short(name)} {n}" for name, n in numbers.items())
    return Figure("outcome", outcome.classes(numbers), "The outcome", caption, alt, data)


def _joins(joins: pd.DataFrame) -> Table:
    left = int(joins["n_not_in_samples_table"].sum()) if "n_not_in_samples_table" in joins else 0
    caption = "Samples matched to the samples table. Replicates: samples beyond one per subject. " + (
        f"{words.count(left, 'subject')} measured but not in the samples table were left out."
        if left
        else "Every subject measured was found there."
    )
    heads = [JOINS.get(name, words.sentence(name.replace("_", " "))) for name in joins.columns]
    return Table("joins", "What was joined", caption, heads, cells(joins), joins, [joins[name].dtype.kind in "if" for name in joins])


def _number(table: pd.DataFrame, column: str, row: str) -> float:
    return float(table.at[row, column]) if column in table and row in table.index else float("nan")
