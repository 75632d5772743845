"""The five verbs hand their files to one another."""

import pandas as pd
import pytest

from mmomics.__main__ import main
from mmomics.cohort.data import read_cohort
from mmomics.cohort.prepare import load


@pytest.fixture
def settings(study, tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(study("acc").model_dump_json())
    return path


def run(*argv):
    assert main([str(arg) for arg in argv]) == 0


def test_from_files_to_fitted_preprocessing(settings, study, tmp_path):
    for name in study("acc").cohort.modalities:
        native, normal = tmp_path / f"ingest/{name}.h5ad", tmp_path / f"normalize/{name}.h5ad"
        run("ingest", "--settings", settings, "--modality", name, "--output", native, "--qc", tmp_path / f"ingest/{name}.qc.tsv")
        run("normalize", "--settings", settings, "--modality", name, "--input", native, "--output", normal)
        assert "n_subjects" in pd.read_csv(tmp_path / f"ingest/{name}.qc.tsv", sep="\t")["metric"].to_list()
    cohort, splits, fitted = tmp_path / "cohort.h5mu", tmp_path / "splits.parquet", tmp_path / "prepare.safetensors"
    inputs = sorted(tmp_path.glob("normalize/*.h5ad"))
    run("align", "--settings", settings, "--inputs", *inputs, "--output", cohort, "--tables", tmp_path / "align")
    run("split", "--settings", settings, "--input", cohort, "--output", splits)
    run("prepare", "--settings", settings, "--input", cohort, "--splits", splits, "--output", fitted)
    folds = set(pd.read_parquet(splits).groupby(["repeat", "fold"]).groups)
    assert load(fitted).keys() == folds
    modalities = [*study("acc").cohort.modalities, "clinical"]
    assert all(list(preparation) == modalities for preparation in load(fitted).values())
    assert list(read_cohort(cohort).values) == modalities
    assert pd.read_csv(tmp_path / "align/joins.tsv", sep="\t")["modality"].to_list() == [*modalities, "outcome"]


def test_a_wrong_modality_or_file_ends_with_2(settings, tmp_path, caplog):
    out = tmp_path / "out"
    assert main(["ingest", "--settings", str(settings), "--modality", "rnaa", "--output", str(out), "--qc", str(out)]) == 2
    assert "did you mean 'rna'?" in caplog.text
    assert main(["normalize", "--settings", str(settings), "--modality", "rna", "--input", str(settings), "--output", str(out)]) == 2
    assert (
        main(["align", "--settings", str(settings), "--inputs", "rna.h5ad", "--output", str(out), "--tables", str(tmp_path / "align")]) == 2
    )
    assert not out.exists()
