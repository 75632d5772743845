"""Time series in tables: whatever the layout, the same record; and the minute files of forty-five people."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmomics.config.modality import Device
from mmomics.devices import _parts, timeseries
from mmomics.errors import UserError

DEVICE = Device(signal="generic", files="x")
SUBJECTS = [number for number in range(1, 50) if number not in (24, 25, 37, 40)]
SEPARATORS = {"comma": ",", "tab": "\t", "semicolon": ";"}
UNHURRIED = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path, **layout):
    return list(timeseries.read(Path(path), Device(signal="generic", files="x", **layout)))


def one(tmp_path, text, name="t.csv", **layout):
    (tmp_path / name).write_text(text)
    (record,) = read(tmp_path / name, **layout)
    return record


@pytest.mark.parametrize("number", SUBJECTS)
def test_every_minute_file_loads_as_pandas_reads_it(shared, number):
    path = shared / f"cgmacros/device/CGMacros-{number:03d}.csv.gz"
    (record,) = read(path)
    frame = pd.read_csv(path, encoding="utf-8-sig")
    times = pd.to_datetime(frame["Timestamp"])
    assert len(record) == len(frame) and record.start == times[0]
    np.testing.assert_allclose(record.seconds, (times - times[0]).dt.total_seconds())
    assert not {"Meal Type", "Image path", "Timestamp", "", "Unnamed: 0"} & set(record.channels)
    for name in ("Libre GL", "Dexcom GL", "HR"):
        np.testing.assert_array_equal(record.signal[:, record.channels.index(name)], frame[name].to_numpy(np.float32))


def test_gaps_of_a_minute_file_stay_gaps(shared):
    (record,) = read(shared / "cgmacros/device/CGMacros-018.csv.gz")
    assert record.fs is None
    assert np.diff(record.seconds).max() > 10 * 3600
    assert record.duration / 86400 == pytest.approx(19, abs=0.5)
    (uneven,) = read(shared / "cgmacros/device/CGMacros-007.csv.gz")
    assert uneven.fs is None and (np.diff(uneven.seconds) > 60).sum() == 870


@pytest.mark.parametrize("owner", [None, "Id"])
def test_a_row_of_an_hour_with_its_minutes_in_columns_is_sixty_rows(tmp_path, owner):
    clock = pd.date_range("2016-04-11 22:00", periods=240, freq="min")
    values = np.random.default_rng(0).integers(0, 99, (2, 240))
    wide, narrow = [], []
    for who, steps in enumerate(values if owner else values[:1]):
        hours = pd.DataFrame(steps.reshape(4, 60), columns=[f"Steps{minute:02d}" for minute in range(60)])
        hours.insert(
            0, "ActivityHour", [f"{each.month}/{each.day}/{each.year} {each.hour % 12 or 12}:00:00 {each:%p}" for each in clock[::60]]
        )
        rows = pd.DataFrame({"time": clock, "Steps": steps})
        for tables, table in ((wide, hours), (narrow, rows)):
            tables.append(table.assign(Id=f"P{who}") if owner else table)
    wide[0].loc[1, "Steps07"] = np.nan
    narrow[0].loc[67, "Steps"] = np.nan
    pd.concat(wide).to_csv(tmp_path / "wide.csv", index=False)
    pd.concat(narrow).to_csv(tmp_path / "narrow.csv", index=False)
    for one, other in zip(read(tmp_path / "wide.csv", subject=owner), read(tmp_path / "narrow.csv", subject=owner), strict=True):
        assert (one.channels, one.fs, one.start, one.subject) == (("Steps",), 1 / 60, clock[0], other.subject)
        np.testing.assert_array_equal(one.signal, other.signal)


@pytest.mark.parametrize(("name", "minutes"), [("time", 60), ("ActivityHour", 59)])
def test_columns_that_end_in_numbers_are_channels_unless_they_are_the_minutes_of_an_hour(tmp_path, name, minutes):
    columns = [f"Bin{minute:02d}" for minute in range(minutes)]
    rows = "\n".join(f"2016-04-12 0{hour}:00," + ",".join(map(str, range(minutes))) for hour in range(3))
    assert one(tmp_path, f"{name},{','.join(columns)}\n{rows}\n").channels == tuple(columns)


def test_a_workbook_reads_as_the_text_of_the_same_table(tmp_path):
    clock = pd.date_range("2024-05-01 23:00", periods=120, freq="min")
    table = pd.DataFrame({"time": clock, "HR": 60.5 + np.arange(120) % 7, "Note": "a"})
    table.loc[7, "HR"] = np.nan
    table.to_csv(tmp_path / "t.csv", index=False)
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        table.to_excel(book, sheet_name="band", index=False)
        table.to_excel(book, sheet_name="other", index=False)
    (text,), (sheet,) = read(tmp_path / "t.csv"), read(tmp_path / "t.xlsx", within="band")
    assert (text.start, text.fs, text.channels) == (sheet.start, sheet.fs, sheet.channels)
    np.testing.assert_array_equal(text.signal, sheet.signal)
    for layout, says in (({}, "holds 2 sheets; set `within`"), ({"within": "band", "thousands": "point"}, "`thousands` means nothing")):
        with pytest.raises(UserError, match=says):
            read(tmp_path / "t.xlsx", **layout)


@pytest.mark.parametrize(("order", "told"), [("AB" * 60, True), ("A" * 60 + "B" * 60, False), ("A" * 120, False)])
def test_devices_whose_rows_alternate_in_one_file_are_told(tmp_path, caplog, order, told):
    clock = pd.date_range("2024-05-01", periods=120, freq="min")
    table = pd.DataFrame({"time": clock, "glucose": 100 + np.arange(120) % 7, "Serial Number": list(order)})
    one(tmp_path, table.to_csv(index=False))
    assert ("column 'Serial Number' names 2 devices in turn" in caplog.text) == told


def test_seconds_since_1970_that_a_spreadsheet_rounded_are_told(tmp_path):
    with pytest.raises(UserError, match=r"line 2: '1.71452E\+12' is a time rounded to 10000 s, as spreadsheets"):
        one(tmp_path, "time,hr\n1.71452E+12,60\n1.71452E+12,61\n1.71453E+12,61\n")
    record = one(tmp_path, "time,hr\n1.714521600E+09,60\n1.714521660E+09,61\n1.714521720E+09,61\n")
    assert record.start == pd.Timestamp("2024-05-01", tz="UTC") and record.fs == 1 / 60
    assert one(tmp_path, "time,hr\n0e+00,60\n1e+01,61\n2e+01,61\n").fs == 0.1


def test_days_and_months_of_fitabase_are_known_by_the_name_of_their_column(tmp_path):
    times = ["3/2/2016 11:59:00 PM", "3/3/2016 12:00:00 AM", "3/3/2016 12:01:00 AM"]
    text = "{},METs\n" + "".join(f"{time},1\n" for time in times)
    record = one(tmp_path, text.format("ActivityMinute"))
    assert record.start == pd.Timestamp("2016-03-02 23:59") and record.fs == 1 / 60
    assert one(tmp_path, "ActivityDay,Calories\n3/2/2016,1\n3/3/2016,2\n").start == pd.Timestamp("2016-03-02")
    with pytest.raises(UserError, match="set `time_format` to '%d/%m/%Y %I:%M:%S %p' or '%m/%d/%Y %I:%M:%S %p', whichever is meant"):
        one(tmp_path, text.format("Time"))


@pytest.mark.parametrize(
    "columns", ["Id,Time,Value", "Time,Value", "Id,date,value,logId", "Id,Date,WeightKg,WeightPounds,Fat,BMI,IsManualReport,LogId"]
)
def test_tables_of_fitabase_whose_times_have_usual_names_are_known_by_their_columns(tmp_path, columns):
    times = ["3/2/2016 11:59:50 PM", "3/3/2016 12:00:00 AM", "3/3/2016 12:00:15 AM"]
    table = pd.DataFrame({name: times if name.lower() in ("time", "date") else [7] * 3 for name in columns.split(",")})
    subject = "Id" if "Id" in table else None
    assert one(tmp_path, table.to_csv(index=False), subject=subject).start == pd.Timestamp("2016-03-02 23:59:50")
    with pytest.raises(UserError, match="set `time_format` to '"):
        one(tmp_path, table.assign(mood=7).to_csv(index=False), subject=subject)


@pytest.mark.parametrize("form", ["%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%y %H:%M:%S", "%d-%b-%Y %H:%M"])
def test_a_format_that_is_proposed_reads_the_cells(tmp_path, form):
    clock = pd.date_range("2016-04-20 22:00", periods=9, freq="13h")
    text = "time,hr\n" + "".join(f"{time.strftime(form)},60\n" for time in clock)
    with pytest.raises(UserError, match="set `time_format` to '") as error:
        one(tmp_path, text)
    proposed = str(error.value).split("'")[-2]
    assert one(tmp_path, text, time_format=proposed).start == pd.Timestamp("2016-04-20 22:00")
    with pytest.raises(UserError, match=f"or set `time_format` to '{form}'|; set `time_format` to '{form}'"):
        one(tmp_path, text, time_format="%Y.%m.%d")


@pytest.mark.parametrize(("form", "cure"), [("%m/%d/%Y %H:%M %p", "write %I for %H"), ("%m/%d/%Y %I:%M", "add %p")])
def test_hours_and_halves_of_the_day_go_together(tmp_path, form, cure):
    with pytest.raises(UserError, match=cure):
        one(tmp_path, "time,hr\n4/12/2016 8:30 PM,60\n", time_format=form)
    record = one(tmp_path, "time,hr\n4/12/2016 8:30 PM,60\n", time_format="%m/%d/%Y %I:%M %p")
    assert record.start == pd.Timestamp("2016-04-12 20:30")


def test_a_table_of_many_people(shared):
    path = shared / "device_formats/cgm/hall_2018_cgm.csv.gz"
    records = read(path, subject="id")
    frame = pd.read_csv(path)
    assert [record.subject for record in records] == frame["id"].unique().tolist() and len(records) == 19
    for record in records:
        rows = frame[frame["id"] == record.subject]
        assert record.channels == ("gl",)  # the diagnosis is text, and no channel
        np.testing.assert_array_equal(record.signal[:, 0], rows["gl"].to_numpy(np.float32))
        assert (record.clock == pd.to_datetime(rows["time"])).all()


@UNHURRIED
@given(
    values=st.lists(st.tuples(*[st.floats(-1e6, 1e6, width=32) | st.just(float("nan"))] * 2), min_size=3, max_size=12),
    separator=st.sampled_from(sorted(SEPARATORS)), end=st.sampled_from(["csv", "txt.gz", "tsv.bz2", "parquet"]), mark=st.booleans(),
    form=st.sampled_from([None, "%d/%m/%Y %H:%M:%S", "s", "ms", "two", "elapsed", "iso zone"]), index=st.booleans(), flip=st.booleans(),
)  # fmt: skip
def test_any_layout_is_the_same_record(tmp_path, values, separator, end, mark, form, index, flip):
    truth = np.array(values, dtype=np.float32)
    truth[np.isnan(truth).all(axis=1)] = 0
    times = pd.date_range("2021-07-01 12:00:00", periods=len(truth), freq="7s")
    frame = pd.DataFrame(truth, columns=["a ", "b (mV)"])
    seconds = times.astype("int64") // 10**9
    if form == "two":
        frame.insert(0, "Date", times.strftime("%Y-%m-%d"))
        frame.insert(1, "Time", times.strftime("%H:%M:%S"))
    else:
        cells = {
            None: times.strftime("%Y-%m-%d %H:%M:%S"), "s": seconds, "ms": seconds * 1000, "elapsed": np.arange(len(truth)) * 7,
            "iso zone": times.strftime("%Y-%m-%dT%H:%M:%S+02:00"),
        }.get(form)  # fmt: skip
        frame.insert(0, " Timestamp", times.strftime(form) if cells is None else cells)
    if flip and form != "elapsed":
        frame = frame[::-1]
    path = tmp_path / f"t.{end}"
    if end == "parquet":
        frame.to_parquet(path, index=False)
    else:
        frame = frame.reset_index(drop=True)
        frame.to_csv(path, sep=SEPARATORS[separator], index=index, encoding="utf-8-sig" if mark else "utf-8")
    (record,) = read(path, time_format=form if form and "%" in form else None)
    assert record.channels == ("a", "b (mV)") and record.units == ("", "mV")
    np.testing.assert_array_equal(record.signal, truth)
    assert record.fs == pytest.approx(1 / 7)
    if form == "elapsed":
        assert record.start is None
    else:
        zone = {"s": "UTC", "ms": "UTC", "iso zone": "Etc/GMT-2"}.get(form)
        assert record.start == times[0].tz_localize(zone)


def test_long_table_of_two_people(tmp_path):
    frame = pd.DataFrame(
        {"id": ["b"] * 4 + ["a"] * 3, "t": [0, 1, 0, 2, 0, 1, 2], "what": ["hr", "hr", "temp", "temp", "hr", "hr", "hr"],
         "n": [60, 61, 36.5, 36.6, 70, 71, 72]}
    )  # fmt: skip
    frame.to_csv(tmp_path / "t.csv", index=False)
    records = read(tmp_path / "t.csv", subject="id", channel="what", value="n")
    assert [(record.subject, record.channels, record.signal[:, 0].tolist()) for record in records] == [
        ("b", ("hr",), [60, 61]), ("b", ("temp",), [np.float32(36.5), np.float32(36.6)]), ("a", ("hr",), [70, 71, 72]),
    ]  # fmt: skip


def test_rows_of_many_people_may_be_mixed(tmp_path):
    (tmp_path / "t.csv").write_text("id,t,x\nb,5,1\na,0,2\nb,6,3\na,1,4\n")
    b, a = read(tmp_path / "t.csv", subject="id")
    assert (b.signal[:, 0].tolist(), a.signal[:, 0].tolist()) == ([1, 3], [2, 4])


def test_decimal_comma_and_another_encoding(tmp_path):
    (tmp_path / "t.csv").write_bytes("Zeit;Größe\n01.02.2021 10:00;1,5\n01.02.2021 10:01;2,5\n".encode("latin-1"))
    (record,) = read(tmp_path / "t.csv", time="Zeit", time_format="%d.%m.%Y %H:%M", decimal="comma", encoding="latin-1")
    assert record.channels == ("Größe",) and record.signal[:, 0].tolist() == [1.5, 2.5]


def test_repeated_rows_count_once_and_complement_one_another(tmp_path):
    record = one(tmp_path, "t,a,b\n0,1,\n0,1,5\n1,2,6\n2,,\n")
    np.testing.assert_array_equal(record.signal, np.array([[1, 5], [2, 6], [np.nan, np.nan]], dtype=np.float32))


@pytest.mark.parametrize("fs", [250, 128, 100 / 3, 0.2])
def test_rounded_times_of_an_even_clock_give_its_rate(tmp_path, fs):
    times = np.round(np.arange(200) / fs, 3)
    pd.DataFrame({"t": times, "x": np.arange(200)}).to_csv(tmp_path / "t.csv", index=False)
    (record,) = read(tmp_path / "t.csv")
    assert record.fs == pytest.approx(fs, rel=1e-3)
    (holed,) = [timeseries_with_hole(tmp_path, times)]
    assert holed.fs is None and len(holed) == 199


def timeseries_with_hole(tmp_path, times):
    keep = np.arange(200) != 77
    pd.DataFrame({"t": times[keep], "x": np.arange(200)[keep]}).to_csv(tmp_path / "h.csv", index=False)
    (record,) = read(tmp_path / "h.csv")
    return record


@pytest.mark.parametrize("step", [1 / 250, 1 / 128, 1 / 100, 1 / 64, 1 / 60, 1 / 50, 1 / 30, 0.1, 1.0, 60.0])
def test_seconds_of_the_day_are_no_days_of_a_spreadsheet(tmp_path, step):
    lines = "".join(f"{40000 + place * step:.9f},{place}\n" for place in range(300))
    assert one(tmp_path, "t,x\n" + lines).fs == pytest.approx(1 / step, rel=1e-3)
    assert one(tmp_path, "t,x\n44361.500694,1\n44361.504167,2\n", time_format="d").duration == pytest.approx(600, abs=1)


def test_parts_join_without_a_seam(tmp_path, monkeypatch):
    monkeypatch.setattr(_parts, "CHUNK", 7)
    frame = pd.DataFrame({"t": np.arange(50), "x": np.arange(50) * 2.0, "word": [None] * 20 + ["w"] * 30})
    frame.to_csv(tmp_path / "t.csv", index=False)
    (record,) = read(tmp_path / "t.csv")
    assert record.channels == ("x",) and record.signal[:, 0].tolist() == frame["x"].tolist()
    (tmp_path / "b.csv").write_text("t,x\n" + "".join(f"{i},{i}\n" for i in range(30)) + "5,1\n")
    with pytest.raises(UserError, match="line 32: goes back in time by 24 s"):
        read(tmp_path / "b.csv")


def test_words_matter_only_in_the_channels_asked_for(tmp_path):
    text = "t,x,y\n0,1,1\n1,bad,2\n2,3,3\n"
    assert one(tmp_path, text, channels={"r": "y"}).channels == ("y",)
    with pytest.raises(UserError, match=r"line 3, column 'x': 'bad' is not a number"):
        one(tmp_path, text)
    with pytest.raises(UserError, match=r"line 3, column 'x'"):
        one(tmp_path, text, channels={"r": ["x", "z"]})
    with pytest.raises(UserError, match=r"line 3, column 'x \(mV\)'"):
        one(tmp_path, text.replace("x", "x (mV)", 1), channels={"r": "X"})


@pytest.mark.parametrize("minute", [0, 7])
@pytest.mark.parametrize("channels", [{}, {"activity": "Steps"}, {"activity": "steps"}])
@pytest.mark.parametrize("words", [1, 3])
def test_a_word_among_the_minutes_of_an_hour_is_told(tmp_path, minute, channels, words):
    hours = pd.DataFrame([[f"4/12/2016 {hour}:00:00 PM", *range(60)] for hour in range(1, 4)], dtype=object)
    hours.iloc[-words:, minute + 1] = "n.d."
    hours.columns = ["ActivityHour", *(f"Steps{place:02d}" for place in range(60))]
    said = f"column 'Steps{minute:02d}': 'n.d.' is not a number" if words == 1 or minute or channels else "no column holds numbers"
    with pytest.raises(UserError, match=said):
        one(tmp_path, hours.to_csv(index=False), channels=channels)
    levels = hours.set_axis(["ActivityHour", *(f"Level{place:02d}" for place in range(60))], axis=1)
    levels.iloc[:, 1:] = "rest"
    both = levels.merge(hours.iloc[:, [0]].assign(**{f"Steps{place:02d}": place for place in range(60)}))
    assert one(tmp_path, both.to_csv(index=False), channels=channels).signal[:, -1].tolist() == [*range(60)] * 3


def test_a_word_among_the_minutes_of_a_channel_matters_only_where_that_is_asked_for(tmp_path):
    both = pd.DataFrame({"ActivityHour": ["4/12/2016 1:00:00 PM", "4/12/2016 2:00:00 PM"]})
    both = both.join(pd.DataFrame({f"{name}{place:02d}": [place, place] for name in ("Steps", "Intensity") for place in range(60)}))
    text = both.astype({"Steps07": object}).assign(Steps07=["n.d.", 7]).to_csv(index=False)
    found = one(tmp_path, text, channels={"activity": "Intensity"})
    assert found.channels == ("Intensity",) and found.signal[:, 0].tolist() == [*range(60)] * 2
    with pytest.raises(UserError, match=r"line 2, column 'Steps07': 'n\.d\.' is not a number"):
        one(tmp_path, text, channels={"activity": ["Steps", "Intensity"]})


MINUTES = "time,steps\n2024-01-01 00:00,100\n2024-01-01 00:05,1110\n2024-01-01 00:10,130\n"


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("Patient 7\n\n" + MINUTES, {}),
        ("# Patient: 7, born 1970\n" + MINUTES, {}),
        ("Patient 7;;\nborn 1970;;\n" + MINUTES.replace(",", ";"), {}),
        ("Patient,7,a\nborn,1970,b\n" + MINUTES, {"skip_rows": 2}),
        (MINUTES.replace("2024-01-01 00:05", "% lunch\n2024-01-01 00:05"), {"comment": "%"}),
        (MINUTES.replace("1110", '"1,110"'), {"thousands": "comma"}),
        (MINUTES.replace(",", ";").replace("1110", "1.110"), {"thousands": "point"}),
        (MINUTES.replace(",", "|"), {}),
    ],
)
def test_what_stands_above_and_between_is_left_out(tmp_path, text, layout):
    record = one(tmp_path, text, **layout)
    assert record.channels == ("steps",) and record.signal[:, 0].tolist() == [100, 1110, 130]
    n_lines = len(text.splitlines())
    if "comment" not in layout:
        with pytest.raises(UserError, match=rf"t\.csv line {n_lines}, column 'steps': 'x' is not a number"):
            one(tmp_path, text.replace("130", "x"), **layout)


def test_lines_above_and_separators_of_thousands_are_asked_about(tmp_path):
    with pytest.raises(UserError, match="no column with the time; set `time` to one of: Patient, 7, a; or `skip_rows`"):
        one(tmp_path, "Patient,7,a\nborn,1970,b\n" + MINUTES)
    with pytest.raises(UserError, match="'1,110' is not a number; set `thousands: comma` if"):
        one(tmp_path, MINUTES.replace("1110", '"1,110"').replace("130", '"1,130"'))


def test_words_and_numbers_of_the_user_are_gaps(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,bg\n2024-01-01 00:00,100\n2024-01-01 00:05,LO\n2024-01-01 00:10,-9\n2024-01-01 00:15,104\n")
    with pytest.raises(UserError, match=r"line 3, column 'bg': 'LO' is not a number; .*`na_values`"):
        list(timeseries.read(path, Device(signal="cgm", files="x", channels={"glucose": "bg"})))
    (record,) = timeseries.read(path, Device(signal="cgm", files="x", channels={"glucose": "bg"}, na_values=["LO", -9]))
    np.testing.assert_array_equal(record.signal[:, 0], [100, np.nan, np.nan, 104])


@pytest.mark.parametrize("above", ["", "% device 7\n", "% device 7\n\n% exported\n"])
@pytest.mark.parametrize("between", ["", "% lunch\n", "% lunch\n\n% walk\n"])
def test_remarks_above_and_between_the_rows_do_not_shift_the_line_that_is_named(tmp_path, above, between):
    good = f"{above}time,glucose\n2024-01-01 00:00,5\n{between}2024-01-01 00:05,6\n"
    assert one(tmp_path, good, comment="%").signal.ravel().tolist() == [5, 6]
    (tmp_path / "t.csv").write_text(good + "20x4-01-01 00:10,7\n")
    with pytest.raises(UserError, match=rf"t\.csv line {good.count(chr(10)) + 1}: "):
        read(tmp_path / "t.csv", comment="%")


def test_channels_of_a_long_table_that_stand_in_several_units_are_told(tmp_path, caplog):
    rows = [(who, f"2024-01-0{day} 08:00", what, 5.0, unit) for who, unit in (("A", "mg/dL"), ("B", "mmol/L")) for day in (1, 2, 3)
            for what in ("Glucose", "Weight")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["id", "time", "what", "n", "Unit"])
    table.loc[table["what"] == "Weight", "Unit"] = ["kg", "KG ", None] * 2
    table.to_csv(tmp_path / "t.csv", index=False)
    layout = {"subject": "id", "channel": "what", "value": "n"}
    assert len(read(tmp_path / "t.csv", **layout)) == 4
    (said,) = caplog.messages
    assert said.endswith(
        "t.csv column 'Unit': channel 'Glucose' stands in several units (mg/dL, mmol/L) and is read as if it were one; convert its readings"
    )
    caplog.clear()
    read(tmp_path / "t.csv", **layout, channels={"weight": "weight"})
    table.assign(Unit="mg/dL").to_csv(tmp_path / "t.csv", index=False)
    read(tmp_path / "t.csv", **layout)
    assert not caplog.messages
