"""Errors and correlations against scipy and their definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmomics.evaluation import regression
from tests.evaluation.simulate import OUTCOMES, observed, predicted


@pytest.fixture
def rows():
    obs, cause = observed("regression", 90)
    return regression.known(obs, OUTCOMES["regression"]), predicted("regression", cause)


def test_definitions(rows):
    truth, prediction = rows
    found = regression.score(truth, prediction, truth)
    y, value = truth["outcome"].to_numpy(), prediction["value"].to_numpy()
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((y - value) ** 2)))
    assert found["mae"] == pytest.approx(np.mean(np.abs(y - value)))
    assert found["r2"] == pytest.approx(1 - np.sum((y - value) ** 2) / np.sum((y - y.mean()) ** 2))
    assert found["pearson"] == pytest.approx(stats.pearsonr(y, value).statistic)
    assert found["spearman"] == pytest.approx(stats.spearmanr(y, value).statistic)


def test_constants_have_no_correlation(rows):
    truth, prediction = rows
    flat = regression.score(truth, prediction.assign(value=50.0), truth)
    assert np.isnan([flat["pearson"], flat["spearman"]]).all()
    assert flat["r2"] < 0
    single = regression.score(truth[:1], prediction[:1], truth)
    assert single["rmse"] == pytest.approx(abs(truth["outcome"].iloc[0] - prediction["value"].iloc[0]))
    assert np.isnan([single["r2"], single["pearson"]]).all()


def test_rows_without_a_value_are_left_out():
    assert list(regression.known(pd.DataFrame({"outcome": [1.0, np.nan, 3.0]}, index=list("abc")), {}).index) == ["a", "c"]


def test_calibration_compares_means(rows):
    truth, prediction = rows
    table = regression.calibration(truth, prediction)
    assert np.average(table["observed"], weights=table["n"]) == pytest.approx(truth["outcome"].mean())
    assert np.average(table["predicted"], weights=table["n"]) == pytest.approx(prediction["value"].mean())
    constant = regression.calibration(truth, prediction.assign(value=1.0))
    assert list(constant["n"]) == [len(truth)]
