"""Every model must have predicted exactly the test rows of the splits."""

import numpy as np
import pandas as pd
import pytest

from mmomics.errors import UserError
from mmomics.evaluation import binary
from mmomics.evaluation.folds import arrange, mean_share, pooled, read_folds
from tests.evaluation.simulate import OUTCOMES, observed, predicted, subjects

N = 60
OUTPUTS = ["p_well", "p_ill"]


def make_splits(n=N, folds=3, repeats=2, without=0):
    """Splits of subjects of which the last `without` have no outcome, and always train."""
    parts = []
    names = subjects(n)
    for repeat in range(repeats):
        number = np.random.default_rng(repeat).permutation(n) % folds
        number[n - without :] = -2
        for fold in [-1, *range(folds)] if repeat == 0 else range(folds):
            test = (number == fold) & (fold >= 0)
            parts.append(
                pd.DataFrame({"repeat": repeat, "fold": fold, "subject": names, "role": np.where(test, "test", "train"), "inner": 0})
            )
    return pd.concat(parts, ignore_index=True)


def make_predictions(prediction, splits, seeds=(0, 1)):
    rows = splits[(splits["role"] == "test")]
    parts = []
    for seed in seeds:
        for (repeat, fold), own in rows.groupby(["repeat", "fold"]):
            frame = prediction.loc[own["subject"]].rename_axis("subject").reset_index()
            parts.append(frame.assign(repeat=repeat, fold=fold, seed=seed).sample(frac=1, random_state=seed))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def truth():
    return binary.known(observed("binary", N)[0], OUTCOMES["binary"])


@pytest.fixture
def predictions():
    return make_predictions(predicted("binary", observed("binary", N)[1]), make_splits())


@pytest.fixture
def folds(truth):
    return read_folds(make_splits(), truth)


def test_every_prediction_finds_its_row(folds, predictions):
    answers = arrange(predictions, folds, OUTPUTS, "m")
    assert [(fold.repeat, fold.fold) for fold in folds] == [(r, f) for r in range(2) for f in range(3)]
    expected = predicted("binary", observed("binary", N)[1])
    for fold, by_seed in zip(folds, answers, strict=True):
        assert list(by_seed) == [0, 1]
        for table in by_seed.values():
            pd.testing.assert_frame_equal(table, expected.loc[fold.test.index], check_names=False)


def test_pooled_rows_are_each_subject_of_the_first_repeat_once(folds, predictions):
    shifted = predictions.assign(p_ill=predictions["p_ill"] + 0.1 * predictions["seed"])
    truth, prediction, fold = pooled(folds, arrange(shifted, folds, OUTPUTS, "m"))
    assert sorted(truth.index) == sorted(prediction.index) == list(subjects(N))
    expected = predicted("binary", observed("binary", N)[1])["p_ill"] + 0.05  # the mean of both seeds
    np.testing.assert_allclose(prediction["p_ill"].sort_index(), expected)
    assert sorted(set(fold)) == [0, 1, 2]


def test_rows_without_outcome_train_but_are_not_counted_as_labelled():
    obs = observed("binary", N)[0]
    obs.iloc[-20:] = None
    folds = read_folds(make_splits(without=20), binary.known(obs, OUTCOMES["binary"]))
    assert {len(fold.test) + len(fold.train) for fold in folds} == {40}
    assert {len(fold.test) + fold.n_train for fold in folds} == {60}
    assert mean_share(folds) > mean_share(folds, labelled=False)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p[~((p["fold"] == 1) & (p["repeat"] == 1))], "'m': repeat 1 fold 1 seed 0: 20 of 20 test rows have no prediction"),
        (lambda p: p.drop(p[(p["fold"] == 2) & (p["seed"] == 1)].index[:3]), "repeat 0 fold 2 seed 1: 3 of 20 test rows"),
        (lambda p: p[~((p["fold"] == 0) & (p["seed"] == 1))], "repeat 0 fold 0 seed 1: 20 of 20"),
        (lambda p: pd.concat([p, p[(p["fold"] == 0)].head(2)]), "repeat 0 fold 0 seed 0: 2 rows more than the 20 test rows"),
        (lambda p: pd.concat([p, p.head(1).assign(fold=7)]), "predicted repeat 0 fold 7, which the splits do not have"),
        (lambda p: p.assign(p_ill=p["p_ill"].where(p.index != 5)), "1 of 20 predictions are not finite"),
        (lambda p: p.drop(columns="p_ill"), "no column p_ill"),
        (lambda p: p[:0], "no rows"),
    ],
)
def test_what_does_not_fit_is_named(folds, predictions, spoil, message):
    with pytest.raises(UserError, match=message):
        arrange(spoil(predictions), folds, OUTPUTS, "m")


def test_a_test_row_without_outcome_is_an_error(truth):
    with pytest.raises(UserError, match="1 test rows have no outcome"):
        read_folds(make_splits(), truth.drop(index=truth.index[0]))
    with pytest.raises(UserError, match="no fold has test rows"):
        read_folds(make_splits().query("fold == -1"), truth)
