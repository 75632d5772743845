"""The traps of the real cohorts, as their provenance tells them: each is met by the cohort file that is shipped."""

import numpy as np
import pandas as pd
import pytest

from mmomics import keys
from mmomics.cohort import prepare, samples
from mmomics.cohort.data import from_mudata
from mmomics.cohort.device import ingest as ingest_device
from mmomics.cohort.ingest import ingest
from mmomics.cohort.outcome import known, read_outcome
from mmomics.cohort.split import split


@pytest.fixture(scope="module")
def data(aligned):
    return lambda name: from_mudata(aligned(name).cohort)


cgmacros = pytest.mark.xdist_group("cgmacros")  # one worker: it is read in seconds, and once


def features(data, modality):
    return set(data.features[modality])


# --- cgmacros: monitors, wristband, microbes, blood ---------------------------------------------------------------------


@cgmacros
def test_cgmacros_has_the_published_groups_and_no_input_that_makes_them(data):
    cohort = data("cgmacros")
    assert cohort.obs[keys.LABEL].value_counts().to_dict() == {"prediabetes": 16, "healthy": 15, "type 2 diabetes": 14}
    names = {name.lower() for modality in ("blood", "clinical") for name in features(cohort, modality)}
    assert not any(word in name for name in names for word in ("a1c", "glu", "contour", "time"))
    assert {"insulin", "triglycerides", "age", "bmi"} <= names
    assert not {"24", "25", "37", "40"} & set(cohort.subjects)  # two of them have rows in the table of gut scores


@cgmacros
def test_cgmacros_whole_rows_without_a_value_are_missing_not_zero(data):
    cohort = data("cgmacros")
    assert set(cohort.subjects[~cohort.seen["microbiome"]]) == {"48"}
    assert set(cohort.subjects[~cohort.seen["gut"]]) == {"26", "28", "48"}
    assert "Abiotrophia defectiva" in features(cohort, "microbiome")  # a byte-order mark before the header does not shift the names


@cgmacros
def test_cgmacros_monitors_agree_with_the_laboratory_and_differ_by_their_offset(data, shared):
    cohort = data("cgmacros")
    libre, dexcom = (cohort.values[name][:, list(cohort.features[name]).index("mean")] for name in ("libre", "dexcom"))
    table = pd.read_csv(shared / "cgmacros/bio.csv.gz", index_col=0)
    hba1c = table.loc[cohort.subjects.astype(int), "A1c PDL (Lab)"].to_numpy()
    both = cohort.seen["libre"]
    assert np.corrcoef(libre[both], hba1c[both])[0, 1] == pytest.approx(0.81, abs=0.03)
    assert np.nanmedian(dexcom - libre) == pytest.approx(30, abs=12)


@cgmacros
def test_cgmacros_files_of_every_header_variant_tell_what_the_wristband_saw(aligned):
    records = aligned("cgmacros").records
    told = records.groupby("modality")["status"].value_counts().xs("ok", level=1)
    assert (told.drop("energy") >= 40).all() and told["energy"] == 45 - 11  # eleven files have levels of intensity, which are no METs
    energy = records[records["modality"] == "energy"].set_index("sample")
    assert energy.loc["18", "coverage"] < 0.9  # gaps of hours are gaps


def test_cgmacros_homa_has_neither_factor_of_the_outcome_among_its_inputs(study):
    settings = study("cgmacros_homa")
    cohort = settings.cohort
    names = {name.lower() for name in [*ingest("blood", cohort.assays["blood"], settings.folder).var_names, *cohort.covariates]}
    assert not any(word in name for name in names for word in ("insulin", "glu", "a1c"))
    frame = samples.read(cohort.samples, settings.folder)
    outcome = read_outcome(cohort.outcome, frame)[0][keys.LABEL]
    assert outcome.min() == pytest.approx(np.log(0.56), abs=0.01) and outcome.max() == pytest.approx(np.log(17.0), abs=0.01)


# --- motrpac: rats -------------------------------------------------------------------------------------------------------


def test_motrpac_has_its_blocks_and_nothing_that_only_trained_groups_have(data):
    cohort = data("motrpac")
    assert cohort.obs[keys.LABEL].value_counts().to_dict() == {"trained": 48, "sedentary": 12}
    n_seen = {name: int(seen.sum()) for name, seen in cohort.seen.items()}
    assert n_seen == {"rna": 48, "protein": 60, "phospho": 60, "metabolome": 50, "analytes": 60, "treadmill": 60, "nmr": 60, "clinical": 60}
    assert all(name.startswith("pre_") for modality in ("treadmill", "nmr") for name in features(cohort, modality))
    assert set(cohort.subjects) == {str(int(name)) for name in cohort.subjects}  # ids of digits stay text


def test_motrpac_fat_is_known_of_the_groups_measured_at_the_end_and_takes_the_weekly_series(study):
    settings = study("motrpac_fat")
    cohort = settings.cohort
    frame = samples.read(cohort.samples, settings.folder)
    outcome = read_outcome(cohort.outcome, frame)[0]
    assert known(outcome).sum() == 36 and len(outcome) == 60
    weekly = ingest_device("weekly", cohort.devices["weekly"], settings.folder, cohort.samples, frame)
    assert (weekly.obs["status"] == "ok").all() and len(weekly) == 60
    told = weekly.to_df()
    assert set(told["body_mass_n"]) == {1, 2, 4, 8}  # weeks; lactate stands in rows of its own
    mass = (
        pd.read_csv(f"{settings.folder}/device_weekly_measures_long.csv", dtype={"sample_id": str}).groupby("sample_id")["body_mass"].mean()
    )
    np.testing.assert_allclose(told["body_mass_mean"], mass[told.index], rtol=1e-5)
    assert "post_fat_pct" in cohort.assays["nmr"].drop


# --- cll: every assay on its own part --------------------------------------------------------------------------------------


def test_cll_keeps_patients_treated_at_sampling_and_those_without_most_assays(aligned, data, shared):
    cohort = data("cll")
    n_seen = {name: int(seen.sum()) for name, seen in cohort.seen.items()}
    assert n_seen == {"genetics": 276, "drug": 190, "protein": 46, "seahorse": 138, "load": 205, "clinical": 276}
    unmatched = aligned("cll").unmatched
    assert unmatched[unmatched["found"] == "in the modality only"][["modality", "id"]].to_numpy().tolist() == [["protein", "H346"]]
    table = pd.read_csv(shared / "cll_block_missing/clinical.csv", index_col=0)
    at_once = table.index[table["TTT"] == 0]
    assert len(at_once) == 10
    assert (cohort.obs.loc[at_once, keys.TIME] > 0).all()
    assert known(cohort.obs).sum() == 262 and cohort.obs[keys.EVENT].sum() == 131
    assert "platform" not in features(cohort, "load")
    assert not any(name in features(cohort, keys.CLINICAL) for name in ("TFT", "treatment", "OS", "died"))


# --- labor: visits of women, a validation set ---------------------------------------------------------------------------------


def test_labor_never_splits_a_woman_and_tests_samples_without_proteins(data, study):
    cohort = data("labor")
    assert cohort.obs[keys.GROUP].nunique() == 63  # 53 women, and ten of the validation set
    table = split(cohort.obs, study("labor").split, 0)
    fold = table[table[keys.FOLD] == 0].set_index(keys.SUBJECT)
    group = cohort.obs[keys.GROUP]
    test = fold.index[fold[keys.ROLE] == keys.TEST]
    assert len(test) == 27
    assert not set(group[test]) & set(group[fold.index[fold[keys.ROLE] == keys.TRAIN]])
    train = fold[fold[keys.ROLE] == keys.TRAIN]
    assert (train[keys.INNER].groupby(group[train.index]).nunique() == 1).all()
    assert int(cohort.seen["proteomics"][cohort.obs.index.isin(test)].sum()) == 21


# --- luad: heavy tails -----------------------------------------------------------------------------------------------------


def test_luad_scores_of_thousands_do_not_reach_the_models(data, study):
    cohort = data("luad")
    assert np.nanmax(cohort.values["rna"]) > 7000
    assert cohort.obs[keys.EVENT].sum() == 158 and cohort.obs["age"].isna().sum() == 10
    settings = study("luad")
    fitted = prepare.fit(cohort, np.arange(300), {name: settings.prepare_of(name) for name in cohort.values})
    standard = prepare.apply(fitted, cohort)["rna"]
    assert np.quantile(np.abs(standard), 0.999) < 4.5  # by plain standardising a tail would stand at the clip
    chosen = cohort.values["rna"][:, np.isin(cohort.features["rna"], fitted["rna"].features)]
    assert np.nanmedian(np.abs(chosen), axis=0).min() > 0.05  # nor do features win by one patient
