"""Score the predictions and imputations of one cohort, with intervals, comparisons, calibration and curves."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mmomics import keys, plugins
from mmomics.errors import UserError, did_you_mean
from mmomics.storage import atomic

if TYPE_CHECKING:
    import pandas as pd

    from mmomics.config.run import Study
    from mmomics.evaluation.contract import Task

log = logging.getLogger(__name__)

RESAMPLES = 1000  # of the subjects, for the intervals of a single test set
RANKING_RESAMPLES = 400  # of the subjects, at most, for the ranking of a cross-validation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="the cohort's settings.json")
    parser.add_argument("--input", required=True, help="cohort.h5mu")
    parser.add_argument("--splits", required=True, help="splits.parquet")
    parser.add_argument("--predictions", required=True, nargs="+", help="folders that `train` wrote, <model>/<shard>")
    parser.add_argument("--imputations", default=[], nargs="*", help="folders that `impute` wrote, <imputer>/<shard>")
    parser.add_argument("--resamples", default=RESAMPLES, type=int, help="bootstrap resamples of the subjects")
    parser.add_argument("--output", required=True, help="folder of tables to write")


def run(args: argparse.Namespace) -> None:
    import pandas as pd

    from mmomics.cohort.data import read_cohort
    from mmomics.config.load import read_settings
    from mmomics.evaluation import (
        bootstrap,
        comparisons,
        coverage,
        folds,
        handling,
        imputation,
        missingness,
        patterns,
        robustness,
        strata,
        summary,
    )

    if args.resamples < 2:
        raise UserError("--resamples", f"{args.resamples} make no interval", f"leave it out for {RESAMPLES}")
    study = read_settings(args.settings)
    cohort = read_cohort(args.input)
    obs, outcome = cohort.obs, cohort.outcome
    task = cast("Task", plugins.load("evaluation", outcome["task"], where=args.input))
    plan = folds.read_folds(pd.read_parquet(args.splits), task.known(obs, outcome), args.splits, obs.get(keys.GROUP))
    predictions = by_name(args.predictions, "predictions.parquet")
    families = {model: family(study, model) for model in predictions}
    answers = {model: folds.arrange(table, plan, task.outputs(outcome), model) for model, table in predictions.items()}
    log.info("%s: %d models, %d folds, %d subjects with outcome", outcome["task"], len(answers), len(plan), len(task.known(obs, outcome)))

    metrics = summary.metrics(task, plan, answers)
    warn_undefined(metrics)
    one = len(plan) == 1
    n_draws = args.resamples if one else min(args.resamples, RANKING_RESAMPLES)
    draws = comparisons.draws(task, plan, answers, n_draws, study.seed)
    all_draws = {
        model: bootstrap.score_draws(task, plan[0], found[0], args.resamples, study.seed) for model, found in answers.items() if one
    }
    scores, assays = (by_name(args.imputations, f"{name}.parquet") for name in ("scores", "assays"))
    share = folds.mean_share(plan, labelled=False)
    held_out = {model: folds.pooled(plan, found) for model, found in answers.items()}
    tables = {
        "metrics": metrics,
        "summary": summary.summary(task, plan, metrics, families, all_draws),
        "comparisons": comparisons.comparisons(task, plan, metrics, families, draws, comparisons.single_modality(study)),
        "ranking": comparisons.ranking(task, draws),
        "coverage": coverage.coverage(task, plan, answers),
        "calibration": stacked({model: task.calibration(truth, found) for model, (truth, found, _) in held_out.items()}),
        "curves": stacked({model: task.curves(*rows) for model, rows in held_out.items()}),
        "imputation": imputation.imputation(scores, assays, share),
        "imputation_comparisons": imputation.comparisons(scores, assays, plugins.names("imputation"), share),
        "missingness": missingness.missingness(cohort, study.cohort.covariates, study.seed),
        "patterns": patterns.patterns(pd.DataFrame(cohort.seen), pd.Series(obs.index.isin(task.known(obs, outcome).index))),
    }
    if keys.STRATUM in obs:
        tables["strata"] = strata.strata(task, plan, answers, obs[keys.STRATUM], n_draws, study.seed)
    trusted = ensemble_weights(args.predictions)
    tables |= {"weights": trusted} if len(trusted) else {}
    if handling.alike(study, list(answers)):
        drawn = {
            model: [folds.arrange(part.drop(columns="draw"), plan, task.outputs(outcome), model) for _, part in table.groupby("draw")]
            for model, table in by_name(_with(args.predictions, "draws.parquet"), "draws.parquet").items()
        }
        seen = pd.DataFrame({name: flags for name, flags in cohort.seen.items() if flags.any()}, obs.index)
        tables["handling"] = handling.handling(task, plan, metrics, draws, drawn, study, seen)
        tables["summary"] = handling.with_scatter(tables["summary"], tables["handling"])
    hidden = by_name(_with(args.predictions, "subsets.parquet"), "subsets.parquet")
    if hidden:
        tables["robustness"] = robustness.robustness(task, plan, hidden, args.resamples, study.seed)
        tables["without"] = robustness.without(task, plan, answers, hidden, args.resamples, study.seed)
    with atomic(args.output) as draft:
        draft.mkdir()
        for name, table in tables.items():
            table.to_csv(draft / f"{name}.tsv", sep="\t", index=False)


def _with(folders: Sequence[str], file: str) -> list[str]:
    """The folders that hold a file."""
    return [folder for folder in folders if (Path(folder) / file).is_file()]


def by_name(folders: Sequence[str], file: str) -> dict[str, pd.DataFrame]:
    """One file of each `<name>/<shard>` folder, the shards of a name stacked.

    Raises
    ------
    UserError
        If no shard of a name holds the file.
    """
    import pandas as pd

    shards: dict[str, list[Path]] = {}
    for folder in folders:
        shards.setdefault(Path(folder).resolve().parent.name, []).append(Path(folder) / file)
    tables = {}
    for name, paths in shards.items():
        present = [path for path in paths if path.is_file()]  # a shard beyond the number of folds wrote none
        if not present:
            raise UserError(paths[0], "there is no such file", "run the step that writes it again")
        parts = [pd.read_parquet(path) for path in present]
        tables[name] = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return tables


def ensemble_weights(folders: Sequence[str]) -> pd.DataFrame:
    """How far each ensemble trusts each of its members: model, member, weight (mean over folds and seeds), lowest, highest."""
    import pandas as pd

    columns = ["model", "member", "weight", "lowest", "highest"]
    files = [(Path(folder).resolve().parent.name, Path(folder) / "weights.parquet") for folder in folders]
    parts = [pd.read_parquet(file).assign(model=model) for model, file in files if file.is_file()]
    if not parts:
        return pd.DataFrame(columns=columns)
    by_member = pd.concat(parts).groupby(["model", "member"], sort=False)["weight"]
    table = by_member.agg(weight="mean", lowest="min", highest="max").reset_index()
    return table.sort_values(["model", "weight"], ascending=[True, False], kind="stable", ignore_index=True)[columns]


def family(study: Study, model: str) -> str:
    """The family of a configured model's method; `baseline` for baselines.

    Raises
    ------
    UserError
        If the settings do not know the model.
    """
    if model not in study.models:
        raise UserError(f"predictions of '{model}'", "the settings have no such model", did_you_mean(model, study.models))
    method = str(study.models[model].method)
    package = plugins.package_of(method)
    return {"ensembles": "ensemble", "baselines": "baseline"}.get(str(package)) or plugins.family("fusion", method)


def stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of several models under one another, the model in the first column."""
    import pandas as pd

    for model, table in tables.items():
        table.insert(0, "model", model)
    full = [table for table in tables.values() if len(table)]
    return pd.concat(full or list(tables.values())[:1], ignore_index=True)


def warn_undefined(metrics: pd.DataFrame) -> None:
    """Say which metrics some folds do not define (one class only, no events): their means leave those folds out."""
    n_folds = metrics[[keys.REPEAT, keys.FOLD]].drop_duplicates().shape[0]
    undefined = metrics[metrics["value"].isna()]
    for metric, rows in undefined.groupby("metric", sort=False):
        log.warning("%s is undefined in %d of %d folds", metric, rows[[keys.REPEAT, keys.FOLD]].drop_duplicates().shape[0], n_folds)
