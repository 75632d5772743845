"""Everything that the report reads. A table that was not made is empty, and its section is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mmomics.config.load import read_settings
from mmomics.config.run import Study
from mmomics.errors import UserError
from mmomics.report.facts import Facts, read_facts

COLUMNS = {  # what each table must hold, by its file's name
    "metrics": ["model", "repeat", "fold", "seed", "metric", "value"],
    "summary": ["model", "family", "metric", "mean", "lower", "upper"],
    "comparisons": ["metric", "model", "reference", "difference", "lower", "upper", "p_value"],
    "ranking": ["model", "p_best", "rank_mean"],
    "calibration": ["model", "predicted", "observed"],
    "coverage": ["model", "class", "coverage", "lower", "upper", "size", "size_lower", "size_upper"],
    "curves": ["model"],
    "weights": ["model", "member", "weight", "lowest", "highest"],
    "imputation": ["imputer", "hidden", "modality", "metric", "mean", "lower", "upper"],
    "imputation_comparisons": [
        "hidden",
        "modality",
        "metric",
        "imputer",
        "reference",
        "difference",
        "lower",
        "upper",
        "p_value",
        "p_adjusted",
    ],
    "missingness": ["modality", "variable", "test", "measure", "estimate", "lower", "upper", "p_value", "p_adjusted", "flagged"],
    "handling": [
        "of",
        "model",
        "missing",
        "n_train",
        "metric",
        "mean",
        "lower",
        "upper",
        "n_draws",
        "fmi",
        "reference",
        "difference",
        "difference_lower",
        "difference_upper",
        "p_adjusted",
    ],
    "strata": ["model", "rows", "stratum", "n_subjects", "metric", "mean", "lower", "upper"],
    "robustness": ["model", "subset", "n_modalities", "n_subjects", "metric", "value", "lower", "upper"],
    "without": ["model", "modality", "metric", "value", "without", "difference", "lower", "upper"],
    "features": ["modality", "feature", "importance", "direction", "stability"],
    "modalities": ["modality", "share"],
    "quality": ["modality", "check", "value", "p_value", "flagged", "explanation"],
    "flags": ["modality", "sample", "flag", "explanation"],
    "records": ["modality", "sample", "subject", "minutes", "coverage", "status"],
}


@dataclass
class Inputs:
    """The settings, the cohort and the tables of one cohort's results."""

    study: Study
    settings: str  # as they stand in the file
    facts: Facts
    splits: pd.DataFrame
    joins: pd.DataFrame
    qc: dict[str, pd.DataFrame]  # modality -> table
    tables: dict[str, pd.DataFrame]  # stem of evaluate/*.tsv -> table
    history: pd.DataFrame
    features: dict[str, pd.DataFrame]  # model -> table
    modalities: dict[str, pd.DataFrame]  # model -> table
    quality: pd.DataFrame = field(default_factory=pd.DataFrame)  # checks of each modality
    flags: pd.DataFrame = field(default_factory=pd.DataFrame)  # samples that look wrong
    records: pd.DataFrame = field(default_factory=pd.DataFrame)  # every specimen and what devices recorded of it
    searched: pd.DataFrame = field(default_factory=pd.DataFrame)  # the settings that were tried, empty without a search

    def table(self, name: str) -> pd.DataFrame:
        """A table of `evaluate`, empty if it was not made."""
        return self.tables.get(name, pd.DataFrame(columns=COLUMNS[name]))


def read_inputs(args: Any) -> Inputs:
    """Read what the command line names.

    Raises
    ------
    UserError
        If a file that is named is missing, or a table lacks a column.
    """
    evaluate = Path(args.evaluate)
    if not evaluate.is_dir():
        raise UserError(evaluate, "is not a folder", "make it with `mmomics evaluate`")
    explained = {Path(folder).name: Path(folder) for folder in args.explain}
    tables = {file.stem: _tsv(file) for file in sorted(evaluate.glob("*.tsv"))}
    return Inputs(
        study=read_settings(args.settings),
        settings=Path(args.settings).read_text(encoding="utf-8"),
        facts=read_facts(args.input),
        splits=_parquet(args.splits),
        joins=_tsv(Path(args.joins)) if args.joins else pd.DataFrame(),
        qc={Path(file).name.removesuffix(".qc.tsv"): _tsv(Path(file)) for file in args.qc},
        tables={name: table for name, table in tables.items() if len(table)},
        history=_stacked(args.training, "history.parquet"),
        searched=_stacked(args.training, "search.parquet"),
        features={name: _tsv(folder / "features.tsv") for name, folder in sorted(explained.items())},
        modalities={name: _tsv(folder / "modalities.tsv") for name, folder in sorted(explained.items())},
        quality=_tsv(Path(args.quality)) if args.quality else pd.DataFrame(),
        flags=_tsv(Path(args.flags)) if args.flags else pd.DataFrame(),
        records=_tsv(Path(args.records)) if args.records else pd.DataFrame(),
    )


def _tsv(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=["", "nan", "NaN"])
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (OSError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise UserError(path, f"cannot be read as a table ({error})", "run the step that writes it again") from error
    missing = [column for column in COLUMNS.get(path.stem, []) if column not in table]
    if missing and len(table.columns):
        raise UserError(path, f"has no column '{missing[0]}'", "run the step that writes it again")
    for name in ("model", "modality", "feature", "imputer", "class", "group", "reference", "sample", "subject", "subset"):
        if name in table:  # names are text, also where they look like numbers
            table[name] = pd.read_csv(path, sep="\t", keep_default_na=False, usecols=[name], dtype=str)[name]
    return table


def _parquet(path: str | Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UserError(path, f"cannot be read ({error})", "run the step that writes it again") from error


def _stacked(folders: Sequence[str], name: str) -> pd.DataFrame:
    """One file of every model's shards, under one another; baselines have no learning curves, and few models were searched."""
    parts = []
    for folder in sorted(map(Path, folders)):
        if not (folder / name).is_file():
            continue
        part = _parquet(folder / name)
        if len(part):
            parts.append(part if "model" in part else part.assign(model=folder.parent.name))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
