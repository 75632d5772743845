"""New subjects in files of the same layout: any assay may be absent, nobody has an outcome."""

import shutil

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort.data import from_mudata
from mmomics.cohort.new import read_new
from mmomics.cohort.prepare import apply, fit
from mmomics.config.protocol import Prepare
from mmomics.errors import UserError


@pytest.fixture
def known(study, aligned):
    data = from_mudata(aligned("acc").cohort)
    return study("acc"), data, fit(data, np.arange(len(data.obs)), Prepare())


def test_the_same_files_give_the_same_values(known):
    settings, data, preparation = known
    new = read_new(settings.cohort, settings.folder)
    order = pd.Index(new.subjects).get_indexer(data.subjects)
    assert (order >= 0).all()
    assert "time" not in new.obs
    old, found = apply(preparation, data), apply(preparation, new)
    for name in preparation:
        np.testing.assert_array_equal(found[name][order], old[name])


def test_absent_files_are_not_measured(known, tmp_path):
    settings, data, preparation = known
    for name in ("protein_rppa.tsv.gz", "clinical.tsv"):
        shutil.copy(f"{settings.folder}/{name}", tmp_path)
    table = pd.read_csv(tmp_path / "clinical.tsv", sep="\t", dtype=str).drop(columns=["os_days", "os_event", "years_to_birth"])
    few = table[table["pathologic_stage"] == "stage ii"].head(3)
    few.to_csv(tmp_path / "clinical.tsv", sep="\t", index=False)
    new = read_new(settings.cohort, tmp_path)
    assert new.values.keys() == {"protein", "clinical"}
    out = apply(preparation, new)
    assert not out["rna"].any()
    # a level that nobody has here is 0, not unknown: the same subjects get the same indicators as in the full table
    old = apply(preparation, data)["clinical"][pd.Index(data.subjects).get_indexer(few["subject"])]
    here = out["clinical"][pd.Index(new.subjects).get_indexer(few["subject"])]
    age = preparation["clinical"].features == "years_to_birth"
    np.testing.assert_array_equal(here[:, ~age], old[:, ~age])
    assert not here[:, age].any()
    assert old[:, age].any()


def test_without_a_samples_table_there_are_no_covariates(known, tmp_path):
    settings, _, _ = known
    shutil.copy(f"{settings.folder}/rna_rsem_normalized.tsv.gz", tmp_path)
    new = read_new(settings.cohort, tmp_path)
    assert new.values.keys() == {"rna"}
    assert len(new.subjects) == 79


def test_a_samples_table_without_covariates_gives_none(known, tmp_path):
    settings, _, preparation = known
    shutil.copy(f"{settings.folder}/protein_rppa.tsv.gz", tmp_path)
    (tmp_path / "clinical.tsv").write_text("subject\tward\nTCGA-OR-A5J2\tA\n")
    new = read_new(settings.cohort, tmp_path)
    assert new.values.keys() == {"protein"}
    assert len(new.subjects) == 46
    assert not apply(preparation, new)["clinical"].any()


def test_the_batch_of_new_subjects_is_known_where_the_table_has_it(known, tmp_path):
    settings, _, _ = known
    shutil.copy(f"{settings.folder}/protein_rppa.tsv.gz", tmp_path)
    (tmp_path / "clinical.tsv").write_text("subject\tward\nTCGA-OR-A5J2\tA\n")
    new = read_new(settings.cohort.model_copy(update={"batch": "ward"}), tmp_path)
    assert new.obs.loc["TCGA-OR-A5J2", "batch"] == "A" and new.obs["batch"].notna().sum() == 1
    assert "batch" not in read_new(settings.cohort.model_copy(update={"batch": "plate"}), tmp_path).obs


def test_nothing_at_all_is_refused(known, tmp_path):
    with pytest.raises(UserError, match="holds none of the cohort's files"):
        read_new(known[0].cohort, tmp_path)
