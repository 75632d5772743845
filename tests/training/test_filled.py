"""Models on whole data: who is left, what is filled in, how draws are pooled, and that test outcomes and hidden values change nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training import filled, impute
from mmomics.training.filled import FEWEST, Handling, complete
from mmomics.training.imputer import fit as fit_imputer
from mmomics.training.units import Unit
from tests.folds import TASKS, make_fold

UNIT, PLACE, TRAINING = Unit(0, 0, 0), (0, 0), Training()
RIDGE = {how: Handling(how, "ridge", 3, seed=7) for how in ("complete", "single", "multiple")}


def worlds(fold, how):
    return list(filled._worlds(fold, RIDGE[how], TRAINING))


def trained(fold, how, method="late_linear"):
    (found,) = filled.fit(Model(method=method), RIDGE[how], {PLACE: fold}, [UNIT], TRAINING)
    return found


@pytest.mark.parametrize("how", ["single", "multiple"])
def test_what_was_measured_stays_and_everybody_who_has_anything_is_whole(how):
    fold = make_fold()[0]
    for world in worlds(fold, how):
        for name, flags in fold.seen.items():
            assert torch.equal(world.x[name][flags], fold.x[name][flags])
            assert world.seen[name].all() and not torch.equal(world.x[name][~flags], fold.x[name][~flags])
        assert world.has is fold.has


def test_the_mean_is_filled_in_once_and_draws_scatter_around_it():
    fold = make_fold(n_obs=300)[0]
    (one,), many = worlds(fold, "single"), filled._worlds(fold, replace(RIDGE["multiple"], draws=40), TRAINING)
    fitted = fit_imputer("ridge", fold, UNIT, TRAINING)
    lacking = ~fold.seen["m1"]
    mean, sd = (part[lacking] for part in fitted.predict("m1", fold.x, fold.seen))
    torch.testing.assert_close(one.x["m1"][lacking], mean)
    drawn = torch.stack([world.x["m1"][lacking] for world in many])
    score = (drawn.mean(0) - mean) / (sd / 40**0.5)
    assert abs(float(score.mean())) < 0.1 and float(score.std()) == pytest.approx(1, abs=0.1)


def test_columns_of_filling_and_subjects_with_nothing_stay_empty():
    fold = make_fold()[0]
    fitted = fold.preparation["m1"]
    fold.preparation["m1"] = replace(fitted, features=fitted.features[:-5], center=fitted.center[:-5], scale=fitted.scale[:-5])
    fold.x["m1"][:, -5:] = 0.0
    for name in fold.seen:
        fold.seen[name][3], fold.x[name][3] = False, 0.0
    for world in worlds(fold, "multiple"):
        assert not world.x["m1"][:, -5:].any()
        assert not any(flags[3] for flags in world.seen.values())


def test_single_values_are_filled_in_as_well_and_draws_scatter_around_their_mean():
    fold = make_fold(n_obs=300)[0]
    has = fold.seen["m0"]
    there = (torch.rand(fold.x["m0"].shape, generator=torch.Generator().manual_seed(3)) > 0.2) & has.unsqueeze(1)
    fold.measured["m0"], fold.x["m0"] = there, fold.x["m0"] * there
    (one,), many = worlds(fold, "single"), list(filled._worlds(fold, replace(RIDGE["multiple"], draws=40), TRAINING))
    for world in (one, *many):
        assert torch.equal(world.x["m0"][there], fold.x["m0"][there])
    gaps = ~there & has.unsqueeze(1)
    drawn = torch.stack([world.x["m0"][gaps] for world in many])
    assert (drawn.std(0) > 0).all() and float((drawn.mean(0) - one.x["m0"][gaps]).mean()) == pytest.approx(0, abs=0.05)
    rows, _, sd = impute.complete(fit_imputer("ridge", fold, UNIT, TRAINING), fold)["m0"]
    sd = torch.from_numpy(sd / fold.preparation["m0"].scale)[gaps[rows]]
    assert float(drawn.std(0).mean()) == pytest.approx(float(sd.mean()), rel=0.05)


def test_gaps_of_assays_that_have_nothing_in_common_are_not_drawn_alike():
    fold = make_fold(n_obs=200, sizes=(30, 30), missing=0.0, signal=0.0)[0]
    random = torch.Generator().manual_seed(3)
    for name in fold.x:
        fold.x[name] = torch.randn(fold.x[name].shape, generator=random)
        fold.measured[name] = torch.rand(fold.x[name].shape, generator=random) > 0.3
        fold.x[name] *= fold.measured[name]
    both = ~fold.measured["m0"] & ~fold.measured["m1"]
    (world, *_) = filled._worlds(fold, RIDGE["multiple"], TRAINING)
    assert abs(float(torch.corrcoef(torch.stack([world.x[name][both] for name in ("m0", "m1")]))[0, 1])) < 0.2


def test_complete_subjects_teach_and_all_test_subjects_are_asked():
    fold = make_fold(n_obs=200)[0]
    own = complete(fold)
    whole = torch.stack(list(fold.seen.values())).all(0)
    assert torch.equal(own.has, fold.has & whole) and whole[own.train].all() and len(own.train) == int(whole[fold.train].sum())
    assert (own.inner[~whole] == -1).all() and torch.equal(own.test, fold.test)
    # what others have changes nothing
    other = replace(fold, x={name: torch.where(whole[:, None], x, x + 5 * fold.seen[name][:, None]) for name, x in fold.x.items()})
    test = whole & torch.isin(torch.arange(200), fold.test)
    assert torch.equal(trained(fold, "complete").eta[test], trained(other, "complete").eta[test])


@pytest.mark.parametrize("task", TASKS)
def test_with_hardly_anybody_complete_everybody_is_told_the_same(task):
    fold = make_fold(task, missing=0.75)[0]
    assert complete(fold).has.sum() < FEWEST
    found = trained(fold, "complete")
    told = found.predictions(pd.Index([f"s{i}" for i in range(120)])).select_dtypes("number").drop(columns=["repeat", "fold", "seed"])
    assert np.isfinite(told).all(axis=None) and (told.nunique() == 1).all()


@pytest.mark.parametrize("method", ["late", "gan", "late_linear"])
def test_an_inner_fold_without_complete_subjects_is_left_out_by_nobody(method):
    """And those that there are numbered as they were: each network of the five leaves out one of the others."""
    fold = make_fold(n_obs=200)[0]
    whole = torch.stack(list(fold.seen.values())).all(0)
    nobody = replace(fold, inner=torch.where((fold.inner == 1) & whole, 2, fold.inner))
    own = complete(nobody)
    assert nobody.inner_folds == [0, 1, 2, 3] and own.inner_folds == [0, 2, 3]
    found = trained(nobody, "complete", method)
    assert found.eta.isfinite().all() and torch.equal(found.held, own.has)


def test_scores_are_held_against_the_networks_that_left_their_inner_fold_out():
    """Also where an inner fold has no row, so that the second network leaves out the third."""
    fold = make_fold("regression", n_obs=200)[0]
    whole = torch.stack(list(fold.seen.values())).all(0)
    fold = replace(fold, inner=torch.where((fold.inner == 1) & whole, 2, fold.inner))
    for n_members in (3, 5):
        (found,) = filled.fit(Model(method="late"), RIDGE["complete"], {PLACE: fold}, [UNIT], Training(members=n_members))
        kept, own = found.fold.head.state["scores"], found.fold
        assert [len(scores) for scores in kept] == [int((own.has & (own.inner == inner)).sum()) for inner in (0, 2, 3)]
        assert found.predictions(pd.Index(range(200)))[["lower", "upper"]].notna().all(axis=None)


@pytest.mark.parametrize("task", TASKS)
def test_predictors_are_averaged_over_the_draws(task):
    fold = make_fold(task)[0]
    found = trained(fold, "multiple")
    assert found.draws.shape[0] == 3 and found.draws.std(0)[~fold.seen["m0"]].max() > 0
    torch.testing.assert_close(found.eta, found.draws.mean(0))
    subjects = pd.Index([f"s{i}" for i in range(120)])
    table = found.by_draw(subjects)
    assert table.groupby("draw")["subject"].agg(list).map(lambda own: own == list(subjects[96:])).all() and table["draw"].nunique() == 3
    told = found.predictions(subjects)
    assert len(told) == 24 and np.isfinite(told.select_dtypes("number")).all(axis=None)
    again = trained(fold, "multiple")
    assert torch.equal(found.eta, again.eta)


def test_a_network_is_trained_on_each_draw():
    fold = make_fold(n_obs=100, sizes=(4, 3))[0]
    handling = replace(RIDGE["multiple"], draws=2)
    (found,) = filled.fit(Model(method="early"), handling, {PLACE: fold}, [UNIT], Training(members=2, epochs=2))
    assert found.members.shape[0] == found.draws.shape[0] == 2
    torch.testing.assert_close(found.members.mean(0), found.eta)


@pytest.mark.parametrize("how", ["single", "multiple"])
def test_nothing_that_is_learned_changes_with_the_test_rows(how):
    fold = make_fold(missing=0.4)[0]
    other = replace(fold, x={name: x.clone() for name, x in fold.x.items()})
    for name, x in other.x.items():
        x[fold.test] = 9.0 * fold.seen[name][fold.test, None]
    first, second = trained(fold, how), trained(other, how)
    assert torch.equal(first.eta[fold.train], second.eta[fold.train]) and torch.equal(first.oof, second.oof)
    assert first.fold.head.state == second.fold.head.state
