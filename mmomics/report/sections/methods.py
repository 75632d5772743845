"""The protocol in words, the limits, the settings as they were, and the versions."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd
from markupsafe import Markup

from mmomics import __version__, keys
from mmomics.report import preprocessing, words
from mmomics.report.blocks import Cell, Fold, Notes, Section, Table
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import say

PACKAGES = ["numpy", "pandas", "scipy", "scikit-learn", "torch", "anndata", "mudata", "lifelines", "captum", "pydantic", "matplotlib"]
SMALL, WIDE, FEW = 200, 0.15, 10  # subjects, width of an interval (of metrics from 0 to 1), events per test fold
LIMITED = {"auroc", "balanced_accuracy", "cindex"}


def section(inputs: Inputs, standing: Standing | None) -> Section:
    """What was done, and how far it carries."""
    cautions = limits(inputs, standing)
    blocks: list[Any] = [Notes("Limits", cautions, warning=True)] if cautions else []
    source = inputs.study.cohort.source
    cite = say("Cite mmomics {} and the references of the methods used (`mmomics methods` lists them)", __version__)
    cite += say(", and the source of the data: {}.", source.rstrip(".")) if source else say(", and the source of the data.")
    blocks += [Notes("What was done to each modality", preprocessing.each(inputs.study))]
    blocks += [Notes("How to cite", [cite]), _models(inputs), Fold("All settings (settings.json)", inputs.settings), _versions()]
    return Section("methods", "Methods and settings", protocol(inputs), blocks)


def protocol(inputs: Inputs) -> list[Markup]:
    """Who trained, who tested, and what was learned where."""
    study, split = inputs.study, inputs.study.split
    if split.scheme == "preset":
        who = say("One test set was given beforehand (column {}); all other subjects train.", split.column)
    else:
        times = f", repeated {split.repeats} times with new shuffles" if split.repeats > 1 else ""
        who = say(
            "{}-fold cross-validation by subject, stratified by the outcome{}: each subject is tested once per repeat.", split.folds, times
        )
    who += say(" Rows with equal {} stay on one side of a split.", split.group) if split.group else Markup("")
    sizes = fold_sizes(inputs)
    who += say(" Test folds hold {} subjects.", _span(sizes["subjects"])) if len(sizes) else Markup("")
    inner = say(
        "Training rows are split again into {} inner folds for stopping, choice of penalties and "
        "calibration. Each fold and seed trains {} that hold out "
        "different inner folds, and averages them; {}.",
        split.inner,
        words.count(study.training.members, "network"),
        words.count(study.seeds, "seed") + f" from {study.seed}",
    )
    learned = say(
        "Learned on training rows only, in each fold anew: {}; then every model, its stopping and its calibration. Normalisation before "
        "that looks at one sample at a time. A missing assay stays missing: a model sees what each subject has.",
        "; ".join(preprocessing.learned(study.prepare)),
    )
    several = len(sizes) > 1
    intervals = say(
        "Intervals over folds use the corrected resampled t (Nadeau and Bengio 2003), since folds share training rows."
        if several
        else "Intervals come from a bootstrap over the subjects of the one test set, with the training rows held fixed."
    )
    return [preprocessing.rows(study) + " " + who + " " + inner, learned, intervals]


def fold_sizes(inputs: Inputs) -> pd.DataFrame:
    """Subjects and rarest outcome (events, or members of the rarest class) of every test fold."""
    facts, splits = inputs.facts, inputs.splits
    test = splits[(splits[keys.FOLD] != keys.WHOLE) & (splits[keys.ROLE] == keys.TEST)]
    rows = []
    for _, part in test.groupby([keys.REPEAT, keys.FOLD]):
        known = facts.outcome.loc[facts.outcome.index.intersection(part[keys.SUBJECT])]
        if facts.task == "survival":
            rare = int(known[keys.EVENT].astype(bool).sum())
        elif facts.task == "regression":
            rare = len(known)
        else:
            rare = int(known[keys.LABEL].value_counts().reindex(facts.classes, fill_value=0).min())
        rows.append((len(part), rare))
    return pd.DataFrame(rows, columns=["subjects", "rare"])


def limits(inputs: Inputs, standing: Standing | None) -> list[Markup | str]:
    """Reasons for caution that the numbers themselves give."""
    facts, split, found = inputs.facts, inputs.study.split, list[Markup | str]()
    n = int(facts.known.sum())
    if n < SMALL:
        found.append(
            f"Small cohort: {words.count(n, 'subject')} with outcome (fewer than {SMALL}). Expect other rankings "
            "in other cohorts; differences of a few hundredths mean little."
        )
    sizes = fold_sizes(inputs)
    if len(sizes) and facts.task != "regression" and sizes["rare"].min() < FEW:
        what = "events" if facts.task == "survival" else "subjects of the rarest class"
        found.append(f"Few {what} per test fold ({_span(sizes['rare'])}): scores of single folds are noisy.")
    if standing is not None:
        row = standing.table.loc[standing.best]
        if standing.metric in LIMITED and row["upper"] - row["lower"] > WIDE:
            found.append(
                say(
                    "Wide interval: the {} of {} is known only to within {}.",
                    words.metric(standing.metric),
                    words.model(standing.best),
                    words.interval(row["lower"], row["upper"], 2),
                )
            )
        if len(standing.table) > 1:
            found.append(
                f"{len(standing.table)} models were compared on the same rows, so the score of the best one is somewhat optimistic."
            )
    if split.scheme == "preset":
        found.append("One fixed test set: luck of that split is not averaged out.")
    elif split.repeats == 1:
        found.append("One shuffle of the folds: repeats (`split.repeats`) would average out the luck of the partition.")
    if n < len(facts.obs):
        found.append(f"Trained on, never tested: {words.count(len(facts.obs) - n, 'subject')} without outcome.")
    found.append("All scores are internal: subjects of the same study. They say nothing of other centres, platforms or populations.")
    return found


def _span(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _models(inputs: Inputs) -> Table:
    models = inputs.study.models
    rows, data = [], []
    for name, model in models.items():
        method = str(model.method or name)
        seen = ", ".join(model.modalities) if model.modalities else "all"
        changes = ", ".join(f"{key} = {value}" for key, value in model.params.items()) or "defaults"
        about = _summary(method)
        rows.append([Cell(words.short(name), strong=True), Cell(method), Cell(about), Cell(seen), Cell(changes)])
        data.append((name, method, about, seen, changes))
    frame = pd.DataFrame(data, columns=["model", "method", "about", "modalities", "params"])
    heads = ["Model", "Method", "What it is", "Sees", "Parameters"]
    return Table(
        "configured_models",
        "Models as configured",
        "",
        heads,
        rows,
        frame,
        [False] * 5,
        sortable=False,
        folded="Show the models as configured",
    )


def _summary(method: str) -> str:
    from mmomics import plugins

    package = plugins.package_of(method)
    return plugins.summary(package, method).rstrip(".") if package else ""


def _versions() -> Table:
    found = {"mmomics": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    frame = pd.DataFrame({"package": list(found), "version": list(found.values())})
    rows = [[Cell(name, strong=True), Cell(number)] for name, number in found.items()]
    return Table(
        "versions",
        "Versions",
        "As installed where this report was made.",
        ["Package", "Version"],
        rows,
        frame,
        [False, False],
        sortable=False,
        folded="Show the versions",
    )
