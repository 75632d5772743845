"""Folds that are made when they are asked for: the same as all at once, and no more of them in memory than are in use."""

import gc

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics.cohort import prepare
from mmomics.cohort.data import from_mudata
from mmomics.cohort.split import split
from mmomics.config.handling import Missing
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training import fit as fitting
from mmomics.training import folds as module
from mmomics.training import search
from mmomics.training.filled import Handling
from mmomics.training.filled import fit as fit_filled
from mmomics.training.folds import Folds
from mmomics.training.units import Unit

UNITS = [Unit(0, fold, seed) for fold in range(4) for seed in (0, 1)]
QUICK = Training(members=2, epochs=2)


@pytest.fixture
def folds(study, aligned):
    data = from_mudata(aligned("acc").cohort)
    splits = split(data.obs, study("acc").split.model_copy(update={"folds": 4, "repeats": 1}), 0)
    prepared = {}
    for fold in range(4):
        own = splits[(splits["fold"] == fold) & (splits["role"] == "train")]["subject"]
        rows = np.flatnonzero(np.isin(data.subjects, own))
        prepared[0, fold] = prepare.fit(data, rows, study("acc").prepare.model_copy(update={"n_features": 30}))
    return Folds(data, splits, prepared)


def test_a_fold_is_made_once_while_it_is_in_use_and_again_when_it_is_not(folds, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 0)
    own = folds.of(UNITS, ["rna", "clinical"])
    assert list(own) == [(0, 0), (0, 1), (0, 2), (0, 3)] and len(own) == 4
    first = own[0, 1]
    assert own[0, 1] is first and set(first.x) == {"rna", "clinical"}
    x = first.x["rna"].clone()
    del first
    gc.collect()
    assert not len(own._alive)
    torch.testing.assert_close(own[0, 1].x["rna"], x, rtol=0, atol=0)
    with pytest.raises(KeyError):
        own[0, 9]


def test_folds_that_a_search_is_told_by_are_let_go_of(folds, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "KEPT", 0)
    own, alive = folds.of(UNITS), []
    monkeypatch.setattr(search, "_learned_from", lambda fold: alive.append(len(own._alive)) or [])
    with search.journal(tmp_path / "out", Model(method="late_linear"), own, UNITS, QUICK, Missing()):
        assert alive == [1, 1, 1, 1] and not len(own._alive)


def test_small_cohorts_stay_at_hand(folds):
    own = folds.of(UNITS)
    kept = [id(own[place]) for place in own]
    gc.collect()
    assert kept == [id(own[place]) for place in own]


@pytest.mark.parametrize("method", ["late", "late_linear", "forest"])
def test_light_fits_of_passes_as_small_as_can_be_say_the_same(folds, monkeypatch, method):
    model = Model(method=method, params={"n_trees": 20} if method == "forest" else {})
    whole = fitting.fit(model, dict(folds.of(UNITS)), UNITS, QUICK)
    monkeypatch.setattr(module, "KEPT", 0)
    monkeypatch.setattr(fitting, "BYTES_PER_PASS", 1)
    own, made, make = folds.of(UNITS), [], folds.make
    monkeypatch.setattr(own.folds, "make", lambda *given: made.append(given[0]) or make(*given))
    light = fitting.fit(model, own, UNITS, QUICK, light=True)
    gc.collect()
    assert not len(own._alive) and (len(made) == 4 or method == "late")
    subjects = pd.Index(folds.data.subjects)
    for one, other in zip(light, whole, strict=True):
        for table in ("predictions", "predictors", "subsets"):
            pd.testing.assert_frame_equal(getattr(one, table)(subjects), getattr(other, table)(subjects), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("how", ["complete", "single", "multiple"])
def test_light_fits_on_whole_data_say_the_same(folds, how):
    units, handling = UNITS[:2], Handling(how, "ridge", 2, seed=7)
    own = dict(folds.of(units, ["rna", "protein"]))
    light, whole = (fit_filled(Model(method="late_linear"), handling, own, units, QUICK, light=light) for light in (True, False))
    subjects = pd.Index(folds.data.subjects)
    for one, other in zip(light, whole, strict=True):
        assert one.network is None and not any(len(values) for values in one.fold.x.values())
        pd.testing.assert_frame_equal(one.predictions(subjects), other.predictions(subjects))
        pd.testing.assert_frame_equal(one.predictors(subjects), other.predictors(subjects))
