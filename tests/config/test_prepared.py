"""Whose settings of the preprocessing hold for a modality, and which are refused at dry run."""

import pytest

from mmomics.config.check import check
from mmomics.config.cohort import Cohort
from mmomics.config.prepared import PLACES, settle
from mmomics.config.protocol import Prepare
from mmomics.errors import UserError
from mmomics.preparation import contract


def cohort(prepare=None, batch=None, **modalities):
    content = {
        "title": "t", "folder": ".", "samples": {"files": "s.csv"}, "outcome": {"task": "regression", "column": "y"}, "covariates": ["age"],
        "prepare": prepare or {}, "modalities": modalities or {"rna": {"kind": "rna", "files": "r.tsv"}}, "batch": batch,
    }  # fmt: skip
    return check(Cohort, content, "mine.yaml")


def settled(given, **run):
    return settle(check(Prepare, run, "config"), given, "config.yaml", "mine.yaml")


PROTEIN = {"kind": "protein", "values": "intensity", "files": "p.tsv"}
GLUCOSE = {"signal": "cgm", "files": "{subject}.csv"}


def test_own_keys_win_over_the_cohorts_over_the_kinds_over_the_runs():
    assert settled(cohort(p=PROTEIN), fill="median", clip=5.0)["p"] == Prepare(fill="minimum", clip=5.0)
    assert settled(cohort(p=PROTEIN))["p"].fill == "minimum"
    assert settled(cohort({"fill": "mean"}, p=PROTEIN))["p"].fill == "mean"
    own = {**PROTEIN, "prepare": {"fill": "neighbours"}}
    both = settled(cohort({"fill": "mean", "n_features": 7}, p=own, q=PROTEIN))
    assert both["p"] == Prepare(fill="neighbours", n_features=7) and both["q"] == Prepare(fill="mean", n_features=7)


def test_a_modality_may_leave_out_a_step_of_its_cohort():
    own = {**PROTEIN, "prepare": {"transform": "none"}}
    found = settled(cohort({"transform": "rank"}, p=own, q=PROTEIN))
    assert found["p"].transform is None and found["q"].transform == "rank"


def test_numbers_of_many_units_are_brought_to_an_even_shape_unless_told_otherwise():
    cells, blood = ({"kind": kind, "files": "c.csv"} for kind in ("cytometry", "clinical"))
    found = settled(cohort(g=GLUCOSE, c=cells, b=blood, scaled={**cells, "values": "scaled"}), transform="rank")
    assert [found[name].transform for name in ("g", "c", "b", "scaled")] == ["yeo_johnson"] * 3 + ["rank"]
    assert settled(cohort({"transform": "rank"}, g=GLUCOSE))["g"].transform == "rank"
    assert settled(cohort(g={**GLUCOSE, "prepare": {"transform": "none"}}))["g"].transform is None


def test_samples_of_unlike_features_have_no_reference():
    found = settled(cohort({"reference": "quantile", "batch": "combat"}, "plate", p=PROTEIN, g=GLUCOSE))
    assert found["p"].reference == "quantile" and found["p"].batch == "combat"
    assert found["g"].reference is None and found["g"].batch == "combat"
    assert found["clinical"].reference is None and found["clinical"].batch is None
    assert settled(cohort(g={**GLUCOSE, "prepare": {"reference": "quantile"}}))["g"].reference == "quantile"


def test_windows_of_a_signal_have_the_settings_of_their_device():
    found = settled(cohort(g={**GLUCOSE, "prepare": {"clip": 3.0}, "windows": {"seconds": 60.0, "fs": 1.0}}))
    assert found["g_signal"].clip == 3.0


@pytest.mark.parametrize("place", PLACES)
def test_a_step_that_does_not_exist_is_refused_wherever_it_is_named(place):
    wrong = {place: "quantil"}
    with pytest.raises(UserError, match=f"^config.yaml: prepare.{place}: there is no 'quantil'; (choose one of|did you mean)"):
        settled(cohort(), **wrong)
    with pytest.raises(UserError, match=f"^mine.yaml: prepare.{place}: "):
        settled(cohort(wrong))
    with pytest.raises(UserError, match=f"^mine.yaml: modalities.p.prepare.{place}: "):
        settled(cohort(p={**PROTEIN, "prepare": wrong}))


@pytest.mark.parametrize("name", ["combat", "center"])
def test_batches_need_their_column(name):
    with pytest.raises(UserError, match=f"^mine.yaml: batch: `prepare.batch: {name}` of p needs"):
        settled(cohort(p={**PROTEIN, "prepare": {"batch": name}}))
    assert settled(cohort({"batch": name}, "plate", p=PROTEIN))["p"].batch == name


def test_places_are_the_folders_that_steps_stand_in():
    assert sorted(PLACES) == sorted(contract.PLACES)


def test_a_reference_of_counts_gets_counts_as_they_are():
    vst = {"kind": "rna", "files": "r.tsv", "prepare": {"reference": "vst"}}
    assert settled(cohort(r={**vst, "normalize": []}))["r"].reference == "vst"
    with pytest.raises(
        UserError, match=r"^mine.yaml: modalities.r.normalize: `reference: vst` takes counts as they are; set `normalize: \[\]`"
    ):
        settled(cohort(r=vst))
    with pytest.raises(UserError, match=r"^mine.yaml: modalities.r.prepare.reference: `vst` is for counts, and these are tpm"):
        settled(cohort(r={**vst, "values": "tpm", "normalize": []}))
