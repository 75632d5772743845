"""Any series: lines of known slope, entropy against neurokit, many channels, few readings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import linregress, skew

from mmomics.config.modality import Device
from mmomics.devices.record import DAY, Record
from mmomics.signals import contract, series

PARAMS = series.Params()


def record(values, days=None, names=("mass",)):
    values = np.asarray(values, dtype=np.float32).reshape(-1, len(names))
    days = np.arange(len(values)) if days is None else np.asarray(days, dtype=float)
    return Record(values, tuple(names), ("",) * len(names), None, days * DAY)


def told(values, days=None):
    return {name.removeprefix("mass_"): value for name, value in series.features(record(values, days), PARAMS).items()}


def test_a_line_at_uneven_visits():
    days = np.array([0.0, 7, 8, 21, 30])
    found = told(70 - 0.25 * days, days)
    assert found["slope"] == pytest.approx(-0.25, rel=1e-5) and found["residual_sd"] == pytest.approx(0, abs=1e-5)
    assert (found["n"], found["first"], found["maximum"], found["minimum"]) == (5, 70, 70, 62.5)


def test_trend_and_spread_are_those_of_scipy():
    rng = np.random.default_rng(0)
    days = np.sort(rng.uniform(0, 60, 40))
    values = np.float32(50 + 0.1 * days + rng.normal(0, 2, 40))
    fit, found = linregress(days, values), told(values, days)
    assert found["slope"] == pytest.approx(fit.slope, rel=1e-5)
    rest = values - fit.intercept - fit.slope * days
    assert found["residual_sd"] == pytest.approx(np.sqrt((rest**2).sum() / 38), rel=1e-5)
    assert found["sd"] == pytest.approx(pd.Series(values).std(), rel=1e-5)
    assert found["autocorrelation"] == pytest.approx(pd.Series(values).autocorr(), rel=1e-4)
    assert found["skewness"] == pytest.approx(skew(values.astype(float)), rel=1e-5)
    levels = pd.Series(values.astype(float)).quantile([0.05, 0.5, 0.95])
    assert [found[name] for name in ("q05", "median", "q95")] == pytest.approx(list(levels), rel=1e-6)


@pytest.mark.parametrize("kind", ["noise", "walk", "sine"])
def test_sample_entropy_is_that_of_neurokit(kind):
    import neurokit2 as nk

    noise = np.random.default_rng(1).normal(size=400)
    x = {"noise": noise, "walk": np.cumsum(noise), "sine": np.sin(np.arange(400) / 5) + 0.1 * noise}[kind]
    theirs, _ = nk.entropy_sample(x, delay=1, dimension=2, tolerance=0.2 * x.std(ddof=1))
    assert series.sample_entropy(x) == pytest.approx(theirs, rel=1e-6)


def test_noise_is_less_regular_than_a_wave():
    noise = np.random.default_rng(2).normal(size=500)
    assert told(noise)["sample_entropy"] > 1.5 > 0.5 > told(np.sin(np.arange(500) / 5))["sample_entropy"]
    assert np.isnan(told(noise[:99])["sample_entropy"]) and not np.isnan(told(noise[:100])["sample_entropy"])
    assert np.isnan(told(np.full(200, 3.3))["sample_entropy"])


def test_few_readings_say_what_they_can():
    none, one, two = told([np.nan]), told([5.0]), told([5.0, 7.0])
    assert np.isnan(list(none.values())).all()
    assert {name for name, value in one.items() if not np.isnan(value)} == {"n", "mean", "minimum", "maximum", "first", "last"}
    assert two["slope"] == 2 and two["sd"] == pytest.approx(2**0.5) and np.isnan(two["residual_sd"])


def test_channels_are_told_apart_and_named_as_the_contract_says():
    device = Device(signal="series", files="x", channels={"mass": "m", "fat": "f"}, units={"mass": "g"})
    both = record([[1, 10], [2, np.nan], [3, 30]], names=("mass", "fat"))
    found = series.features(both, PARAMS)
    named = {feature.name: feature.unit for feature in contract.features_of(device, "m")}
    assert list(found) == list(named)
    assert (named["mass_slope"], named["mass_mean"], named["fat_mean"], named["mass_n"]) == ("g/d", "g", "", "")
    assert (found["mass_n"], found["fat_n"], found["fat_mean"], found["mass_slope"], found["fat_slope"]) == (3, 2, 20, 1, 10)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=3, max_size=60), st.floats(-500, 500), st.sampled_from([0.5, 2.0, 16.0]))
def test_shift_and_scale(values, shift, scale):
    x = np.round(values, 2)
    base, moved, scaled = told(x), told(x, np.arange(len(x)) + shift), told(x * scale)
    assert moved == pytest.approx(base, rel=1e-4, abs=1e-4, nan_ok=True)
    for name in ("mean", "sd", "minimum", "maximum", "first", "last", "slope", "residual_sd"):
        assert scaled[name] == pytest.approx(scale * base[name], rel=1e-3, abs=1e-3)
    assert base["minimum"] <= base["mean"] + 1e-6 and base["mean"] <= base["maximum"] + 1e-6
