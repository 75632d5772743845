"""Glucose: published formulas on real records, swings of known height, units, and records of two monitors on the same people."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks

from mmomics.config.modality import Device
from mmomics.devices.contract import choose
from mmomics.devices.record import Record
from mmomics.signals import _channels, cgm

PARAMS = cgm.Params()
START = pd.Timestamp("2024-05-06")


def record(values, minutes=5.0, start=START, times=None):
    values = np.asarray(values, dtype=np.float32)[:, None]
    return Record(values, ("glucose",), ("mg/dL",), None if times is not None else 1 / (60 * minutes), times, start)


def told(values, **more):
    return cgm.features(record(values, **more), PARAMS)


@pytest.fixture(scope="module")
def hall(shared):
    """Nineteen people, as the reader gives them."""
    device = Device(signal="cgm", files="x", subject="id", time="time", channels={"glucose": "gl"})
    path = shared / "device_formats" / "cgm" / "hall_2018_cgm.csv.gz"
    records = {each.subject: _channels.choose([each], device, "m")[0] for each in choose(path, device).read(path, device)}
    table = pd.read_csv(path, parse_dates=["time"])
    return records, table


def test_levels_and_shares_of_real_records_are_those_of_their_formulas(hall):
    records, table = hall
    assert len(records) == 19
    for subject, part in table.groupby("id"):
        x = part["gl"].dropna()
        found = cgm.features(records[subject], PARAMS)
        mean, sd = x.mean(), x.std()
        assert found["mean"] == pytest.approx(mean) and found["sd"] == pytest.approx(sd) and found["cv"] == pytest.approx(sd / mean)
        assert found["gmi"] == pytest.approx(3.31 + 0.02392 * mean)
        assert found["j_index"] == pytest.approx(0.001 * (mean + sd) ** 2)
        for low, name in ((54, "below_54"), (70, "below_70")):
            assert found[name] == pytest.approx((x < low).mean())
        for high in (140, 180, 250):
            assert found[f"above_{high}"] == pytest.approx((x > high).mean())
        assert found["in_range"] == pytest.approx(x.between(70, 180).mean())
        scale = 1.509 * (np.log(x) ** 1.084 - 5.381)
        assert found["lbgi"] == pytest.approx((10 * scale[scale < 0] ** 2).sum() / len(x))
        assert found["hbgi"] == pytest.approx((10 * scale[scale > 0] ** 2).sum() / len(x))
        night = part["time"].dt.hour < 6
        assert found["night_mean"] == pytest.approx(part["gl"][night].mean())
        assert found["day_mean"] == pytest.approx(part["gl"][~night].mean())


def lagged(part, lag):
    """Differences from the reading at a lag before, by a join of times."""
    times = part[["time", "gl"]].dropna().sort_values("time")
    before = times.assign(time=times["time"] + pd.Timedelta(lag))
    joined = pd.merge_asof(times, before, on="time", direction="nearest", tolerance=pd.Timedelta("150s"), suffixes=("", "_before"))
    return (joined["gl"] - joined["gl_before"]).dropna()


def test_differences_between_days_and_hours_are_those_of_a_join_of_times(hall):
    records, table = hall
    for subject, part in table.groupby("id"):
        found = cgm.features(records[subject], PARAMS)
        assert found["modd"] == pytest.approx(lagged(part, "24h").abs().mean(), rel=0.01)
        assert found["conga_1h"] == pytest.approx(lagged(part, "1h").std(), rel=0.01)


def test_excursions_of_real_records_are_swings_between_prominent_extremes(hall):
    """Peaks that stand out of their surroundings by more than one SD, by scipy, are as high as `mage` says."""
    records, table = hall
    ours, theirs = [], []
    for subject, part in table.groupby("id"):
        x = part.sort_values("time")["gl"].dropna().to_numpy()
        at = np.sort(np.concatenate([find_peaks(sign * x, prominence=x.std(ddof=1) * (1 + 1e-9))[0] for sign in (1, -1)]))
        swings = np.abs(np.diff(x[at]))
        theirs.append(swings[swings > 0].mean())  # a peak of two equal tops is found twice
        ours.append(cgm.features(records[subject], PARAMS)["mage"])
    np.testing.assert_allclose(ours, theirs, rtol=0.06)  # but for the swings at the ends


def test_diabetes_reads_higher_than_prediabetes(hall):
    records, table = hall
    diagnosis = table.groupby("id")["diagnosis"].first()
    found = pd.DataFrame({subject: cgm.features(each, PARAMS) for subject, each in records.items()}).T
    means = found.groupby(diagnosis)[["mean", "mage", "above_140", "hbgi"]].mean()
    assert (means.loc["diabetic"] > means.loc["pre-diabetic"]).all()


def test_a_triangle_has_excursions_of_its_height():
    triangle = 100 + 80 * np.abs((np.arange(2880) / 48) % 2 - 1)
    assert told(triangle)["mage"] == pytest.approx(80, abs=0.1)  # the last is not quite at its end
    ripple = triangle + 5 * np.where(np.arange(2880) % 2, 1, -1)  # far less than one SD
    assert told(ripple)["mage"] == pytest.approx(90, abs=2)


def test_days_that_are_alike_do_not_differ():
    day = 120 + 40 * np.sin(np.arange(288) / 20)
    same = told(np.tile(day, 4))
    assert same["modd"] == 0
    assert told(np.concatenate([day, day + 10, day + 20]))["modd"] == pytest.approx(10, rel=1e-5)
    assert np.isnan(told(day)["modd"])


def test_a_ramp_has_no_spread_of_its_rate_nor_of_its_hours():
    ramp = told(80 + 0.2 * np.arange(600))
    assert ramp["rate_sd"] == pytest.approx(0, abs=1e-5) and ramp["conga_1h"] == pytest.approx(0, abs=1e-4)
    rates = np.random.default_rng(0).normal(0, 1.5, 2000)
    assert told(500 + np.cumsum(5 * rates))["rate_sd"] == pytest.approx(rates[1:].std(ddof=1), rel=1e-3)


def test_rates_over_gaps_do_not_count():
    step = np.where(np.arange(600) < 300, 100.0, 200.0)
    step[300:310] = np.nan
    assert told(step)["rate_sd"] == 0


@pytest.mark.parametrize(
    ("mmol", "name"), [(10.0, "above_180"), (13.9, "above_250"), (7.8, "above_140"), (3.9, "below_70"), (3.0, "below_54")]
)
def test_limits_in_mmol_are_those_of_the_consensus(mmol, name):
    device = Device(signal="cgm", files="x")

    def share(value):
        made = Record(np.full((300, 1), value, dtype=np.float32), ("Glucose Value (mmol/L)",), ("mmol/L",), 1 / 300, start=START)
        return cgm.features(_channels.choose([made], device, "m")[0], PARAMS)[name]

    assert share(mmol) == 0
    assert share(mmol + (0.1 if name.startswith("above") else -0.1)) == 1


def test_hours_that_are_too_few_say_nothing():
    assert np.isnan(list(told(np.linspace(90, 110, 140)).values())).all()
    assert told(np.linspace(90, 110, 150))["mean"] == pytest.approx(100)
    # three readings on three days are no record of twelve hours
    assert np.isnan(told([90, 100, 110], minutes=1440)["mean"])


def test_without_a_clock_there_is_no_night():
    found = told(np.linspace(90, 110, 600), start=None)
    assert np.isnan([found["night_mean"], found["day_mean"], found["night_cv"]]).all() and not np.isnan(found["mean"])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**16), st.integers(0, 10**5), st.floats(0, 0.5))
def test_when_and_how_often_change_no_level(seed, shift, gaps):
    rng = np.random.default_rng(seed)
    x = np.clip(130 + np.cumsum(rng.normal(0, 4, 864)), 45, 380)
    x[rng.random(len(x)) < gaps] = np.nan
    base, later, twice = told(x), told(x, start=START + pd.Timedelta(seconds=shift)), told(np.tile(x, 2))
    free = [name for name in base if not name.startswith(("day", "night"))]
    assert [base[name] for name in free] == pytest.approx([later[name] for name in free], nan_ok=True)
    for name in ("mean", "in_range", "above_180", "below_70", "lbgi", "hbgi", "night_mean", "day_mean"):
        assert twice[name] == pytest.approx(base[name], rel=1e-5, abs=1e-6)
    assert base["below_54"] <= base["below_70"] and base["above_250"] <= base["above_180"] <= base["above_140"]
    assert base["below_70"] + base["in_range"] + base["above_180"] == pytest.approx(1)
    wider = told(2 * x)
    for name in ("mean", "sd", "mage", "modd", "conga_1h", "rate_sd"):
        assert wider[name] == pytest.approx(2 * base[name], rel=1e-4, nan_ok=True)


@pytest.fixture(scope="module")
def people(shared):
    """Mean glucose by the monitors of CGMacros, the step of what is kept of them, and HbA1c; the second monitor of every third."""
    folder = shared / "cgmacros"
    bio = pd.read_csv(folder / "bio.csv.gz").set_index("subject")["A1c PDL (Lab)"]
    rows = {}
    for place, subject in enumerate(bio.index):
        path = folder / "device" / f"CGMacros-{subject:03d}.csv.gz"
        for role, name, step in (("libre", "Libre GL", "15 min"), ("dexcom", "Dexcom GL", "5 min"))[: 1 + (place % 3 == 0)]:
            device = Device(signal="cgm", files="x", channels={"glucose": name}, time="Timestamp", step=step, units={"glucose": "mg/dL"})
            (made,) = _channels.choose(list(choose(path, device).read(path, device)), device, "m")
            seconds = made.seconds[~np.isnan(made.signal[:, 0])]
            rows.setdefault(subject, {})[role] = cgm.features(made, PARAMS)["mean"]
            rows[subject][f"{role}_step"] = np.median(np.diff(seconds)) / 60
    return pd.DataFrame(rows).T.assign(hba1c=bio)


def test_mean_glucose_goes_with_hba1c_and_monitors_differ_by_their_offset(people):
    assert len(people) == 45 and people["libre"].notna().all() and people["dexcom"].notna().sum() == 15
    assert people["libre"].corr(people["hba1c"]) == pytest.approx(0.81, abs=0.02)  # as the source of the data says
    assert (people["dexcom"] - people["libre"]).median() == pytest.approx(30, abs=8)
    assert (people["libre_step"] == 15).all() and (people["dexcom_step"].dropna() == 5).all()
