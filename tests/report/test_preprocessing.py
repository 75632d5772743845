"""What the report says of the preprocessing is what the settings do."""

import re

import pytest
from markupsafe import Markup

from mmomics import plugins
from mmomics.config.cohort import Cohort
from mmomics.config.prepared import PLACES, settle
from mmomics.config.protocol import Prepare, Split, Training
from mmomics.config.run import Study
from mmomics.report import preprocessing

SAMPLES = {"files": "clinical.csv", "time": "drawn"}
RNA = {"kind": "rna", "files": "rna.csv"}
ECG = {"signal": "ecg", "files": "{subject}.hea"}


def study(modalities, samples=SAMPLES, **given):
    outcome = {"task": "regression", "column": "y"}
    cohort = Cohort(title="", folder="", samples=samples, outcome=outcome, modalities=modalities, batch="plate", **given)
    return Study(
        name="", cohort=cohort, folder="", inputs={}, models={}, imputers=[], split=Split(), prepare=cohort.prepare, training=Training(),
        prepare_each=settle(Prepare(), cohort, "", ""), seed=0, seeds=1, shards=1,
    )  # fmt: skip


def told(modality, **given):
    """The words on the only modality."""
    return Markup(preprocessing.each(study({"m": modality}, **given))[0]).striptags()


def test_every_modality_and_the_covariates_have_their_sentence():
    said = preprocessing.each(study({"rna": RNA, "ecg": ECG}, covariates=["age", "sex"]))
    assert [re.match("<strong>(.*?)</strong>", each)[1] for each in said] == ["rna", "ecg", "clinical"]
    assert "age and sex" in said[-1]


def test_sample_wise_steps_stand_in_their_order():
    assert told(RNA) == "m (rna, counts): brought to scale sample by sample (counts per million, then natural logarithm of 1 + x)."
    assert told({**RNA, "normalize": ["upper_quartile", "rank"]}).endswith("upper quartile of 1000, then ranks within a sample).")
    assert told({**RNA, "values": "log2"}) == "m (rna, log2): taken as measured."


@pytest.mark.parametrize("place", PLACES)
def test_every_choice_is_told_where_it_differs_from_the_cohort_s(place):
    for name in plugins.names(f"preparation/{place}"):
        words = preprocessing._plain(f"preparation/{place}", name)
        counts = getattr(plugins.load(f"preparation/{place}", name), "COUNTS", False)
        rna = {**RNA, "normalize": []} if counts else RNA  # as the settings ask
        differs = name != getattr(Prepare(), place)
        assert (words in told({**rna, "prepare": {place: name}})) == differs
        assert words not in told(rna, prepare={place: name})
        assert words in "; ".join(preprocessing.learned(Prepare(**{place: name})))


def test_a_step_that_a_modality_leaves_out_is_told():
    assert "batch effects are not taken out" in told({**RNA, "prepare": {"batch": "none"}}, prepare={"batch": "combat"})
    assert "however rarely" in told({**RNA, "prepare": {"min_prevalence": 0}}, prepare={"min_prevalence": 0.1})
    assert "not" not in "; ".join(preprocessing.learned(Prepare()))


@pytest.mark.parametrize(
    ("align", "says"),
    [
        ({}, "the whole record;"),
        ({"window": "before", "length": "7 d", "gap": "12 h"}, "the 7 d before the specimen, ending 12 h before it;"),
        ({"window": "after", "length": "2 h"}, "the 2 h after the specimen;"),
        ({"window": "around", "length": "2 d"}, "the 2 d around the specimen;"),
        ({"window": "nearest", "tolerance": "3 d"}, "the record nearest to the specimen, at most 3 d away;"),
    ],
)
def test_the_window_and_the_coverage_of_a_device(align, says):
    said = told({**ECG, "align": align, "min_coverage": 0.7})
    assert says in said
    assert "less than 70 %" in said


def test_windows_clock_and_cadence_of_a_device():
    said = told({**ECG, "step": "15 min", "clock_shift": "ahead", "windows": {"seconds": 5, "fs": 50, "count": 2, "low": 0.5}})
    assert "read each 15 min" in said
    assert "column ahead" in said
    assert "and as m_signal, 2 windows of 5 s at 50 Hz, filtered to above 0.5 Hz." in said
    assert said.endswith("features are brought to an even shape (Yeo-Johnson).")


def test_replicates_flags_and_visits():
    assert "the first" in told({**RNA, "replicates": "first"}) and "several samples" not in told(RNA)
    assert "of several samples of a subject, the highest value" in told({**RNA, "kind": "mutation", "values": None})
    assert "duplicate are left out" in told({**RNA, "drop_flagged": ["duplicate"]})
    assert "gravity are left out" in told({**ECG, "drop_flagged": ["gravity"]})
    assert "averaged" in preprocessing.rows(study({"m": RNA}))
    assert "Each visit" in preprocessing.rows(study({"m": RNA}, samples={**SAMPLES, "visits": "keep"}))


def test_names_are_text_whatever_they_hold():
    assert "<b>" not in preprocessing.each(study({"m": RNA}, covariates=["<b>age</b>"]))[-1]
    assert "<b>" not in preprocessing.each(study({"m": {**ECG, "clock_shift": "<b>x</b>"}}))[0]
