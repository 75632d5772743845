"""What is said of the cohort agrees with the cohort, and with independent estimates."""

import anndata
import lifelines
import mudata
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from lifelines.utils import median_survival_times

from mmomics import keys
from mmomics.errors import UserError
from mmomics.report import words
from mmomics.report.facts import kaplan_meier, read_facts
from mmomics.report.figures import overlap
from mmomics.report.figures.outcome import at_risk
from tests.report.simulate import OUTCOMES

TIMES = arrays.arrays(float, 30, elements=st.integers(1, 40).map(float))
EVENTS = arrays.arrays(bool, 30)


@pytest.mark.parametrize("task", sorted(OUTCOMES))
def test_facts_are_those_of_the_file(task, results):
    result = results(task)
    facts = read_facts(result.folder / "cohort.h5mu")
    with mudata.set_options(pull_on_update=False):
        cohort = mudata.read_h5mu(result.folder / "cohort.h5mu")
    assert facts.task == task
    assert list(facts.has.columns) == list(cohort.mod)
    for name, modality in cohort.mod.items():
        assert set(facts.has.index[facts.has[name]]) == set(modality.obs_names)
        assert facts.modalities.loc[name, "n_vars"] == modality.n_vars
    assert set(facts.outcome.index) == set(result.known().index)


def test_median_follow_up_is_the_reverse_kaplan_meier(results):
    result = results("survival", n_subjects=220, seed=3)
    known = result.known()
    fit = lifelines.KaplanMeierFitter().fit(known[keys.TIME], ~known[keys.EVENT].astype(bool))
    assert read_facts(result.folder / "cohort.h5mu").median_follow_up() == pytest.approx(median_survival_times(fit.survival_function_))


@given(time=TIMES, event=EVENTS)
def test_kaplan_meier_agrees_with_lifelines(time, event):
    ours = kaplan_meier(time, event).set_index("time")
    fit = lifelines.KaplanMeierFitter().fit(time, event)
    theirs = fit.survival_function_.iloc[:, 0]
    assert np.allclose(ours["survival"], theirs.reindex(ours.index))
    assert (ours["at_risk"] == fit.event_table["at_risk"].reindex(ours.index)).all()


@given(time=TIMES, event=EVENTS, ticks=st.lists(st.integers(0, 50), min_size=1).map(sorted))
def test_numbers_at_risk_count_who_is_still_followed(time, event, ticks):
    curve = kaplan_meier(time, event)
    assert at_risk(curve, np.array(ticks, float)) == [int((time >= tick).sum()) for tick in ticks]


@given(has=arrays.arrays(bool, (25, 3)), known=arrays.arrays(bool, 25))
def test_patterns_count_every_subject_once(has, known):
    frame = pd.DataFrame(has, columns=list("abc"))
    table = overlap.patterns(frame, pd.Series(known))
    assert table["n_subjects"].sum() == 25
    assert table["with_outcome"].sum() == known.sum()
    for _, row in table.iterrows():
        same = (has == row[list("abc")].to_numpy(bool)).all(axis=1)
        assert row["n_subjects"] == same.sum() and row["with_outcome"] == known[same].sum()


def test_a_file_that_is_no_cohort_is_refused(tmp_path):
    (tmp_path / "cohort.h5mu").write_text("no")
    with pytest.raises(UserError, match="cannot be read as a cohort"):
        read_facts(tmp_path / "cohort.h5mu")


@given(st.floats(-1e6, 1e6))
def test_a_number_is_near_its_text(value):
    shown = float(words.number(value).replace(",", "").replace(words.MINUS, "-"))
    assert abs(shown - value) <= max(0.0005, 0.006 * abs(value))
    assert "-" not in words.number(value) and words.number(value) not in ("\N{MINUS SIGN}0.000",)


@given(st.text(), st.integers(4, 60))
def test_a_short_name_is_one_line_of_at_most_that_length(name, most):
    text = words.short(name, most)
    assert len(text) <= most
    assert not any(ord(sign) < 32 for sign in text)


@given(st.floats(0, 1))
def test_a_share_is_never_rounded_to_a_false_none_or_all(share):
    assert (words.percent(share) == "0 %") == (share == 0)
    assert (words.percent(share) == "100 %") == (share == 1)


def test_what_features_of_devices_mean_is_read_from_the_cohort(tmp_path):
    with mudata.set_options(pull_on_update=False):
        cohort = mudata.MuData({"ecg": anndata.AnnData(np.ones((3, 2), dtype="float32"), uns={"kind": "ecg", "values": "record"})})
    cohort.mod["ecg"].var["feature"], cohort.mod["ecg"].var["unit"] = ["rate", "quality"], ["1/min", ""]
    cohort.mod["ecg"].var["meaning"] = ["Mean rate", "Share of good beats"]
    cohort.obs["outcome"] = [1.0, 2.0, 3.0]
    cohort.uns["outcome"] = {"task": "regression", "unit": "", "classes": np.array([], dtype=object)}
    cohort.write(tmp_path / "cohort.h5mu")
    found = read_facts(tmp_path / "cohort.h5mu").meanings
    assert found == {("ecg", "rate"): "Mean rate (1/min)", ("ecg", "quality"): "Share of good beats"}
