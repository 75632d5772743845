"""`mmomics predict` on new files: any subset of the assays, any order of features, one line for what is wrong."""

import numpy as np
import pandas as pd
import pytest

from mmomics.__main__ import main
from mmomics.cohort import prepare
from mmomics.cohort.data import from_mudata
from mmomics.cohort.split import split
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training import bundle, fold
from mmomics.training.fit import fit
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit
from tests.conftest import ROOT

CONFIG = """
title: new patients
folder: "{data_dir}"
samples: {files: samples.tsv, index: subject}
outcome: {task: survival, time: os_days, event: os_event}
covariates: [years_to_birth, gender]
modalities:
  rna: {kind: rna, values: rsem, files: rna.tsv, orientation: samples_in_columns, subject_pattern: "^(.{12})"}
  protein: {kind: protein, values: rppa, files: protein.tsv, orientation: samples_in_columns, subject_pattern: "^(.{12})"}
"""


@pytest.fixture(scope="module")
def shipped(aligned, study, tmp_path_factory):
    """A bundle trained on the embedded cohort, with what it predicts for its own patients."""
    data = from_mudata(aligned("acc").cohort)
    splits = split(data.obs, study("acc").split, 0)
    unit = Unit(0, -1, 0)
    rows = prepare.fit(data, np.arange(len(data.subjects)), study("acc").prepare)
    whole = fold.make(data, splits, {(0, -1): rows}, unit.repeat, unit.fold, None)
    (found,) = fit(Model(method="hierarchical"), {(unit.repeat, unit.fold): whole}, [unit], Training(members=2, epochs=3))
    predictor = Predictor.of(found, "hierarchical")
    folder = tmp_path_factory.mktemp("bundle") / "final"
    bundle.save(folder, predictor, {}, {"title": "acc"})
    return folder, predictor.predict(data)


@pytest.fixture
def clinic(tmp_path):
    """Files of a few patients: RNA in another order, protein of some, covariates of all."""
    rna = pd.read_csv(ROOT / "resources/acc/rna_rsem_normalized.tsv.gz", sep="\t", index_col=0).iloc[::-1, :8]
    protein = pd.read_csv(ROOT / "resources/acc/protein_rppa.tsv.gz", sep="\t", index_col=0).iloc[:, :6]
    clinical = pd.read_csv(ROOT / "resources/acc/clinical.tsv", sep="\t", index_col=0)
    rna.to_csv(tmp_path / "rna.tsv", sep="\t")
    protein.to_csv(tmp_path / "protein.tsv", sep="\t")
    patients = sorted({sample[:12] for sample in [*rna, *protein]})
    clinical.loc[patients, ["years_to_birth", "gender"]].to_csv(tmp_path / "samples.tsv", sep="\t")
    (tmp_path / "new.yaml").write_text(CONFIG)
    return tmp_path, patients


def predict(folder, clinic, config="new.yaml"):
    arguments = ["--bundle", str(folder), "--config", str(clinic / config), "--data-dir", str(clinic), "--output", str(clinic / "out.tsv")]
    return main(["predict", *arguments])


def test_new_files_with_some_of_the_assays(shipped, clinic):
    folder, _ = shipped
    assert predict(folder, clinic[0]) == 0
    table = pd.read_csv(clinic[0] / "out.tsv", sep="\t", index_col=0)
    assert sorted(table.index) == clinic[1]
    assert np.isfinite(table.drop(columns="modalities")).all().all()
    assert set(table["modalities"]) <= {"rna,protein,clinical", "rna,clinical", "protein,clinical"} and table["modalities"].nunique() > 1


def test_who_has_nothing_at_all_is_told(shipped, clinic, caplog):
    samples = pd.read_csv(clinic[0] / "samples.tsv", sep="\t", index_col=0)
    samples.loc["newcomer"] = np.nan
    samples.to_csv(clinic[0] / "samples.tsv", sep="\t")
    assert predict(shipped[0], clinic[0]) == 0
    assert f"1 of {len(samples)} subjects of the samples table have no modality and are left out" in caplog.text
    assert "newcomer" not in pd.read_csv(clinic[0] / "out.tsv", sep="\t", index_col=0).index


def test_the_files_of_the_training_give_the_predictions_of_the_training(shipped, clinic):
    folder, expected = shipped
    arguments = ["--bundle", str(folder), "--config", str(ROOT / "config/cohorts/acc.yaml"), "--output", str(clinic[0] / "all.tsv")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        assert main(["predict", *arguments]) == 0
    table = pd.read_csv(clinic[0] / "all.tsv", sep="\t", index_col=0)
    np.testing.assert_allclose(table.loc[expected.index, "risk"], expected["risk"], atol=1e-4)
    assert list(table.loc[expected.index, "modalities"]) == list(expected["modalities"])


def test_an_assay_whose_file_is_not_there_was_not_measured(shipped, clinic, caplog):
    (clinic[0] / "protein.tsv").unlink()
    assert predict(shipped[0], clinic[0]) == 0
    assert "protein" in caplog.text
    assert not pd.read_csv(clinic[0] / "out.tsv", sep="\t")["modalities"].str.contains("protein").any()


def test_what_is_wrong_is_one_line_and_status_2(shipped, clinic, caplog):
    assert predict(clinic[0] / "nowhere", clinic[0]) == 2
    assert "is not a readable model bundle" in caplog.text
    (clinic[0] / "other.yaml").write_text(
        CONFIG.replace("  rna:", "  genes:").replace("  protein:", "  proteome:").replace("covariates", "#")
    )
    assert predict(shipped[0], clinic[0], "other.yaml") == 2
    assert "none of the modalities of the bundle" in caplog.text
    assert not (clinic[0] / "out.tsv").exists()
