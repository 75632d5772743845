"""`mmomics evaluate` from files to tables, for every task."""

import json
import subprocess
import sys

import anndata
import mudata
import numpy as np
import pandas as pd
import pytest

from mmomics.__main__ import main
from mmomics.cohort.data import write_cohort
from tests.evaluation.simulate import OUTCOMES, TASKS, observed, predicted
from tests.evaluation.test_folds import make_predictions, make_splits
from tests.evaluation.test_imputation import make_assays, make_scores

N = 90
MODELS = {"strong": ("poe_vae", 0.1), "linear": ("linear", 1.0), "weak": ("forest", 4.0)}
TABLES = {
    "metrics": ["model", "repeat", "fold", "seed", "metric", "value"],
    "summary": ["model", "family", "metric", "mean", "lower", "upper", "n_subjects", "n_folds"],
    "comparisons": ["metric", "model", "reference", "difference", "lower", "upper", "p_value"],
    "ranking": ["model", "p_best", "rank_mean"],
    "coverage": ["model", "class", "nominal", "coverage", "lower", "upper", "size", "size_lower", "size_upper", "n"],
    "calibration": ["model", "predicted", "observed", "lower", "upper", "n"],
    "curves": ["model"],
    "imputation": ["imputer", "hidden", "modality", "metric", "mean", "lower", "upper", "n_features"],
    "imputation_comparisons": ["modality", "imputer", "reference", "difference", "lower", "upper", "p_value", "p_adjusted"],
    "missingness": ["modality", "variable", "test", "measure", "estimate", "lower", "upper", "p_value", "p_adjusted", "flagged"],
    "patterns": ["rna", "n_subjects", "with_outcome"],
}
COLUMN = {"survival": {"time": "t", "event": "e"}}


def write_inputs(folder, task, preset=False):
    """A cohort of which some subjects have no outcome, its splits, and predictions of three models in two shards."""
    obs, cause = observed(task, N)
    obs.iloc[-10:, 0] = np.nan  # no label, or no time
    outcome = {**OUTCOMES[task], "classes": np.array(OUTCOMES[task]["classes"], dtype=object)}
    var = pd.DataFrame({"feature": list("abcd")}, index=[f"rna:{name}" for name in "abcd"])
    rna = anndata.AnnData(np.random.default_rng(0).normal(size=(N, 4)).astype("float32"), pd.DataFrame(index=obs.index), var)
    cohort = mudata.MuData({"rna": rna})
    for column in obs:
        cohort.obs[column] = obs[column]
    cohort.uns["outcome"] = outcome
    write_cohort(folder / "cohort.h5mu", cohort)
    splits = make_splits(N, 2 if preset else 3, 1 if preset else 2, without=10)
    splits = splits[splits["fold"] < 1] if preset else splits
    splits.to_parquet(folder / "splits.parquet")
    for model, (_, noise) in MODELS.items():
        for shard, rows in make_predictions(predicted(task, cause, noise), splits).groupby("seed"):
            place = folder / "train" / model / f"{shard + 1}of2"
            place.mkdir(parents=True)
            rows.to_parquet(place / "predictions.parquet")
    for shard in ("1of2", "2of2"):  # the second has no fold left to score
        (folder / "impute" / "ridge" / shard).mkdir(parents=True)
    for name, table in (("scores", make_scores(1 if preset else 3)), ("assays", make_assays(1 if preset else 3))):
        table.to_parquet(folder / "impute" / "ridge" / "1of2" / f"{name}.parquet")
    about = {"task": task, **COLUMN.get(task, {"column": "y"}), **({"positive": "ill"} if task == "binary" else {})}
    section = {"split": {}, "prepare": {}, "training": {}}
    settings = {
        "name": "toy", "folder": ".", "models": {model: {"method": method, "explained": True} for model, (method, _) in MODELS.items()},
        "cohort": {"title": "toy", "folder": ".", "samples": {"files": "s.tsv"}, "outcome": about,
                   "modalities": {"rna": {"kind": "rna", "files": "r.tsv"}}},
        "imputers": ["ridge"], "seed": 0, "seeds": 2, "shards": 2, **section,
    }  # fmt: skip
    (folder / "settings.json").write_text(json.dumps(settings))


def arguments(folder, resamples=60):
    shards = [str(path) for path in sorted((folder / "train").glob("*/*"))]
    imputations = [str(path) for path in sorted((folder / "impute").glob("*/*"))]
    return [
        "evaluate", "--settings", str(folder / "settings.json"), "--input", str(folder / "cohort.h5mu"),
        "--splits", str(folder / "splits.parquet"), "--predictions", *shards, "--imputations", *imputations,
        "--resamples", str(resamples), "--output", str(folder / "evaluate"),
    ]  # fmt: skip


def read(folder):
    return {path.stem: pd.read_csv(path, sep="\t") for path in (folder / "evaluate").glob("*.tsv")}


@pytest.mark.parametrize("preset", [False, True], ids=["kfold", "preset"])
@pytest.mark.parametrize("task", TASKS)
def test_from_files_to_tables(tmp_path, task, preset):
    from mmomics import plugins

    module = plugins.load("evaluation", task)
    write_inputs(tmp_path, task, preset)
    assert main(arguments(tmp_path)) == 0
    tables = read(tmp_path)
    assert set(tables) == set(TABLES)
    for name, columns in TABLES.items():
        assert set(columns) <= set(tables[name]), name
        assert len(tables[name]) or (name, task) == ("curves", "regression") or name in ("imputation_comparisons", "missingness")
    n_folds = 1 if preset else 6
    assert len(tables["metrics"]) == len(MODELS) * n_folds * 2 * len(module.METRICS)
    summary = tables["summary"]
    assert dict(zip(summary["model"], summary["family"], strict=True)) == {"strong": "generative", "linear": "baseline", "weak": "baseline"}
    assert summary["model"].iloc[0] == "strong"
    assert summary["metric"].iloc[0] == module.PRIMARY
    n_tested = pd.read_parquet(tmp_path / "splits.parquet").query("role == 'test'")["subject"].nunique()
    assert (summary["n_subjects"] == n_tested).all()
    assert (summary["n_folds"] == n_folds).all()
    low, high = (summary["metric"].map(lambda metric, side=side: module.RANGE[metric][side]) for side in (0, 1))
    assert (summary["lower"].between(low, high) & summary["upper"].between(low, high)).all()
    primary = summary[summary["metric"] == module.PRIMARY]
    values = tables["metrics"].query("metric == @module.PRIMARY").groupby("model")["value"].mean()
    np.testing.assert_allclose(primary["mean"], values[primary["model"]], atol=1e-12)
    assert set(tables["comparisons"]["reference"]) == {"linear"}
    assert tables["ranking"]["model"].iloc[0] == "strong"
    assert set(tables["calibration"]["model"]) == set(MODELS)


def test_what_an_ensemble_trusts_is_told(tmp_path):
    write_inputs(tmp_path, "binary")
    for shard, weight in (("1of2", [0.25, 0.75]), ("2of2", [0.75, 0.25])):
        trust = pd.DataFrame({"repeat": 0, "fold": 0, "seed": 0, "member": ["linear", "weak"], "weight": weight})
        trust.to_parquet(tmp_path / "train" / "strong" / shard / "weights.parquet")
    main(arguments(tmp_path))
    table = read(tmp_path)["weights"]
    assert table["member"].tolist() == ["linear", "weak"] and set(table["model"]) == {"strong"}
    assert (table[["weight", "lowest", "highest"]] == [0.5, 0.25, 0.75]).all(axis=None)


def test_twice_the_same(tmp_path):
    write_inputs(tmp_path, "survival")
    main(arguments(tmp_path))
    first = {path.name: path.read_bytes() for path in (tmp_path / "evaluate").iterdir()}
    main(arguments(tmp_path))
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "evaluate").iterdir()}


def test_no_subject_is_named_in_any_table(tmp_path):
    write_inputs(tmp_path, "binary")
    main(arguments(tmp_path))
    assert not any("s00" in path.read_text() for path in (tmp_path / "evaluate").iterdir())


def test_a_cohort_of_one_modality_has_an_imputation_table_without_rows(tmp_path):
    write_inputs(tmp_path, "binary")
    make_scores()[:0].to_parquet(tmp_path / "impute" / "ridge" / "1of2" / "scores.parquet")
    pd.DataFrame().to_parquet(tmp_path / "impute" / "ridge" / "2of2" / "scores.parquet")
    assert main(arguments(tmp_path)) == 0
    table = read(tmp_path)["imputation"]
    assert list(table.columns) == TABLES["imputation"] and not len(table)


def spoil_shard(folder):
    (folder / "train" / "weak" / "2of2" / "predictions.parquet").unlink()
    table = pd.read_parquet(folder / "train" / "weak" / "1of2" / "predictions.parquet")
    table[~((table["fold"] == 1) & (table["repeat"] == 0))].to_parquet(folder / "train" / "weak" / "1of2" / "predictions.parquet")


def spoil_model(folder):
    (folder / "train" / "linear").rename(folder / "train" / "linaer")


def spoil_empty(folder):
    for path in (folder / "train" / "strong").glob("*/*"):
        path.unlink()


def spoil_cohort(folder):
    (folder / "cohort.h5mu").write_text("no cohort")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_shard, "predictions of 'weak': repeat 0 fold 1 seed 0: "),
        (spoil_model, "did you mean 'linear'"),
        (spoil_empty, "there is no such file"),
        (spoil_cohort, "cohort.h5mu: is no cohort file"),
    ],
)
def test_mistakes_are_named(tmp_path, caplog, spoil, message):
    write_inputs(tmp_path, "binary")
    spoil(tmp_path)
    assert main(arguments(tmp_path)) == 2
    assert message in caplog.text
    assert not (tmp_path / "evaluate").exists()


def test_undefined_folds_are_said_and_counted(tmp_path, caplog):
    """Without an event in a fold its scores are no number, and the means say of how many folds they are."""
    write_inputs(tmp_path, "survival")
    splits = pd.read_parquet(tmp_path / "splits.parquet")
    silent = splits.query("repeat == 0 and fold == 1 and role == 'test'")["subject"]
    cohort = mudata.read_h5mu(tmp_path / "cohort.h5mu")
    cohort.obs.loc[silent, "event"] = False
    write_cohort(tmp_path / "cohort.h5mu", cohort)
    assert main(arguments(tmp_path)) == 0
    assert "cindex is undefined in 1 of 6 folds" in caplog.text
    assert (read(tmp_path)["summary"]["n_folds"] == 5).all()


def test_no_torch_and_no_gpl_library_is_loaded(tmp_path):
    write_inputs(tmp_path, "survival")
    code = f"import sys; from mmomics.__main__ import main; assert main({arguments(tmp_path)!r}) == 0; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "lifelines" in loaded
    assert not {"torch", "sksurv", "matplotlib.pyplot"} & set(loaded)
