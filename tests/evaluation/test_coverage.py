"""Coverage and size of predicted regions, against counts by hand and the intervals of their own modules."""

import numpy as np
import pandas as pd
import pytest

from mmomics import plugins
from mmomics.evaluation.coverage import coverage
from mmomics.evaluation.folds import arrange, mean_share, read_folds
from mmomics.evaluation.intervals import corrected_t, wilson
from tests.evaluation.simulate import OUTCOMES, TASKS, observed, predicted
from tests.evaluation.test_folds import make_predictions, make_splits

N = 90


def covered(name, splits, change=None, seeds=(0, 1)):
    task = plugins.load("evaluation", name)
    obs, cause = observed(name, N)
    table = predicted(name, cause)
    table = table if change is None else change(table)
    folds = read_folds(splits, task.known(obs, OUTCOMES[name]))
    answers = arrange(make_predictions(table, splits, seeds), folds, task.outputs(OUTCOMES[name]), "m")
    return coverage(task, folds, {"m": answers}), folds, obs, table


def inside(name, obs, table):
    if name == "regression":
        return ((table["lower"] <= obs["outcome"]) & (obs["outcome"] <= table["upper"])), table["upper"] - table["lower"]
    if name == "survival":
        return obs["time"] >= table["time_lower"], table["time_lower"]
    chosen = table["set"].str.split("|")
    return pd.Series([label in own for label, own in zip(obs["outcome"], chosen, strict=True)], obs.index), chosen.str.len()


@pytest.mark.parametrize("name", TASKS)
def test_coverage_and_size_are_means_over_folds_with_corrected_intervals(name):
    found, folds, obs, table = covered(name, make_splits(N, 3, 2))
    hit, size = inside(name, obs, table)
    for column, values in (("coverage", hit), ("size", size)):
        by_fold = np.array([values[fold.test.index].mean() for fold in folds], dtype=float)
        expected = corrected_t(by_fold, mean_share(folds))
        first = found.iloc[0]
        assert first["class"] == "" and first["n"] == len({row for fold in folds for row in fold.test.index})
        low = first["lower" if column == "coverage" else "size_lower"]
        assert (first[column], low) == pytest.approx((expected.mean, max(expected.lower, 0)))


def test_each_class_has_a_row_of_its_own():
    found, folds, obs, table = covered("multiclass", make_splits(N, 3, 1))
    assert list(found["class"]) == ["", *OUTCOMES["multiclass"]["classes"]]
    hit, _ = inside("multiclass", obs, table)
    for name in OUTCOMES["multiclass"]["classes"]:
        expected = np.mean([hit[fold.test.index[(fold.test["outcome"] == name).to_numpy()]].mean() for fold in folds])
        assert found.set_index("class").loc[name, "coverage"] == pytest.approx(expected)


def test_one_test_set_has_the_interval_of_a_proportion():
    splits = make_splits(N, 2, 1)
    found, folds, obs, table = covered("regression", splits[splits["fold"] < 1])
    hit, _ = inside("regression", obs, table)
    own = hit[folds[0].test.index]
    assert (found["lower"][0], found["upper"][0]) == pytest.approx(wilson(own.sum(), len(own)))


def test_predictions_without_regions_are_left_out():
    found, *_ = covered("binary", make_splits(N, 3, 1), change=lambda table: table.drop(columns="set"))
    assert found.empty and "coverage" in found


def test_regions_of_nobody_cover_nobody():
    found, *_ = covered("survival", make_splits(N, 3, 1), change=lambda table: table.assign(time_lower=1e9))
    assert found["coverage"].tolist() == [0.0]


@pytest.mark.parametrize("name", ["binary", "multiclass"])
def test_no_set_is_said_to_be_larger_than_all_classes(name):
    classes = OUTCOMES[name]["classes"]
    doubtful = {row: "|".join(classes if row % 7 else classes[:1]) for row in range(N)}
    found, *_ = covered(name, make_splits(N, 3, 1), change=lambda table: table.assign(set=[doubtful[row] for row in range(len(table))]))
    assert found["size"][0] < len(classes) == found["size_upper"][0]
