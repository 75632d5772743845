"""The random control knows nothing, is the same for the same subject, and is learned as other models are."""

import numpy as np
import torch
from scipy.stats import kstest, spearmanr

from mmomics.baselines import random
from mmomics.baselines.contract import TrainingRows
from tests.folds import make_fold


def test_noise_is_normal_independent_and_nothing_of_the_values_is_left_in_it():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2000, 5)).astype("float32")
    drawn = random.noise(features, seed=1, n_features=4)
    assert drawn.shape == (2000, 4) and np.isfinite(drawn).all()
    assert all(kstest(column, "norm").pvalue > 0.01 for column in drawn.T)
    both = spearmanr(np.column_stack([features, drawn])).statistic
    assert np.abs(both - np.eye(9)).max() < 4 / np.sqrt(2000)
    features = np.linspace(0, 1, 2000, dtype="float32")[:, None]  # neighbours in value are none in noise
    assert abs(np.corrcoef(random.noise(features, 1, 1)[1:, 0], random.noise(features, 1, 1)[:-1, 0])[0, 1]) < 0.1


def test_a_subject_has_its_noise_wherever_it_stands_and_another_seed_gives_other_noise():
    features = np.random.default_rng(0).normal(size=(50, 300)).astype("float32")
    drawn = random.noise(features, 1, 3)
    order = np.random.default_rng(1).permutation(50)
    np.testing.assert_array_equal(random.noise(features[order], 1, 3), drawn[order])
    assert (random.noise(features, 2, 3) != drawn).all()
    moved = features.copy()
    moved[:, 100] = np.nextafter(moved[:, 100], np.float32(9))
    assert (random.noise(moved, 1, 3) != drawn).all()


def test_its_scores_on_new_subjects_are_those_of_chance():
    """Over many cohorts the correlation with a strong outcome is nought on average, and as wide as that of independent numbers."""
    found = []
    for seed in range(40):
        fold, obs = make_fold("regression", n_obs=150, seed=seed, missing=0.1)
        has = fold.has
        rows = TrainingRows(
            {name: part[has] for name, part in fold.x.items()}, {name: part[has] for name, part in fold.seen.items()},
            fold.y[has], fold.inner[has], fold.head, seed,
        )  # fmt: skip
        model = random.Baseline(random.Params(), "regression")
        oof = model.fit(rows)
        assert torch.isfinite(oof).all()
        found.append(spearmanr(model(fold.x, fold.seen)[fold.test, 0], obs["outcome"].iloc[fold.test.numpy()]).statistic)
    width = 1 / np.sqrt(30 - 1)
    assert abs(np.mean(found)) < 3 * width / np.sqrt(40)
    assert 0.6 * width < np.std(found) < 1.4 * width
