"""Trees saved as arrays predict what scikit-learn's own objects predict, for every outcome, and missing values find their way."""

import numpy as np
import pytest
import torch

from mmomics.baselines import boosting, forest
from mmomics.baselines._trees import Trees, exposure, target_of
from mmomics.baselines.contract import TrainingRows
from mmomics.training.goals import balanced
from tests.folds import TASKS, make_fold


def rows_of(task, **options):
    fold, _ = make_fold(task, **{"n_obs": 150, "missing": 0.3, **options})
    x, seen = ({name: part[fold.has] for name, part in values.items()} for values in (fold.x, fold.seen))
    return TrainingRows(x=x, seen=seen, y=fold.y[fold.has], inner=fold.inner[fold.has], head=fold.head, seed=3)


def of(module, task, **params):
    return module.Baseline(module.Params(**params), task)


@pytest.mark.parametrize("task", TASKS)
def test_boosted_trees_predict_what_scikit_learn_predicts(task):
    rows = rows_of(task)
    model = of(boosting, task, n_rounds=15)
    features = boosting._features(rows.x, rows.seen)
    assert features.isnan().any()
    target, weight = target_of(task, rows.y.double().numpy())
    edges = np.nanquantile(features.double().numpy(), np.linspace(0, 1, boosting.N_BINS + 1)[1:-1], axis=0)
    bins = boosting.binned(features.numpy(), edges)
    theirs = model._model(rows.seed).fit(bins, target, sample_weight=weight)
    eta = boosting.staged(model._grow(features.numpy(), torch.ones(len(rows.y), dtype=torch.bool), rows), features)
    for round, predictor in enumerate(eta):
        if task == "regression":
            ours, expected = predictor[:, 0], list(theirs.staged_predict(bins))[round]
        elif task == "survival":
            ours, expected = predictor[:, 0].exp(), list(theirs.staged_predict(bins))[round]
        elif task == "binary":
            ours, expected = predictor[:, 0].sigmoid(), list(theirs.staged_predict_proba(bins))[round][:, 1]
        else:
            ours, expected = predictor.softmax(1), list(theirs.staged_predict_proba(bins))[round]
        np.testing.assert_allclose(ours, expected, rtol=1e-9)


@pytest.mark.parametrize("task", TASKS)
def test_a_forest_predicts_what_scikit_learn_predicts(task):
    rows = rows_of(task)
    model = of(forest, task, n_trees=60)
    model.fit(rows)
    target, weight = target_of(task, rows.y.double().numpy())
    features = forest.features_of(rows.x, rows.seen)
    theirs = model._forest(rows.seed).fit(features.numpy(), target, sample_weight=weight)
    votes = theirs.predict_proba(features.numpy()) if task in ("binary", "multiclass") else theirs.predict(features.numpy())[:, None]
    np.testing.assert_allclose(model.total(features) / 60, votes, rtol=1e-9)


def test_what_is_not_seen_goes_the_way_that_the_trees_learned():
    """The outcome is whether an assay was measured, so only missing values tell it."""
    rows = rows_of("binary", missing=0.5)
    rows.y = rows.seen["m1"].float()[:, None]
    model = of(boosting, "binary", n_rounds=20)
    rows.seen["m1"], whole = rows.seen["m1"].clone(), rows.seen
    oof = model.fit(rows)
    assert ((oof[:, 0] > 0) == (rows.y[:, 0] > 0)).all()
    values = {name: part + 100.0 * ~whole[name].unsqueeze(-1) for name, part in rows.x.items()}
    torch.testing.assert_close(model(values, whole), model(rows.x, whole))  # whatever stands there


@pytest.mark.parametrize("task", ["binary", "multiclass", "survival", "regression"])
def test_inner_folds_in_which_nothing_varies_are_met(task):
    rows = rows_of(task)
    if task == "survival":
        rows.y[:, 1] = (rows.inner == 0).float()
    elif task == "regression":
        rows.y = (rows.inner == 0).float()[:, None]
    else:  # the last class stands in one inner fold only
        last = (rows.inner == 0).float()
        rows.y = last[:, None] if task == "binary" else torch.stack([1 - last, last * 0, last], dim=1)
    model = of(boosting, task, n_rounds=10)
    assert torch.isfinite(model.fit(rows)).all() and torch.isfinite(model(rows.x, rows.seen)).all()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("module", [boosting, forest])
def test_where_nothing_varies_at_all_the_average_is_told(module, task):
    """As of an assay that two subjects have, when both are in the inner fold that is left out."""
    rows = rows_of(task, sizes=(5,), missing=0.0)
    rows.x["m0"] = torch.zeros_like(rows.x["m0"])
    model = of(module, task)
    oof = model.fit(rows)
    assert oof.isfinite().all() and model(rows.x, rows.seen).std(0).max() < 1e-6


def test_rounds_are_those_that_the_left_out_rows_ask_for():
    rows = rows_of("regression", n_obs=200)
    noise = rows_of("regression", n_obs=200)
    noise.y = torch.randn(len(noise.y), 1, generator=torch.Generator().manual_seed(0))
    everyone = torch.ones(len(rows.y))
    used = {}
    for name, part in (("signal", rows), ("noise", noise)):
        model = of(boosting, "regression")
        oof = model.fit(part)
        used[name] = len(model.roots) / 4 - 1  # of every inner model
        fewer, more = (of(boosting, "regression", n_rounds=n).fit(part) for n in (1, 3))
        assert part.head.loss(oof, part.y, everyone) <= min(part.head.loss(other, part.y, everyone) for other in (fewer, more)) + 1e-6
    assert used["noise"] < 10 < used["signal"]


def test_the_strongest_features_are_looked_at_and_chosen_on_the_given_rows():
    rows = rows_of("regression", n_obs=300, missing=0.0, sizes=(40, 40, 40))
    rows.y = rows.x["m0"][:, :1] + rows.x["m1"][:, 3:4] ** 2 + 0.3 * torch.randn(len(rows.y), 1, generator=torch.Generator().manual_seed(0))
    features = boosting._features(rows.x, rows.seen)
    chosen = boosting.screened(rows.head, features, rows.y, 8)
    assert len(chosen) == 8 and {0, 43} <= set(chosen.tolist()) and (chosen.diff() > 0).all()
    # all that vary, where they are few: what is always seen says nothing
    assert boosting.screened(rows.head, features, rows.y, 500).tolist() == list(range(120))
    model = of(boosting, "regression", n_features=8, n_rounds=30)
    oof = model.fit(rows)
    assert np.corrcoef(oof[:, 0], rows.y[:, 0])[0, 1] > 0.7
    inner = model.left >= 0
    assert {0, 43} <= set(model.feature[inner].tolist())  # positions among all features, not among the chosen


def test_exposure_is_the_cumulative_hazard_of_lifelines():
    from lifelines import NelsonAalenFitter

    rng = np.random.default_rng(0)
    time, event = rng.exponential(size=80), (rng.random(80) < 0.6).astype(float)
    expected = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(time, event).cumulative_hazard_at_times(time).to_numpy()
    np.testing.assert_allclose(exposure(time, event), np.maximum(expected, 0.5 / 80))


def test_a_row_is_walked_alone_as_among_many():
    rows = rows_of("multiclass")
    model = of(boosting, "multiclass", n_rounds=10)
    model.fit(rows)
    whole = model(rows.x, rows.seen)
    one = model({name: part[5:6] for name, part in rows.x.items()}, {name: part[5:6] for name, part in rows.seen.items()})
    torch.testing.assert_close(one, whole[5:6])
    trees = Trees(*(getattr(model, name) for name in ("roots", "left", "right", "feature", "threshold", "value", "lost_left")))
    assert trees.leaf_values(boosting._features(rows.x, rows.seen)).shape == (len(rows.y), len(model.roots), 3)


@pytest.mark.parametrize("task", TASKS)
def test_rows_that_every_tree_of_a_small_forest_learned_from_have_no_predictor_out_of_bag(task):
    rows = rows_of(task)
    few, many = (of(forest, task, n_trees=n).fit(rows) for n in (3, 200))
    assert torch.isfinite(many).all()
    left_out = torch.isfinite(few).all(1)
    assert torch.equal(left_out, torch.isfinite(few).any(1)) and 0.6 < left_out.float().mean() < 0.9  # of three bags all: .25


@pytest.mark.parametrize("module", [boosting, forest])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_weighed_classes_are_told_apart_and_as_common_as_they_are(module, task):
    """One class stands for a tenth of the rows, and a feature tells it roughly."""
    generator = torch.Generator().manual_seed(0)
    rows = rows_of(task, n_obs=500, missing=0.0)
    rare = torch.randperm(len(rows.y), generator=generator) < len(rows.y) // 10
    last = rare.float()
    first = torch.rand(len(last), generator=generator).round() * (1 - last)
    rows.y = last[:, None] if task == "binary" else torch.stack([first, 1 - first - last, last], dim=1)
    rows.x["m0"][:, 0] = 1.5 * last + torch.randn(len(last), generator=generator)
    everyone = torch.ones(len(last), dtype=torch.bool)
    fast = {"n_trees": 200} if module is forest else {"n_rounds": 20}
    plain = of(module, task, **fast).fit(rows)
    rows.weight, _ = balanced(rows.y, everyone)
    weighed = of(module, task, **fast).fit(rows)
    assert not torch.equal(plain, weighed)
    rows.head.calibrate(weighed, rows.y, everyone)
    p = torch.from_numpy(rows.head.probabilities(rows.head.calibrated(weighed))[:, -1])
    assert float(p.mean()) == pytest.approx(0.1, abs=0.02)  # and not the third or half that weights alone would say
    assert float(p[rare].mean()) > 1.5 * float(p[~rare].mean())
