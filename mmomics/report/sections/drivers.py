"""What the predictions rest on: modalities, features, and whether models agree."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from mmomics.evaluation.comparisons import single_modality
from mmomics.report import words
from mmomics.report.blocks import Cell, Figure, Section, Table
from mmomics.report.figures import agreement, contributions, features
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import model, say

TOP = 20
STABLE = 0.8
REASONS = dict.fromkeys(("forest", "boosting"), "trees have no gradients to attribute")  # why a method cannot be explained


def section(inputs: Inputs, standing: Standing | None) -> Section | None:
    """Contributions, top features and agreement; None when no model was explained."""
    order = list(standing.table.index) if standing is not None else []
    shares = _ordered({name: table for name, table in inputs.modalities.items() if len(table)}, order)
    tops = _ordered({name: _top(table) for name, table in inputs.features.items() if len(table)}, order)
    if not shares and not tops:
        return None
    families = dict(inputs.table("summary").drop_duplicates("model").set_index("model")["family"])
    lead, blocks = [], list[Any]()
    if shares:
        name = next(iter(shares))
        first = shares[name].sort_values("share", ascending=False).iloc[0]
        lead.append(
            say(
                "{} draws most on {} ({} of its attribution). Shares say what a model uses, not what causes the outcome.",
                model(name),
                words.short(first["modality"]),
                words.percent(float(first["share"])),
            )
        )
        blocks.append(_contributions(shares, families))
    if tops:
        name, table = next(iter(tops.items()))
        blocks.append(_features(name, table))
        blocks += [_feature_table(name, table, inputs.facts.meanings) for name, table in tops.items()]
    if len(tops) > 1:
        figure, text = _agreement(tops)
        blocks.append(figure)
        lead.append(text)
    lead.append(say("Explained are the models fitted to the whole cohort, the ones that predict on new subjects."))
    left = _unexplained(inputs, {*shares, *tops})
    lead += [left] if left else []
    return Section("drivers", "What drives the prediction", lead, blocks)


def _unexplained(inputs: Inputs, explained: set[str]) -> Markup | None:
    """Which models have results but no explanation; one modality alone leaves nothing to share out."""
    passed = explained | set(single_modality(inputs.study))
    names = [name for name in dict.fromkeys(inputs.table("summary")["model"]) if name not in passed]
    if not names:
        return None
    methods = {name: str(inputs.study.models[name].method) if name in inputs.study.models else "" for name in names}
    parts = [say("{} ({})", model(name), REASONS[methods[name]]) if methods[name] in REASONS else model(name) for name in names]
    return say("Not explained: {}.", words.listing(parts))


def _ordered(tables: dict[str, pd.DataFrame], order: list[str]) -> dict[str, pd.DataFrame]:
    """The best model first."""
    return {name: tables[name] for name in [*(n for n in order if n in tables), *(n for n in tables if n not in order)]}


def _top(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("importance", ascending=False, kind="stable", ignore_index=True).head(TOP)


def _stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.assign(model=name) for name, table in tables.items()], ignore_index=True)


def _contributions(shares: dict[str, pd.DataFrame], families: dict[str, str]) -> Figure:
    caption = say(
        "Share of each model's absolute attribution that lies on a modality, with 95 % intervals over subjects; dashed = equal shares."
    )
    leaders = [(name, table.loc[table["share"].idxmax()]) for name, table in shares.items()]
    alt = "Shares of modalities by model: " + "; ".join(
        f"{words.short(name)} most on {words.short(row['modality'])} ({words.percent(float(row['share']))})" for name, row in leaders
    )
    return Figure("contributions", contributions.draw(shares, families), "Contribution of each modality", caption, alt, _stacked(shares))


def _features(name: str, table: pd.DataFrame) -> Figure:
    caption = say("The {} features that move {} most; colour = what a higher value speaks for.", len(table), model(name))
    if table["stability"].notna().any():
        n_stable = int((table["stability"] >= STABLE).sum())
        caption = say(
            "<b>a</b>, {}{} <b>b</b>, stability: share of the model's networks that rank the feature high; {} of {} reach {}.",
            caption[0].lower(), caption[1:], n_stable, len(table), STABLE,
        )  # fmt: skip
    alt = (
        f"Top features of {words.short(name)}: " + ", ".join(words.short(feature) for feature in table["feature"].head(5)) + " and others."
    )
    return Figure("features", features.draw(table), f"Top features of {words.short(name)}", caption, alt, table)


def _feature_table(name: str, table: pd.DataFrame, meanings: dict[tuple[str, str], str]) -> Table:
    toward = "toward" in table and table["toward"].notna().any()
    rows = [
        [
            Cell(
                words.short(row["feature"], 60),
                note=meanings.get((str(row["modality"]), str(row["feature"])), ""),
                sort=str(row["feature"]),
                strong=True,
            ),
            Cell(words.short(row["modality"]), sort=str(row["modality"])),
            Cell(f"{100 * row['importance']:.2f} %", sort=float(row["importance"])),
            Cell(words.signed(row["direction"], 2), sort=float(row["direction"])),
            *([Cell(words.short(row["toward"], 40))] if toward else []),
            Cell(words.number(row["stability"], 2), sort=float(row["stability"])),
        ]
        for _, row in table.iterrows()
    ]
    heads = ["Feature", "Modality", "Importance", "Direction", *(["Speaks for"] if toward else []), "Stability"]
    caption = "Importance: share of all attribution. Direction: correlation of attribution with value."
    numeric = [False, False, True, True, *([False] if toward else []), True]
    return Table(
        f"features_{name}",
        f"Top features of {words.short(name)}",
        caption,
        heads,
        rows,
        table,
        numeric,
        folded=f"Show the top features of {words.short(name)}",
    )


def _agreement(tops: dict[str, pd.DataFrame]) -> tuple[Figure, Markup]:
    sets = {name: set(zip(table["modality"], table["feature"], strict=True)) for name, table in tops.items()}
    shared = pd.DataFrame({a: {b: len(sets[a] & sets[b]) for b in sets} for a in sets}).loc[list(sets), list(sets)]
    votes = pd.Series([pair for names in sets.values() for pair in sorted(names)]).value_counts()
    order = sorted(votes.index, key=lambda pair: (-votes[pair], pair))
    common = [
        f"{words.short(feature)} ({int(votes[modality, feature])} models)"
        for modality, feature in order[:5]
        if votes[modality, feature] > 1
    ]
    pairs = [shared.iloc[i, j] for i in range(len(shared)) for j in range(i)]
    text = say("Of their top {} features, two models have {} in common on average", TOP, words.number(sum(pairs) / len(pairs), 1))
    text += say("; most often named: {}.", words.listing(common)) if common else say("; none is named by two models.")
    caption = say("Number of features that two models have in common among their top {}.", TOP)
    alt = str(text.striptags())
    data = shared.rename_axis("model").reset_index()
    return Figure("agreement", agreement.draw(shared), "Agreement between models", caption, alt, data), text
