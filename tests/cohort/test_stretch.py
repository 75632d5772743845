"""Which part of which record belongs to a specimen."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.cohort.stretch import cut, join
from mmomics.config.modality import Align
from mmomics.devices.record import Record
from mmomics.errors import UserError

NOON = pd.Timestamp("2024-03-01 12:00", tz="UTC")
HOUR = pd.Timedelta("1h")


def record(start=NOON, n_times=240, fs=1 / 60, times=None, first=0, source="a.csv", channels=("x",)):
    """Minutes counted from `first`, so that a sample says where it is from."""
    signal = np.repeat(np.arange(first, first + n_times, dtype="float32")[:, None], len(channels), axis=1)
    return Record(signal, channels, ("",) * len(channels), None if times is not None else fs, times, start, source=source)


def minutes(stretch):
    return stretch.record.signal[:, 0].tolist()


@pytest.mark.parametrize(
    ("align", "low", "high"),
    [
        ({"window": "before", "length": "1 h"}, 60, 120),
        ({"window": "before", "length": "1 h", "gap": "30 min"}, 30, 90),
        ({"window": "after", "length": "1 h"}, 120, 180),
        ({"window": "after", "length": "0.5 h", "gap": "10 min"}, 130, 160),
        ({"window": "around", "length": "2 h"}, 60, 180),
        ({"window": "before", "length": "1 d"}, 0, 120),  # what there is of it
    ],
)
def test_windows_hold_exactly_their_minutes(align, low, high):
    found = cut([record()], Align(**align), NOON + 2 * HOUR, "m")
    assert minutes(found) == list(range(low, high))
    assert found.record.start == NOON + pd.Timedelta(low, "min")


@pytest.mark.parametrize("irregular", [False, True])
def test_readings_that_two_exports_hold_are_there_once(irregular):
    def export(first, n_times, source):
        times = np.arange(n_times) * 60.0 if irregular else None
        return record(NOON + pd.Timedelta(first, "min"), n_times, times=times, first=first, source=source)

    parts = [export(0, 240, "a.csv"), export(230, 100, "b.csv"), export(100, 50, "inside.csv"), export(400, 20, "c.csv")]
    joined = join(parts, "m")
    there = np.flatnonzero(np.isfinite(joined.signal[:, 0]))
    expected = [*range(330), *range(400, 420)]
    assert joined.signal[there, 0].tolist() == expected and (joined.seconds[there] / 60).round(6).tolist() == expected
    with pytest.raises(UserError, match=r"b.csv: overlaps in time with a.csv, and holds other readings there"):
        join([parts[0], replace(parts[1], signal=parts[1].signal + np.float32(0.5))], "m")


def test_the_span_is_what_was_asked_for_so_that_coverage_is_a_share_of_it():
    assert cut([record()], Align(window="before", length="1 d"), NOON + 2 * HOUR, "m").span == 86400
    assert cut([record()], Align(), None, "m").span == 240 * 60


def test_clocks_in_different_zones_are_one_time():
    local = (NOON + 2 * HOUR).tz_convert("Asia/Tokyo")
    assert minutes(cut([record()], Align(window="after", length="1 h"), local, "m")) == list(range(120, 180))


@settings(deadline=None)
@given(shift=st.integers(-300, 300))
def test_a_window_moves_with_the_clock(shift):
    align = Align(window="around", length="90 min")
    moved = cut([record(NOON + pd.Timedelta(shift, "min"))], align, NOON + 2 * HOUR + pd.Timedelta(shift, "min"), "m")
    assert minutes(moved) == minutes(cut([record()], align, NOON + 2 * HOUR, "m"))


def test_nothing_in_the_window_and_no_time_are_said_not_guessed():
    assert cut([record()], Align(window="before", length="1 h"), NOON - HOUR, "m").why == "nothing recorded in the window"
    assert cut([record()], Align(window="before"), None, "m").why == "the specimen has no time"


def test_the_nearest_record_within_tolerance():
    early, late = record(NOON - 20 * HOUR, source="early"), record(NOON + 9 * HOUR, source="late")
    found = cut([early, late], Align(window="nearest", tolerance="10 h"), NOON, "m")
    assert found.source == "late" and len(found.record) == 240
    assert "away" in cut([early, late], Align(window="nearest", tolerance="8 h"), NOON, "m").why
    assert cut([early, late], Align(window="nearest", tolerance="0 s"), NOON + 10 * HOUR, "m").source == "late"  # within it


def test_records_are_joined_on_one_clock_with_a_gap_between():
    joined = join([record(NOON + 5 * HOUR, first=300, source="b.csv"), record()], "m")
    assert joined.start == NOON and joined.source == "a.csv, b.csv"
    signal = joined.signal[:, 0]
    assert len(signal) == 300 + 240
    np.testing.assert_array_equal(signal[:240], np.arange(240))
    assert np.isnan(signal[240:300]).all()
    np.testing.assert_array_equal(signal[300:], np.arange(300, 540))


def test_irregular_records_are_joined_by_their_times():
    irregular = record(times=np.array([0.0, 50.0, 500.0]), n_times=3)
    joined = join([irregular, record(NOON + HOUR, times=np.array([0.0, 7.0, 9.0]), n_times=3, first=3)], "m")
    assert joined.fs is None
    assert joined.times.tolist() == [0, 50, 500, 3600, 3607, 3609]


@pytest.mark.parametrize(("combine", "source"), [("longest", "long"), ("first", "short"), ("nearest", "long")])
def test_one_of_several_records(combine, source):
    short, long = record(source="short", n_times=10), record(NOON + 3 * HOUR, source="long")
    assert cut([long, short], Align(combine=combine), NOON + 4 * HOUR, "m").source == source


def test_the_longest_record_is_the_one_with_most_recorded_not_with_the_longest_span():
    broken = record(NOON + 50 * HOUR, n_times=2000, source="broken")
    broken.signal[10:-10] = np.nan
    irregular = record(
        NOON + 100 * HOUR, times=np.add.outer([0.0, 90000.0], np.arange(200) * 60.0).ravel(), n_times=400, source="irregular"
    )
    full = record(NOON + 200 * HOUR, n_times=390, source="full")
    align = Align(combine="longest")
    assert cut([broken, full], align, None, "m").source == "full"
    assert cut([irregular, full], align, None, "m").source == "irregular"  # 6.7 h in two parts
    notes = [pd.DataFrame({"onset": onset, "duration": 30.0, "label": "N2"}) for onset in ([0, 20.0, 9000], [0, 30.0, 60.0])]
    scored = [replace(record(n_times=0, source=name), annotations=each) for name, each in zip(("long", "dense"), notes, strict=True)]
    assert cut(scored, align, None, "m").source == "dense"  # 90 s, and 80 s of which 10 are told twice


@pytest.mark.parametrize(
    ("records", "align", "says"),
    [
        ([record(), record(NOON + HOUR, source="b.csv")], {}, "b.csv: overlaps in time with a.csv"),
        ([record(), record(None, source="b.csv")], {}, "b.csv: is one of several records of a subject and has no clock"),
        ([record(), record(NOON + 5 * HOUR, channels=("x", "y"), source="b.csv")], {}, "b.csv: has other channels than a.csv"),
        ([record(), record(NOON + 5000 * HOUR)], {}, "lie too far apart"),
        ([record(), record(NOON + 5 * HOUR)], {"combine": "error"}, "a subject has 2 records"),
        ([record(None)], {"window": "before"}, "has no clock"),
        ([record(), record(NOON + 239 * HOUR / 60, source="b.csv")], {}, "b.csv: overlaps in time with a.csv"),  # by one sample
        ([record()], {"window": "before", "length": "999999999 d"}, "reaches beyond all clocks"),
        ([record(NOON.tz_localize(None))], {"window": "before"}, "a.csv: names no time zone, but the other clock does; set `m.time_zone`"),
    ],
)
def test_what_cannot_be_aligned_is_one_line(records, align, says):
    with pytest.raises(UserError) as error:
        cut(records, Align(**align), NOON, "m")
    assert says in str(error.value)
