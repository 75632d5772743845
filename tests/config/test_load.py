"""A run's configuration and a cohort file become one `Study`, or a line that says what is wrong with which key."""

import copy
import json

import pytest
import yaml

from mmomics import plugins
from mmomics.config.check import check
from mmomics.config.load import read_settings, read_study
from mmomics.config.run import Run
from mmomics.errors import UserError

COHORT = {
    "title": "t",
    "folder": "{data_dir}/mine",
    "samples": {"files": "s.tsv"},
    "outcome": {"task": "survival", "time": "days", "event": "dead"},
    "modalities": {"rna": {"kind": "rna", "files": "rna.tsv"}, "meth": {"kind": "methylation", "files": {"a": "m1.csv", "b": "m2.csv"}}},
}
METHOD = plugins.names("fusion")[0]


@pytest.fixture
def study(tmp_path):
    (tmp_path / "data/mine").mkdir(parents=True)
    for name in ("s.tsv", "rna.tsv", "m1.csv", "m2.csv"):
        (tmp_path / "data/mine" / name).touch()

    def build(cohort=None, **run):
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump({**copy.deepcopy(COHORT), **(cohort or {})}))
        run = {"models": {METHOD: {}}, "imputers": ["mean"], "data_dir": str(tmp_path / "data"), **run}
        return read_study("mine", check(Run, run, "run"), file)

    return build


def test_the_cohort_wins_over_the_run_and_the_run_over_the_defaults(study):
    settled = study({"split": {"folds": 3}}, split={"folds": 7, "inner": 4})
    assert (settled.split.folds, settled.split.inner, settled.split.repeats) == (3, 4, 1)


def test_settled_settings_survive_the_file(study, tmp_path):
    settled = study()
    (tmp_path / "settings.json").write_text(json.dumps(settled.model_dump(mode="json")))
    assert read_settings(tmp_path / "settings.json") == settled


def test_home_is_expanded(study, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert study(data_dir="~/data").folder == str(tmp_path / "data/mine")


def test_relative_folders_start_at_the_working_directory(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert study(data_dir="data").folder == "data/mine"


def test_a_model_keeps_the_modalities_that_the_cohort_has(study, caplog):
    models = {"a": {"method": METHOD, "modalities": ["rna", "ecg"]}, "b": {"method": METHOD, "modalities": ["ecg"]}}
    settled = study(models=models)
    assert settled.models["a"].modalities == ["rna"]
    assert list(settled.models) == ["a"]
    assert "models.b: cohort mine has no ecg; model left out" in caplog.text


def test_one_model_per_assay(study):
    settled = study(models={"single": {"method": METHOD, "per_modality": True, "ship": False}, METHOD: {}})
    assert {name: model.modalities for name, model in settled.models.items()} == {
        "single_rna": ["rna"],
        "single_meth": ["meth"],
        METHOD: None,
    }
    assert not settled.models["single_rna"].ship and settled.models[METHOD].ship


def test_an_ensemble_takes_the_models_that_the_cohort_has(study, caplog):
    models = {
        "clinical": {"method": "linear", "modalities": ["clinical"]},
        "linear": {},
        "single": {"method": METHOD, "per_modality": True},
        "stack": {"of": ["clinical", "linear"]},
        "assays": {"method": "stack", "of": ["single", "single_rna", "single_ecg"]},
        "average": {"of": ["clinical"]},
    }
    settled = study(models=models).models
    assert set(settled) == {"linear", "single_rna", "single_meth", "stack", "assays"}
    assert settled["stack"].of == ["linear"] and sorted(settled["assays"].of) == ["single_meth", "single_rna"]
    for said in ("models.stack.of: cohort mine has no clinical", "models.assays.of: cohort mine has no single_ecg",
                 "models.average: cohort mine has none of the models that it combines; model left out"):  # fmt: skip
        assert said in caplog.text
    assert study({"covariates": ["age"]}, models=models).models["stack"].of == ["clinical", "linear"]


def test_a_list_of_ways_to_deal_with_missing_modalities_makes_a_model_of_each(study):
    models = {
        "linear": {"missing": ["single", "native", "complete", "multiple"]},
        "filled": {"method": METHOD, "missing": "multiple"},
        "single": {"method": METHOD, "per_modality": True, "missing": ["single"]},
        "stack": {},
    }
    settled = study(models=models).models
    ways = {name: (model.missing, model.ship) for name, model in settled.items() if model.of is None}
    assert ways == {
        "linear": ("native", True), "linear_single": ("single", False), "linear_complete": ("complete", False),
        "linear_multiple": ("multiple", False), "filled": ("multiple", False), "single_rna_single": ("single", False),
        "single_meth_single": ("single", False),
    }  # fmt: skip
    assert settled["stack"].of == ["linear"]


def test_a_study_knows_the_files_that_its_models_read(study, tmp_path):
    file = tmp_path / "pathways.gmt"
    file.write_text("one\t\tA\tB\n")
    settled = study(models={"self_attention": {"params": {"pathways": str(file)}}, "plain": {"method": "self_attention"}, "linear": {}})
    assert {name: model.files for name, model in settled.models.items()} == {"self_attention": [str(file)], "plain": [], "linear": []}


def test_a_study_knows_which_models_can_be_explained(study):
    settled = study(models={METHOD: {}, "linear": {}, "trees": {"method": "forest"}})
    assert {name: model.explained for name, model in settled.models.items()} == {METHOD: True, "linear": True, "trees": False}


def test_no_more_jobs_than_folds_and_seeds(study):
    assert study(shards=100, seeds=2, split={"folds": 3}).shards == 6
    assert study(shards=4, split={"folds": 5}).shards == 4
    assert study({"split": {"scheme": "preset", "column": "part"}}, shards=100, seeds=2).shards == 2


@pytest.mark.parametrize(
    ("cohort", "run", "says"),
    [
        ({"folder": "nowhere"}, {}, "mine.yaml: folder: there is no folder nowhere; mend it"),
        ({}, {"data_dir": "nowhere"}, "mine.yaml: folder: there is no folder nowhere/mine; set `data_dir`"),
        ({"samples": {"files": "t.tsv"}}, {}, "mine.yaml: samples.files: there is no file"),
        ({"samples": {"files": "s.tsv", "columns": "names.txt"}}, {}, "mine.yaml: samples.columns: there is no file"),
        ({"modalities": {"m": {"kind": "rna", "files": {"a": "m1.cvs"}}}}, {}, "m1.cvs; did you mean 'm1.csv'?"),
        ({"modalities": {"m": {"kind": "rnaa", "files": "rna.tsv"}}}, {}, "modalities.m.kind: there is no 'rnaa'; did you mean 'rna'?"),
        ({"split": {"scheme": "preset"}}, {}, "mine.yaml: split: scheme 'preset' needs the key `column`"),
        ({}, {"models": {METHOD[:-1]: {}}}, f"models.{METHOD[:-1]}: there is no '{METHOD[:-1]}'; did you mean '{METHOD}'?"),
        ({}, {"models": {"a": {"method": "none"}}}, "models.a.method: there is no 'none'; choose one of: "),
        ({}, {"models": {"a b": {"method": METHOD}}}, "models.a b: the name 'a b' is a part of paths"),
        ({}, {"models": {"..": {"method": METHOD}}}, "models...: the name '..' is a part of paths; use letters, digits"),
        ({}, {"models": {"-x": {"method": METHOD}}}, "models.-x: the name '-x' is a part of paths"),
        ({}, {"models": {"single": {"method": METHOD, "per_modality": True}, "single_rna": {"method": METHOD}}},
         "config.yaml: models.single_rna: two models would be called 'single_rna'; rename one of them"),
        ({}, {"models": {METHOD: {"modalities": []}}},
         f"config.yaml: models.{METHOD}.modalities: is empty; name some, or take the key out for all"),
        ({}, {"models": {METHOD: {"params": {"nope": 1}}}}, f"models.{METHOD}.params: '{METHOD}' has no parameter 'nope'"),
        ({}, {"models": {"m": {"method": "poe_vae", "params": {"n_latent": "big"}}}},
         "config.yaml: models.m.params.n_latent: found 'big', expected a whole number >= 1; the default is 32"),
        ({}, {"models": {"m": {"method": "hierarchical", "params": {"merge": "additon"}}}},
         "config.yaml: models.m.params.merge: there is no 'additon'; did you mean 'addition'?"),
        ({}, {"models": {"linear": {}, "stack": {"per_modality": True}}},
         "config.yaml: models.stack.per_modality: 'stack' combines models and sees no modality itself; name the models in `of`"),
        ({}, {"models": {"linear": {}, "stack": {"modalities": ["rna"]}}}, "models.stack.modalities: 'stack' combines models"),
        ({}, {"models": {"linear": {}, "stack": {"of": ["linaer"]}}}, "models.stack.of: there is no 'linaer'; did you mean 'linear'?"),
        ({}, {"models": {"linear": {}, "average": {}, "stack": {"of": ["average"]}}}, "models.stack.of: 'average' is an ensemble itself"),
        ({}, {"models": {"feature_graph": {"params": {"network": "no/such.sif"}}}},
         "config.yaml: models.feature_graph.params.network: there is no file no/such.sif; give its path from the working directory"),
        ({}, {"models": {"m": {"method": "transformer", "params": {"n_heads": 3}}}},
         "config.yaml: models.m.params.n_heads: 3 heads cannot share 32 (n_hidden) evenly; choose a divisor of n_hidden"),
        ({}, {"models": {"boosting": {"params": {"max_leaf_nodes": 1}}}},
         "config.yaml: models.boosting.params.max_leaf_nodes: found 1, expected a whole number >= 2; the default is 6"),
        ({}, {"models": {"boosting": {"params": {"max_features": 0}}}},
         "config.yaml: models.boosting.params.max_features: found 0, expected a number >= 1e-06 and <= 1; the default is 0.3"),
        ({}, {"models": {"boosting": {"params": {"max_features": 1.5}}}}, "max_features: found 1.5, expected a number >= 1e-06 and <= 1;"),
        ({}, {"models": {"boosting": {"params": {"learning_rate": 0}}}}, "learning_rate: found 0, expected a number >= 1e-06;"),
        ({}, {"models": {"stack": {"of": ["x"]}, "linear": {}}}, "stack.of: there is no 'x'; choose one of: linear, stack"),
        ({"modalities": {}}, {}, "mine.yaml: modalities: is empty: add an assay or a device; a table of clinical measurements is an assay"),
        ({}, {"imputers": ["transformer"]}, "imputers: there is no 'transformer'; choose one of: "),
        ({}, {"imputers": ["maen"]}, "imputers: there is no 'maen'; did you mean 'mean'?"),
    ],
)  # fmt: skip
def test_mistakes(study, cohort, run, says):
    with pytest.raises(UserError) as caught:
        study(cohort, **run)
    assert says in str(caught.value)
