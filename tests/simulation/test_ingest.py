"""The cohort file of the repository reads a simulated cohort, and what comes out is what was planted."""

import numpy as np
import pytest

from mmomics.cohort import samples
from mmomics.cohort.device import ingest as ingest_device
from mmomics.cohort.ingest import ingest
from mmomics.cohort.told import OK, SHORT
from mmomics.config.cohort_file import read_cohort
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def cohort():
    return read_cohort(ROOT / "config/cohorts/simulated.yaml")


def rows(cohort, small, name):
    """Features of a device, what was recorded, and what was planted in the same rows."""
    found = ingest_device(name, cohort.devices[name], small.folder, cohort.samples, samples.read(cohort.samples, small.folder))
    assert set(found.obs_names) <= set(small.subjects.index)
    return found.to_df(), found.obs["status"], small.subjects.reindex(found.obs_names), found


def test_every_table_is_read_with_its_samples_and_features(cohort, small):
    for name, assay in cohort.assays.items():
        found = ingest(name, assay, small.folder)
        seen = small.subjects.index[small.subjects[f"has_{name}"] == 1]
        assert {sample[: len(seen[0])] for sample in found.obs_names} == set(seen), name
        assert set(small.truth["features"][name]) <= set(found.var_names), name


def test_ecg_has_the_planted_rate_and_those_that_are_late_or_detached_have_none(cohort, small):
    features, status, truth, found = rows(cohort, small, "ecg")
    late, detached = truth["ecg_minutes_after"] < 0, truth["ecg_detached"] == 1
    assert (status[detached & ~late] == SHORT).all() and (status[~detached & ~late] == OK).all()
    assert status[late].str.contains("more than 1 d away").all()
    right = status == OK
    assert (features["rate_mean"] - truth["ecg_heart_rate"])[right].abs().max() < 2
    np.testing.assert_allclose(features["sdnn"][right], truth["ecg_sdnn"][right], rtol=0.25, atol=5)
    assert features[~right].isna().all(axis=None)
    assert found.obsm["signal"].shape == (len(found), 1, 4 * 40)
    assert np.isfinite(found.obsm["signal"][right.to_numpy()]).all()


def test_eeg_has_the_planted_alpha_rhythm(cohort, small):
    features, status, truth, _ = rows(cohort, small, "eeg")
    assert (status == OK).all()
    for name in ("alpha", "posterior_alpha"):
        assert np.log(features[name]).corr(np.log(truth["eeg_alpha"])) > 0.95
    assert (features["alpha_peak"] - truth["eeg_alpha_hz"]).abs().median() < 0.5


def test_glucose_is_the_planted_one_whatever_the_header_unit_and_steps(cohort, small):
    features, status, truth, _ = rows(cohort, small, "glucose")
    assert (status.eq(SHORT) == truth["cgm_short"].eq(1)).all() and status.eq(SHORT).any()
    right = status == OK
    assert truth.loc[right, "cgm_layout"].nunique() == 3
    np.testing.assert_allclose(features["mean"][right], truth["cgm_mean_glucose"][right], rtol=0.03)
    np.testing.assert_allclose(100 * features["cv"][right], truth["cgm_cv"][right], atol=2)


def test_wristbands_have_the_planted_rate_and_rhythm_on_the_corrected_clock(cohort, small):
    rate, status, truth, _ = rows(cohort, small, "heart_rate")
    assert (status.ne(OK) == truth["band_short"].eq(1)).all() and status.ne(OK).any()
    assert rate["resting"].corr(truth["band_resting_rate"]) > 0.9
    steps, _, truth, _ = rows(cohort, small, "activity")
    assert steps["relative_amplitude"].corr(truth["band_amplitude"]) > 0.7
    clear = truth["band_amplitude"] > 0.6
    off = (steps["acrophase"] - 15 + 12) % 24 - 12
    assert off[clear].abs().median() < 1
