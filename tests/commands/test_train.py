"""`mmomics train` and `mmomics stack`: linear models are fitted once for all trials, and what does not belong together is one line."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.__main__ import main
from mmomics.training import linear_models

N = 40
MODELS = {"linear": {}, "late_linear": {}, "hierarchical": {}, "stack": {"of": ["linear", "late_linear"]}, "other": {"method": "average"}}
TRAINING = {"members": 1, "epochs": 1}


def prepared(folder, n_features=5):
    """A cohort of two assays as far as `mmomics linear`; the arguments that its training verbs share."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    index = pd.Index([f"S{i:02d}" for i in range(N)], name="id")
    pd.DataFrame({"y": ["a", "b"] * (N // 2)}, index).to_csv(folder / "s.csv")
    for name in ("rna", "prot"):
        columns = [f"{name}{i}" for i in range(n_features)]
        pd.DataFrame(rng.normal(size=(N, n_features)), index, columns).to_csv(folder / f"{name}.csv")
    content = {
        "title": "t", "folder": str(folder), "samples": {"files": "s.csv", "index": "id"},
        "outcome": {"task": "binary", "column": "y", "positive": "a"}, "split": {"folds": 2, "inner": 2},
        "modalities": {name: {"kind": "generic", "files": f"{name}.csv"} for name in ("rna", "prot")},
    }  # fmt: skip
    (folder / "c.yaml").write_text(yaml.safe_dump(content))
    run = {"models": MODELS, "imputers": ["mean"], "training": TRAINING, "search": {"trials": 2}}
    settings, cohort, splits = ["--settings", f"{folder}/s.json"], ["--input", f"{folder}/c.h5mu"], ["--splits", f"{folder}/splits.parquet"]
    given = ["--config", json.dumps(run), "--cohorts-dir", str(folder), "--cohort", "c"]
    verbs = [["settings", *given, "--output", f"{folder}/s.json"]]
    for name in ("rna", "prot"):
        raw, ready = f"{folder}/{name}.raw.h5ad", f"{folder}/{name}.h5ad"
        verbs += [["ingest", *settings, "--modality", name, "--output", raw, "--qc", f"{folder}/qc.tsv"]]
        verbs += [["normalize", *settings, "--modality", name, "--input", raw, "--output", ready]]
    inputs = [f"{folder}/rna.h5ad", f"{folder}/prot.h5ad"]
    verbs += [["align", *settings, "--inputs", *inputs, "--output", f"{folder}/c.h5mu", "--tables", f"{folder}/align"]]
    verbs += [["split", *settings, *cohort, "--output", f"{folder}/splits.parquet"]]
    verbs += [["prepare", *settings, *cohort, *splits, "--output", f"{folder}/p.safetensors"]]
    verbs += [["linear", *settings, *cohort, *splits, "--prepare", f"{folder}/p.safetensors", "--output", f"{folder}/linear.safetensors"]]
    for verb in verbs:
        assert main(verb) == 0, verb
    return [*settings, *cohort, *splits]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of a cohort whose two linear models were trained in two shards."""
    folder = tmp_path_factory.mktemp("train") / "cohort"
    shared = prepared(folder)
    for model in ("linear", "late_linear"):
        for shard in ("1of2", "2of2"):
            assert train(folder, shared, "--model", model, "--shard", shard, "--output", f"{folder}/{model}/{shard}") == 0
    return folder, shared


def train(folder, shared, *more):
    return main(["train", *shared, "--prepare", f"{folder}/p.safetensors", *more])


def stack(folder, shared, members, *more):
    folders = [f"{folder}/{member}" for member in members]
    return main(["stack", *shared, "--members", *folders, "--output", f"{folder}/out", *more])


def one_line(caplog, folder, *phrases):
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is None and "\n" not in record.getMessage()
    assert [phrase for phrase in phrases if phrase not in record.getMessage()] == []
    assert not (folder / "out").exists()


def test_linear_models_are_fitted_once_for_all_trials(site, tmp_path, monkeypatch):
    folder, shared = site
    fitted, alone = [], linear_models.alone
    monkeypatch.setattr(linear_models, "alone", lambda *given: fitted.append(1) or alone(*given))
    assert train(folder, shared, "--model", "hierarchical", "--output", str(tmp_path / "out")) == 0
    assert len(fitted) == 2 * 2  # folds and modalities, however many trials
    assert pd.read_parquet(tmp_path / "out/search.parquet")["trial"].nunique() == 2
    assert (tmp_path / "out/subsets.parquet").is_file()
    fitted.clear()
    given = ["--linear", f"{folder}/linear.safetensors", "--output", str(tmp_path / "again")]
    assert train(folder, shared, "--model", "hierarchical", *given) == 0
    assert not fitted
    first, second = (pd.read_parquet(tmp_path / name / "predictions.parquet") for name in ("out", "again"))
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--model", "stack"], ["--model: 'stack' combines models and is not trained; combine them with `mmomics stack`"]),
        (["--model", "linaer"], ["models: there is no model 'linaer'; did you mean 'linear'?"]),
        (["--model", "linear", "--linear", "{folder}/p.safetensors"], ["p.safetensors: is no readable file of linear models"]),
        (["--model", "linear", "--linear", "{folder}/none"], ["none: is no readable file of linear models"]),
    ],
)
def test_what_cannot_be_trained(site, caplog, given, says):
    folder, shared = site
    assert train(folder, shared, *(part.format(folder=folder) for part in given), "--output", f"{folder}/out") == 2
    one_line(caplog, folder, *says)


def test_linear_models_of_another_cohort(site, tmp_path, caplog):
    folder, shared = site
    prepared(tmp_path / "wider", n_features=9)
    for model in ("linear", "hierarchical"):
        given = ["--linear", f"{tmp_path}/wider/linear.safetensors", "--output", f"{folder}/out"]
        caplog.clear()
        assert train(folder, shared, "--model", model, *given) == 2
        one_line(
            caplog, folder, "linear.safetensors: was fitted on other splits, outcomes or features", "make it anew with `mmomics linear`"
        )


BOTH = ["linear/1of2", "late_linear/1of2"]


@pytest.mark.parametrize(
    ("members", "given", "says"),
    [
        (BOTH, ["--model", "stakc"], ["models: there is no model 'stakc'; did you mean 'stack'?"]),
        (BOTH, ["--model", "linear"], ["--model: 'linear' combines no models; train it with `mmomics train`"]),
        (BOTH[:1], ["--model", "stack"], ["--members: 'stack' combines linear, late_linear; give one folder <model>/<shard> of each"]),
        (["linear/1of2", "linear/2of2"], ["--model", "stack"], ["--members: 'stack' combines linear, late_linear"]),
        (
            ["linear/1of2", "late_linear/9of9"],
            ["--model", "stack", "--shard", "1of2"],
            ["late_linear/9of9: has no readable predictors"],
        ),
        (["linear/1of2", "late_linear/2of2"], ["--model", "stack", "--shard", "1of2"], ["late_linear/2of2: is of other folds or seeds"]),
        (BOTH, ["--model", "stack", "--shard", "2of2"], ["linear/1of2: is of other folds or seeds than the shard"]),
        (BOTH, ["--model", "stack", "--shard", "7of9"], ["--shard: '7of9' has no folds"]),
        (BOTH, ["--model", "stack", "--shard", "final"], ["--folds: the weights of the bundle are those of the folds"]),
        (BOTH, ["--model", "stack", "--shard", "final", "--folds", "nowhere"], ["nowhere: has no readable weights.parquet"]),
    ],
)
def test_what_cannot_be_combined(site, caplog, members, given, says):
    folder, shared = site
    assert stack(folder, shared, members, *given) == 2
    one_line(caplog, folder, *says)


def test_members_are_combined_in_any_order(site, caplog):
    folder, shared = site
    for members in (BOTH, BOTH[::-1]):
        assert stack(folder, shared, members, "--model", "stack", "--shard", "1of2") == 0
        weights = pd.read_parquet(folder / "out/weights.parquet")
        assert set(weights["member"]) == {"linear", "late_linear"} and weights["weight"].sum() == pytest.approx(1)
        shutil.rmtree(folder / "out")
    weights["member"] = "hierarchical"
    for name, table in (("weights", weights), ("predictors", weights)):
        (folder / "odd").mkdir(exist_ok=True)
        table.to_parquet(folder / f"odd/{name}.parquet")
    assert stack(folder, shared, BOTH, "--model", "stack", "--shard", "final", "--folds", f"{folder}/odd") == 2
    one_line(caplog, folder, "--folds: they combine hierarchical; make them anew")
