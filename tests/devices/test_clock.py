"""Clocks that go forward and back, and what cannot be told about them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.config.modality import Device
from mmomics.devices import _clock, glucose, timeseries
from mmomics.errors import UserError


def device(zone):
    return Device(signal="generic", files="x", time_zone=zone)


def placed(times, zone):
    return _clock.localised(pd.DatetimeIndex(times), device(zone), lambda place: f"row {place}")


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    start=st.datetimes(pd.Timestamp("2015-01-01").to_pydatetime(), pd.Timestamp("2024-01-01").to_pydatetime()),
    minutes=st.sampled_from([5, 15]),
)
def test_a_clock_that_was_moved_is_put_right(zone, start, minutes):
    """Whatever a wall clock shows over eight days of any year is undone, where it is read often enough."""
    truth = pd.date_range(pd.Timestamp(start).floor("min"), periods=8 * 24 * 60 // minutes, freq=f"{minutes}min", tz="UTC").tz_convert(zone)
    found = placed(truth.tz_localize(None), zone) if whole_hours(truth) else truth
    assert (found == truth).all()


def whole_hours(truth):
    """Neither end stands in an hour that occurs twice: half of it cannot be told."""
    walls = truth.tz_localize(None)
    return not walls.tz_localize(truth.tz, ambiguous="NaT")[[0, -1]].isna().any()


@pytest.mark.parametrize(
    ("times", "problem"),
    [
        (["2021-03-28 01:55", "2021-03-28 02:30"], "row 1: 2021-03-28 02:30:00 does not exist"),
        (["2021-10-31 02:30", "2021-10-31 02:10", "2021-10-31 02:50", "2021-10-31 02:20"], "row 0: 2021-10-31 02:30:00 occurs twice"),
    ],
)
def test_what_the_order_cannot_tell_is_an_error(times, problem):
    with pytest.raises(UserError, match=problem) as error:
        placed(times, "Europe/Berlin")
    assert "Etc/GMT-1" in str(error.value)


@pytest.mark.parametrize("minutes", [1, 5, 20, 30, 60, 120, 180])
@pytest.mark.parametrize("ends", ["whole", "begins in the second pass", "ends in the first pass"])
def test_an_even_clock_tells_the_passes_of_the_hour_that_comes_twice(minutes, ends):
    hours = {"whole": (-24, 24), "begins in the second pass": (0, 24), "ends in the first pass": (-24, -minutes / 60)}[ends]
    change = pd.Timestamp("2021-10-31 01:00", tz="UTC")
    low, high = (change + pd.Timedelta(hours=each) for each in hours)
    truth = pd.date_range(low, high, freq=f"{minutes}min").tz_convert("Europe/Berlin")
    assert (placed(truth.tz_localize(None), "Europe/Berlin") == truth).all()


@pytest.mark.parametrize("gap", [("2021-10-30 22:00", "2021-10-31 01:10"), ("2021-10-31 00:40", "2021-10-31 09:00")])
def test_one_pass_that_follows_or_ends_in_a_gap_is_told_by_the_other_side(gap):
    truth = pd.date_range("2021-10-30", "2021-11-01", freq="5min", tz="UTC")
    truth = truth[(truth < pd.Timestamp(gap[0], tz="UTC")) | (truth >= pd.Timestamp(gap[1], tz="UTC"))].tz_convert("Europe/Berlin")
    assert (placed(truth.tz_localize(None), "Europe/Berlin") == truth).all()


@pytest.mark.parametrize("times", [["02:30"], ["01:55", "02:30", "03:00"], ["02:30", "03:30"]])
def test_what_nothing_tells_is_the_first_pass_with_a_warning_and_no_values(times, caplog):
    found = placed([f"2021-10-31 {time}" for time in times], "Europe/Berlin")
    at = times.index("02:30")
    assert found[at].isoformat() == "2021-10-31T02:30:00+02:00"
    assert f"row {at}" in caplog.text and "02:30" not in caplog.text


def test_a_night_of_the_change_in_a_file(tmp_path):
    truth = pd.date_range("2021-10-30 23:30", periods=40, freq="5min", tz="UTC").tz_convert("Europe/Berlin")
    frame = pd.DataFrame({"time": truth.tz_localize(None).strftime("%Y-%m-%d %H:%M"), "x": np.arange(40)})
    frame.to_csv(tmp_path / "t.csv", index=False)
    (record,) = timeseries.read(Path(tmp_path / "t.csv"), device("Europe/Berlin"))
    assert record.fs == 1 / 300 and record.start == truth[0] and record.clock[-1] == truth[-1]
    with pytest.raises(UserError, match=r"line 20: goes back in time by 3300 s.*`time_zone`"):
        list(timeseries.read(Path(tmp_path / "t.csv"), Device(signal="generic", files="x")))


def test_zones_in_the_file_win_and_are_shown_in_the_device_s(tmp_path):
    (tmp_path / "t.csv").write_text("time,x\n2021-10-31T02:30:00+02:00,1\n2021-10-31T02:30:00+01:00,2\n")
    (record,) = timeseries.read(Path(tmp_path / "t.csv"), device("Europe/Berlin"))
    assert record.duration == 7200 and record.start.isoformat() == "2021-10-31T02:30:00+02:00"


@pytest.mark.parametrize("end", ["csv", "parquet"])
@pytest.mark.parametrize("layout", [{}, {"time_format": "%Y-%m-%dT%H:%M:%S%z"}, {"time_zone": "America/Los_Angeles"}])
def test_the_offset_in_a_file_is_the_clock_that_tells_night(tmp_path, end, layout):
    truth = pd.date_range("2021-01-05", periods=48, freq="1h", tz="Etc/GMT+8")
    night = np.where(truth.hour < 6, 200.0, 100.0)
    if end == "csv":
        cells = truth.strftime("%Y-%m-%dT%H:%M:%S-0800" if "time_format" in layout else "%Y-%m-%dT%H:%M:%S-08:00")
        pd.DataFrame({"time": cells, "x": night}).to_csv(tmp_path / "t.csv", index=False)
    else:
        pd.DataFrame({"time": truth, "x": night}).to_parquet(tmp_path / "t.parquet", index=False)
    (record,) = timeseries.read(tmp_path / f"t.{end}", Device(signal="cgm", files="x", **layout))
    assert (record.clock == truth).all()
    assert ((record.clock.hour < 6) == (record.signal[:, 0] == 200)).all()


def test_the_offset_in_an_export_of_a_glucose_monitor_is_its_clock(tmp_path):
    rows = [f"{i},2021-01-05T0{i}:00:00-08:00,EGV,{100 + i}" for i in range(4)]
    (tmp_path / "t.csv").write_text("\n".join(["Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Glucose Value (mg/dL)", *rows]))
    (record,) = glucose.read(tmp_path / "t.csv", Device(signal="cgm", files="x"))
    assert record.start.isoformat() == "2021-01-05T00:00:00-08:00"


def test_every_subject_of_a_table_has_the_offset_it_was_written_with(tmp_path):
    rows = [f"{who},2021-01-05T0{hour}:00:00{offset},1" for hour in range(3) for who, offset in (("a", "-08:00"), ("b", "+05:30"))]
    (tmp_path / "t.csv").write_text("\n".join(["id,time,x", *rows]))
    found = list(timeseries.read(tmp_path / "t.csv", Device(signal="generic", files="x", subject="id")))
    assert [record.start.isoformat() for record in found] == ["2021-01-05T00:00:00-08:00", "2021-01-05T00:00:00+05:30"]


def test_an_offset_that_changes_with_the_season_moves_no_moment(tmp_path):
    truth = pd.date_range("2021-10-30 22:00", periods=8, freq="1h", tz="UTC")
    cells = [time.tz_convert("Europe/Berlin").isoformat() for time in truth]
    pd.DataFrame({"time": cells, "x": 1.0}).to_csv(tmp_path / "t.csv", index=False)
    (record,) = timeseries.read(tmp_path / "t.csv", Device(signal="generic", files="x"))
    assert (record.clock == truth).all() and record.start.hour == 0


@pytest.mark.parametrize("cells", [["2021-01-05T03:00:00Z", "2021-01-05T04:00:00Z"], [1609815600, 1609819200]])
def test_times_in_utc_are_shown_in_the_zone_of_the_device(tmp_path, cells):
    pd.DataFrame({"time": cells, "x": 1.0}).to_csv(tmp_path / "t.csv", index=False)
    (plain,) = timeseries.read(tmp_path / "t.csv", Device(signal="generic", files="x"))
    (local,) = timeseries.read(tmp_path / "t.csv", device("America/Los_Angeles"))
    assert plain.start == local.start and (plain.start.hour, local.start.hour) == (3, 19)


@given(st.integers(3, 200), st.floats(0.001, 500), st.integers(0, 10**18))
def test_rate_of_an_even_clock(n_times, fs, origin):
    times = origin + np.round(np.arange(n_times) * 1e9 / fs).astype(np.int64)
    assert _clock.rate(times) == pytest.approx(fs, rel=2e-4)
    if n_times > 5:
        assert _clock.rate(np.delete(times, n_times // 2)) is None
