"""What every kind of signal keeps: named features with units, defaults that are literals, and a number or NaN for any record."""

import re
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from mmomics import plugins
from mmomics.config.modality import Device
from mmomics.devices.record import DAY, Record
from mmomics.errors import UserError
from mmomics.signals import contract

KINDS = plugins.names("signals")
FAST = {"ecg": 100.0, "ppg": 50.0, "blood_pressure": 50.0, "respiration": 25.0, "eeg": 100.0, "accelerometer": 20.0}
SUITED = {"energy": {"scale": 100.0}}  # readings of the bank are about 100
USUAL = ("ordinary", "without a clock", "half of it missing", "irregular", "missing", "zero")
START = pd.Timestamp("2024-03-30 20:13:20.5", tz="Europe/Berlin")  # the night of the change to summer time


def device(kind, **more):
    named = {"mass": "m", "pace": "p"} if plugins.constant("signals", kind, "PER_CHANNEL", default=False) else {}
    return Device(signal=kind, files="x", channels=named, **more)


def record(kind, values, fs=None, times=None, start=START, needed=False):
    """The values in every channel that a kind looks for, or in those that it needs; a night's hypnogram beside them."""
    roles = contract.roles_of(device(kind), "here")
    names = tuple(role for role, about in roles.items() if about.needed or not needed)
    signal = np.tile(np.asarray(values, dtype=np.float32)[:, None], (1, len(names)))
    notes = pd.DataFrame({"onset": [0.0, 600, 1800], "duration": [600.0, 1200, 600], "label": ["W", "N2", "R"]})
    rate = None if times is not None else fs or FAST.get(kind, 1 / 60)
    return Record(signal, names, tuple(roles[name].unit for name in names), rate, times, start, annotations=notes, source="x.csv")


def bank(kind):
    """Odd records, each with its name."""
    rng = np.random.default_rng(0)
    n = 1500
    level = 100 + 40 * np.sin(np.arange(n) / 200) + rng.normal(0, 5, n)
    holes = np.where(rng.random(n) < 0.6, np.nan, level)
    yield "empty", record(kind, [])
    for few in (1, 2, 3, 5):
        yield f"{few} samples", record(kind, level[:few])
        yield f"{few} samples at irregular times", record(kind, level[:few], times=np.arange(few) ** 1.5)
    for name, value in {"zero": 0, "constant": 70, "a fraction": 0.1, "missing": np.nan, "infinite": np.inf, "negative": -5}.items():
        yield name, record(kind, np.full(n, value))
    yield "ordinary", record(kind, level)
    yield "one needed channel each", record(kind, level, needed=True)
    yield "without a clock", record(kind, level, start=None)
    yield "on a clock without a zone", record(kind, level, start=START.tz_localize(None))
    yield "half of it missing", record(kind, holes)
    yield "one reading among gaps", record(kind, np.where(np.arange(n) == 700, level, np.nan))
    yield "huge", record(kind, level * 1e30)
    yield "tiny", record(kind, level * 1e-30)
    yield "up and down", record(kind, np.where(np.arange(n) % 2, 40, 400))
    for step in (15.0, 300.0, 3600.0, DAY):
        yield f"a reading every {step:g} s", record(kind, level[:200], fs=1 / step)
    times = np.cumsum(rng.exponential(60, n))
    yield "irregular", record(kind, level, times=times - times[0])
    yield "a year of nothing within", record(kind, level, times=np.arange(n) * 60.0 + np.where(np.arange(n) > 700, 365 * DAY, 0))


@pytest.mark.parametrize("kind", KINDS)
def test_features_have_names_units_and_meanings(kind):
    features = contract.features_of(device(kind, units={"mass": "g"} if kind == "series" else {}), "here")
    names = [feature.name for feature in features]
    assert names and len(set(names)) == len(names)
    for feature in features:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", feature.name)
        assert re.match(r"[A-Z0-9(]", feature.meaning), feature
        assert isinstance(feature.unit, str) and "{" not in feature.unit
        assert not feature.reference or re.match(r"doi:10\.\d{4,9}/\S+$", feature.reference), feature


@pytest.mark.parametrize("kind", KINDS)
def test_params_are_literals_that_can_be_listed_and_set(kind):
    defaults = plugins.defaults("signals", kind)
    module = plugins.load("signals", kind)
    assert asdict(module.Params()) == defaults
    for name in defaults:
        assert re.search(rf"\b{name}\b[^:]*( :|, .* :)", module.Params.__doc__), f"{kind}.{name} is not described"
    assert asdict(contract.params(device(kind, params=defaults), "here")) == defaults
    with pytest.raises(UserError, match="no parameter 'bogus'"):
        contract.params(device(kind, params={"bogus": 1}), "here")


def told_or_refused(module, odd, params):
    """The features, or the line that is said instead."""
    try:
        return module.features(odd, params)
    except UserError as error:
        return str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_any_record_is_told_or_missing_and_left_as_it_is(kind):
    module = plugins.load("signals", kind)
    params = module.Params(**SUITED.get(kind, {}))
    names = [feature.name for feature in contract.features_of(device(kind), "here")]
    for what, odd in bank(kind):
        before = odd.signal.copy()
        if hasattr(module, "worn"):
            worn = module.worn(odd, params)
            assert worn.dtype == bool and worn.shape == (len(odd),), what
        told = told_or_refused(module, odd, params)
        if isinstance(told, str):
            assert told.startswith("x.csv: ") and what not in USUAL, f"{what}: {told}"
            continue
        assert list(told) == names, what
        assert all(type(value) is float for value in told.values()), what
        assert not np.isinf(list(told.values())).any(), what
        np.testing.assert_array_equal(odd.signal, before)
        again = module.features(odd, params)
        np.testing.assert_array_equal(list(told.values()), list(again.values()))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if plugins.load("signals", kind).__dict__.get("ROLES") != {}])
def test_nothing_recorded_tells_nothing(kind):
    module = plugins.load("signals", kind)
    for values in ([], np.full(3000, np.nan)):
        told = module.features(record(kind, values), module.Params())
        assert np.isnan([value for name, value in told.items() if not name.endswith("clean")]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_roles_have_names_and_bounds(kind):
    for role, about in contract.roles_of(device(kind), "here").items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", role)
        assert about.names and about.low < about.high
    assert contract.epoch(device(kind), "here") >= 0
    assert contract.epoch(device(kind, step="15 min"), "here") == 900


def test_a_kind_of_any_channels_needs_them_named():
    with pytest.raises(UserError, match="takes any channel, so they have to be named"):
        contract.roles_of(Device(signal="series", files="x"), "m")
