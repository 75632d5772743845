"""Class metrics against scikit-learn, scipy and their definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu
from sklearn import metrics

from mmomics.evaluation import binary, multiclass
from tests.evaluation.simulate import OUTCOMES, observed, predicted


@pytest.fixture(params=["binary", "multiclass"])
def case(request):
    obs, cause = observed(request.param, 150, seed=3)
    task = {"binary": binary, "multiclass": multiclass}[request.param]
    return task, task.known(obs, OUTCOMES[request.param]), predicted(request.param, cause, seed=3)


def test_threshold_metrics_are_those_of_scikit_learn(case):
    task, truth, prediction = case
    found = task.score(truth, prediction, truth)
    true = truth["outcome"].astype(str)
    guess = prediction.filter(like="p_").idxmax(axis=1).str.removeprefix("p_")
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(true, guess))
    assert found["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(true, guess))
    assert found["f1_weighted"] == pytest.approx(metrics.f1_score(true, guess, average="weighted"))
    assert found["f1_macro"] == pytest.approx(metrics.f1_score(true, guess, average="macro"))


def test_auroc_is_the_share_of_ordered_pairs(case):
    task, truth, prediction = case
    classes = list(truth["outcome"].cat.categories)[1 if task is binary else 0 :]
    areas = []
    for name in classes:
        own = (truth["outcome"] == name).to_numpy()
        p = prediction[f"p_{name}"]
        areas.append(mannwhitneyu(p[own], p[~own]).statistic / (own.sum() * (~own).sum()))
    assert task.score(truth, prediction, truth)["auroc"] == pytest.approx(np.mean(areas))


def test_auprc_is_average_precision_by_definition(case):
    task, truth, prediction = case
    classes = list(truth["outcome"].cat.categories)[1 if task is binary else 0 :]
    values = []
    for name in classes:
        own, p = (truth["outcome"] == name).to_numpy(), prediction[f"p_{name}"].to_numpy()
        recall, area = 0.0, 0.0
        for threshold in np.unique(p)[::-1]:
            called = p >= threshold
            step = (own & called).sum() / own.sum() - recall
            area, recall = area + step * (own & called).sum() / called.sum(), recall + step
        values.append(area)
    assert task.score(truth, prediction, truth)["auprc"] == pytest.approx(np.mean(values))


def test_brier_has_two_forms(case):
    task, truth, prediction = case
    true = truth["outcome"].astype(str).to_numpy()
    found = task.score(truth, prediction, truth)["brier"]
    if task is binary:
        assert found == pytest.approx(metrics.brier_score_loss(true, prediction["p_ill"], pos_label="ill"))
    else:
        errors = [
            (row[f"p_{name}"] - (name == label)) ** 2 for label, (_, row) in zip(true, prediction.iterrows(), strict=True) for name in "abc"
        ]
        assert found == pytest.approx(sum(errors) / len(true))


def test_one_class_only_defines_no_ranking():
    obs, cause = observed("binary", 40)
    truth, prediction = binary.known(obs, OUTCOMES["binary"]), predicted("binary", cause)
    ill = (truth["outcome"] == "ill").to_numpy()
    found = binary.score(truth[ill], prediction[ill], truth)
    assert {metric for metric, value in found.items() if np.isnan(value)} == {"auroc", "auprc", "balanced_accuracy"}
    assert np.isnan(binary.resample("auroc", truth[ill], prediction[ill], truth, np.ones((3, ill.sum())))).all()
    assert len(binary.curves(truth[ill], prediction[ill], np.zeros(ill.sum()))) == 0
    assert len(binary.calibration(truth[ill], prediction[ill]))


def test_a_class_absent_from_the_fold_leaves_the_others():
    obs, cause = observed("multiclass", 60)
    truth, prediction = multiclass.known(obs, OUTCOMES["multiclass"]), predicted("multiclass", cause)
    two = (truth["outcome"] != "b").to_numpy()
    found = multiclass.score(truth[two], prediction[two], truth)
    assert np.isnan(found["auroc"])
    guess = prediction[two].filter(like="p_").idxmax(axis=1).str.removeprefix("p_")
    recalls = [(guess[truth["outcome"][two] == name] == name).mean() for name in ("c", "a")]
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert multiclass.resample("balanced_accuracy", truth[two], prediction[two], truth, np.ones((1, two.sum())))[0] == pytest.approx(
        np.mean(recalls)
    )


def test_labels_keep_the_order_of_the_outcome_and_unknown_rows_are_left_out():
    obs = pd.DataFrame({"outcome": ["a", None, "b", "c"]}, index=list("wxyz"))
    truth = multiclass.known(obs, OUTCOMES["multiclass"])
    assert list(truth.index) == ["w", "y", "z"]
    assert list(truth["outcome"].cat.categories) == ["c", "a", "b"]


def test_curves_enclose_the_areas(case):
    task, truth, prediction = case
    table = task.curves(truth, prediction, np.zeros(len(truth)))
    assert table.groupby(["class", "curve"]).size().max() <= 200
    roc = table[table["curve"] == "roc"].groupby("class")[["x", "y"]].apply(lambda points: np.trapezoid(points["y"], points["x"]))
    assert roc.mean() == pytest.approx(task.score(truth, prediction, truth)["auroc"], abs=1e-9)
    assert table["x"].between(0, 1).all()
    assert table["y"].between(0, 1).all()
