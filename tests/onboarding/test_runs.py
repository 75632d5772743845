"""Columns of proteomics programs: one value of each run, the subject somewhere in its name."""

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.onboarding import runs
from mmomics.onboarding.check import check
from mmomics.onboarding.draft import draft

SUBJECTS = [f"S-{number:03d}" for number in range(1, 13)]
ABOUT = ["PG.Genes", "PG.Qvalue", "Peptides", "Score"]


def spectronaut(names, what="PG.Quantity"):
    return [f"[{place}] 20240401_QEx_{name}_DIA.raw.{what}" for place, name in enumerate(names, 1)]


@pytest.mark.parametrize("known", [12, 5])  # a draft sees the first rows of a samples table
def test_runs_are_told_from_what_describes_features(known):
    names = spectronaut([*SUBJECTS, "PoolQC1", "PoolQC2"])
    assert runs.columns([*ABOUT, *names], SUBJECTS[:known]) == names
    found = runs.pattern(names, SUBJECTS[:known])
    assert pd.Series(names[:12]).str.extract(found)[0].tolist() == SUBJECTS


def test_of_several_values_of_a_run_the_one_that_is_compared_is_taken():
    each = [*SUBJECTS, "QC1"]
    names = [f"{what} {name}" for what in ("Peptides", "Intensity", "LFQ intensity") for name in each]
    assert runs.columns([*ABOUT, *names], SUBJECTS) == [f"LFQ intensity {name}" for name in each]


def test_names_that_hold_no_subjects_are_no_runs():
    assert runs.columns(ABOUT, SUBJECTS) is None
    assert runs.columns([f"{name}_{what}" for what in ("pre", "post") for name in SUBJECTS], SUBJECTS) is None  # all are samples
    assert runs.columns([f"2024_{number}" for number in range(12)], list(map(str, range(12)))) is None  # dates hold numbers
    assert runs.pattern([f"S-{number}_x" for number in range(50, 62)], SUBJECTS) is None  # other people
    assert runs.pattern([*SUBJECTS, "Control_7"], SUBJECTS) is None  # may be a person


def test_the_draft_of_a_report_of_runs_passes_the_check_as_it_is(tmp_path):
    rng, folder = np.random.default_rng(0), tmp_path / "mine"
    folder.mkdir()
    clinic = {"age": rng.integers(30, 80, 12), "sex": ["f", "m"] * 6, "group": ["case", "control"] * 6}
    pd.DataFrame(clinic, index=pd.Index(SUBJECTS, name="subject")).to_csv(folder / "clinical.csv")
    proteins = pd.DataFrame({"PG.ProteinGroups": [f"P{10000 + i}" for i in range(30)], "PG.Genes": [f"G{i}" for i in range(30)]})
    values = pd.DataFrame(rng.lognormal(12, 1, (30, 14)), columns=spectronaut([*SUBJECTS, "PoolQC1", "PoolQC2"]))
    pd.concat([proteins.assign(**{"PG.Qvalue": 0.001}), values], axis=1).to_csv(folder / "Proteomics_report.tsv", sep="\t", index=False)
    text = draft(folder, "mine")
    (about,) = yaml.safe_load(text)["modalities"].values()
    assert about["orientation"] == "samples_in_columns" and about["drop"] == ["PG.Genes", "PG.Qvalue"]
    (tmp_path / "mine.yaml").write_text(text)
    found = check(tmp_path / "mine.yaml")
    assert found.errors == [] and any("2 ids are not in the samples table and left out" in line for line in found.warnings)
