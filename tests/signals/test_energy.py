"""Energy: classes at their limits, tenths of METs, and a real wristband."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.config.modality import Device
from mmomics.devices.contract import choose
from mmomics.devices.record import Record
from mmomics.errors import UserError
from mmomics.signals import _channels, energy

PARAMS, TENTHS = energy.Params(), energy.Params(scale=10)
START = pd.Timestamp("2024-05-06")
CLASSES = ("sedentary", "light", "moderate", "vigorous")


def told(values, params=PARAMS, start=START):
    return energy.features(Record(np.asarray(values, dtype=np.float32)[:, None], ("mets",), ("",), 1 / 60, start=start), params)


@pytest.mark.parametrize(
    ("mets", "name"),
    [(1.0, "sedentary"), (1.5, "sedentary"), (1.6, "light"), (2.9, "light"), (3.0, "moderate"), (5.9, "moderate"), (6.0, "vigorous")],
)
def test_classes_begin_where_the_compendium_says(mets, name):
    for values, params in ((np.full(600, mets), PARAMS), (np.full(600, round(10 * mets)), TENTHS)):
        found = told(values, params)
        assert {each: found[each] for each in CLASSES} == {each: float(each == name) for each in CLASSES}


def test_minutes_of_activity_are_per_recorded_day():
    day = np.ones(1440)
    day[600:640], day[700:720] = 4, 8
    for days in (1, 3):
        assert told(np.tile(day, days))["mvpa_minutes"] == pytest.approx(60)
    holes = np.tile(day, 2)
    holes[1440:] = np.nan
    assert told(holes)["mvpa_minutes"] == pytest.approx(60)


def test_days_and_nights():
    hour = np.arange(3 * 1440) / 60 % 24
    found = told(np.where(hour < 6, 1.0, 2.0))
    assert (found["night_mean"], found["day_mean"]) == (1, 2) and found["sedentary"] == 0.25
    adrift = told(np.where(hour < 6, 1.0, 2.0), start=None)
    assert {name for name, value in adrift.items() if np.isnan(value)} == {"day_mean", "night_mean", "acrophase"}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.floats(0, 0.5))
def test_tenths_and_wholes_say_the_same_and_classes_add_up(seed, gaps):
    rng = np.random.default_rng(seed)
    tenths = np.round(9 + rng.gamma(0.5, 20, 2880))
    tenths[rng.random(2880) < gaps] = np.nan
    found = told(tenths, TENTHS)
    whole = told(tenths / 10)
    turn = found.pop("acrophase") - whole.pop("acrophase")  # of noise with hardly a rhythm the peak is anywhere
    assert found == pytest.approx(whole, rel=1e-4, abs=1e-5)
    assert found["amplitude"] * abs(np.sin(np.pi * turn / 24)) < 1e-4
    assert sum(found[name] for name in CLASSES) == pytest.approx(1)


def test_hours_of_hard_work_are_what_they_are():
    work = np.tile([8.0, 9.0, 10.0], 60)
    assert told(work)["mean"] == pytest.approx(9) and told(work)["vigorous"] == 1
    assert told(work * 10, TENTHS) == pytest.approx(told(work), nan_ok=True)


@pytest.mark.parametrize(("level", "hours", "most"), [(20.0, 5, 20), (6.0, 24, 6)])
def test_what_nobody_can_spend_for_so_long_is_refused(level, hours, most):
    assert told(np.full(60 * hours, level))["mean"] == pytest.approx(level)
    with pytest.raises(UserError, match=rf"half of its readings are at .* in {hours} h \(at most {most}\)"):
        told(np.full(60 * hours, level + 0.1))
    with pytest.raises(UserError, match="`scale` of 0"):
        told(np.full(300, level), energy.Params(scale=0))


def wristband(shared, subject, column):
    path = shared / "cgmacros" / "device" / f"CGMacros-{subject}.csv.gz"
    device = Device(signal="energy", files="x", channels={"mets": column}, time="Timestamp")
    (made,) = _channels.choose(list(choose(path, device).read(path, device)), device, "m")
    return made, pd.read_csv(path)[column].dropna()


def test_levels_of_intensity_are_no_energy(shared):
    made, levels = wristband(shared, "011", "Intensity")
    assert set(levels) == {0, 1, 2, 3}
    assert np.isnan(list(energy.features(made, PARAMS).values())).all()


def test_a_real_wristband_writes_tenths(shared):
    made, mets = wristband(shared, "001", "METs")
    with pytest.raises(UserError, match=r"CGMacros-001\.csv\.gz: half of its readings .* set `params: {scale: 10}`"):
        energy.features(made, PARAMS)
    mets = mets / 10
    found = energy.features(made, TENTHS)
    assert found["mean"] == pytest.approx(mets.mean(), rel=1e-3) and 1 < found["mean"] < 3
    assert found["sedentary"] == pytest.approx((mets.round(6) <= 1.5).mean(), abs=1e-3)
    assert found["day_mean"] > found["night_mean"]
