"""What is hidden of whom when imputers are scored, and how drawn rows are held against true ones."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmomics.preparation.fill.minimum import Minimum
from mmomics.training import imputer, resemblance
from mmomics.training.hidden import ALONE, COLUMNS, OF_ASSAYS, PATTERN, WITHIN, questions, scores
from mmomics.training.impute import complete
from mmomics.training.units import Unit
from tests.contract.test_imputers import SETTINGS, related_fold

UNIT = Unit(0, 0, 0)


def patterned_fold():
    """The last test rows have all; training rows lack nothing, m0, or m0 and m1 together."""
    fold = related_fold()
    train = fold.train
    for name in fold.seen:
        fold.seen[name][:] = True
    fold.seen["m0"][train[: len(train) // 2]] = False
    fold.seen["m1"][train[: len(train) // 3]] = False
    return fold


def test_alone_hides_one_assay_of_every_test_row_that_has_another():
    fold = related_fold()
    for question in questions(fold, UNIT, [ALONE]):
        assert not question.seen[question.modality].any()
        assert set(question.rows.tolist()) <= set(fold.test[fold.seen[question.modality][fold.test]].tolist())
        for name in set(fold.seen) - {question.modality}:
            torch.testing.assert_close(question.seen[name], fold.seen[name][question.rows])


def test_patterns_hide_together_what_training_subjects_lack_together():
    fold = patterned_fold()
    asked = {question.modality: question for question in questions(fold, UNIT, [PATTERN])}
    assert set(asked) == {"m0", "m1"}  # nobody lacks m2
    assert not asked["m1"].seen["m0"].any() and asked["m1"].seen["m2"].all()  # who lacks m1 lacks m0
    share = asked["m0"].seen["m1"].float().mean()
    assert 0.1 < share < 0.6  # of those who lack m0 a third has m1
    again = {question.modality: question for question in questions(fold, UNIT, [PATTERN])}
    torch.testing.assert_close(asked["m0"].seen["m1"], again["m0"].seen["m1"])


def test_hidden_values_reach_no_imputer():
    fold = patterned_fold()

    class Looking:
        def predict(self, modality, x, seen):
            for name, values in x.items():
                assert not values[~seen[name]].any()
            return torch.zeros_like(x[modality]), torch.ones_like(x[modality])

        def draw(self, modality, x, seen, n, seed):
            return self.predict(modality, x, seen)[0].expand(n, -1, -1)

    of_features, of_assays = scores(Looking(), fold, UNIT, [ALONE, PATTERN])
    assert list(of_features.columns) == COLUMNS and list(of_assays.columns) == OF_ASSAYS
    np.testing.assert_allclose(of_features["width"], 2 * 1.645, atol=1e-3)


def test_more_hidden_is_harder_to_fill():
    fold = patterned_fold()
    of_features, of_assays = scores(imputer.fit("ridge", fold, UNIT, SETTINGS), fold, UNIT, [ALONE, PATTERN])
    error = of_features[of_features["modality"] == "m1"].groupby("hidden")["rmse"].mean()
    assert error[ALONE] < error[PATTERN]
    assert set(of_assays["hidden"]) == {ALONE, PATTERN}


def gappy_fold():
    """One assay has a factor of its own, and lacks a fifth of its values."""
    fold = related_fold()
    random = torch.Generator().manual_seed(6)
    own = torch.randn(len(fold.y), 1, generator=random) * torch.randn(1, fold.x["m1"].shape[1], generator=random)
    fold.measured["m1"] = (torch.rand(own.shape, generator=random) > 0.2) & fold.seen["m1"].unsqueeze(1)
    fold.x["m1"] = (fold.x["m1"] + 2 * own) * fold.measured["m1"]
    return fold


def test_single_values_are_told_from_their_own_assay_too_and_all_are_asked_once():
    fold = gappy_fold()
    of_features, of_assays = scores(imputer.fit("ridge", fold, UNIT, SETTINGS), fold, UNIT, [ALONE, WITHIN])
    within = of_features[of_features["hidden"] == WITHIN]
    assert set(within["modality"]) == {"m1"}  # the others have no gaps
    assert within["n"].sum() == fold.measured["m1"][fold.test].sum()
    alone = of_features[(of_features["hidden"] == ALONE) & (of_features["modality"] == "m1")]
    assert within["rmse"].mean() < 0.8 * alone["rmse"].mean()
    assert 0.84 < within["coverage"].mean() < 0.97
    assert set(of_assays["hidden"]) == {ALONE}


def test_single_values_that_are_hidden_reach_no_imputer():
    fold = gappy_fold()
    shares = []

    class Looking:
        def complete(self, modality, x, seen, measured):
            assert not x[modality][~measured].any()
            shares.append(float(measured.float().mean()))
            return torch.zeros_like(x[modality]), torch.ones_like(x[modality]), x[modality][:0]

    scores(Looking(), fold, UNIT, [WITHIN])
    assert shares == [pytest.approx(0.8 * 0.8, abs=0.05)]


def test_gaps_are_filled_within_the_range_of_training_but_not_where_they_mean_too_little_to_be_seen():
    fold = gappy_fold()
    fitted = imputer.fit("ridge", fold, UNIT, SETTINGS)
    rows, mean, sd = complete(fitted, fold)["m1"]
    assert set(rows.tolist()) == set(torch.nonzero(fold.seen["m1"] & ~fold.measured["m1"].all(1))[:, 0].tolist())
    low, high = fold.preparation["m1"].restore(fold.x["m1"].amin(0).numpy(), np.ones(mean.shape[1]))[0], fold.x["m1"].amax(0).numpy()
    high = fold.preparation["m1"].restore(high, np.ones(mean.shape[1]))[0]
    assert (mean >= low - 1e-5).all() and (mean <= high + 1e-5).all() and (sd > 0).all()
    fold.preparation["m1"] = replace(fold.preparation["m1"], fill=Minimum(np.zeros(mean.shape[1], "float32")))
    assert complete(fitted, fold) == {} and scores(fitted, fold, UNIT, [WITHIN])[0].empty


def test_energy_is_nought_for_the_same_distribution_and_grows_with_the_distance():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(150, 8))
    same = np.mean([resemblance.energy(rng.normal(size=(150, 8)), rng.normal(size=(3, 150, 8))) for _ in range(10)])
    assert abs(same) < 0.003
    shifted = [resemblance.energy(truth, rng.normal(size=(3, 150, 8)) + shift) for shift in (0.3, 0.8, 3)]
    assert 0 < shifted[0] < shifted[1] < shifted[2] <= 1
    assert resemblance.energy(truth, np.zeros((3, 150, 8))) > 0.1  # the mean in place of draws


def test_energy_is_that_of_scipy_in_one_dimension():
    from scipy.stats import energy_distance

    rng = np.random.default_rng(1)
    n = 600
    truth, drawn = rng.normal(size=(n, 1)), rng.normal(1, 1, size=(1, n, 1))
    across = np.abs(drawn[0] - truth.T).mean()
    assert resemblance.energy(truth, drawn) == pytest.approx(energy_distance(truth[:, 0], drawn[0, :, 0]) ** 2 / (2 * across), abs=0.01)


def test_structure_is_kept_by_draws_of_the_same_features_and_lost_by_independent_ones():
    rng = np.random.default_rng(0)
    loadings = rng.normal(size=(2, 12))
    truth, drawn = (rng.normal(size=(400, 2)) @ loadings + 0.5 * rng.normal(size=(400, 12)) for _ in range(2))
    assert resemblance.structure(truth, drawn[None]) > 0.95
    assert abs(resemblance.structure(truth, rng.normal(size=(2, 400, 12)))) < 0.3
    assert np.isnan(resemblance.structure(truth, np.zeros((2, 400, 12))))
