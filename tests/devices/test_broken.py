"""A broken device file is one line that names the file and the place; and no bytes whatever end in anything but that."""

import gzip
import sqlite3
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmomics import plugins
from mmomics.config.modality import Device
from mmomics.devices.contract import choose
from mmomics.devices.record import Record
from mmomics.errors import UserError

AWD = b"me\r\n23-Jan-2018\r\n13:58\r\n 4 \r\n00\r\nV1\r\nX\r\n1\r\n2\r\n"
HEA = b"x 1 10 4 10:00:00 01/02/2020\nx.dat 16 200 16 0 0 0 0 II\n"


def edf_bytes():
    """Two seconds of one channel, written by edfio."""
    import io

    import edfio

    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        edfio.Edf([edfio.EdfSignal(np.arange(8.0), 4, label="EEG")], annotations=[edfio.EdfAnnotation(0, None, "on")]).write(out)
    return out.getvalue()


EDF = edf_bytes()


def patched(at, text):
    return EDF[:at] + text + EDF[at + len(text) :]


def agd_bytes(folder, *statements):
    base = sqlite3.connect(folder / "made.db")
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()
    return (folder / "made.db").read_bytes()


SETTINGS = "CREATE TABLE settings AS SELECT 'epochlength' settingName, '{}' settingValue"
DATA = "CREATE TABLE data AS SELECT {} dataTimestamp, {} axis1"

SERIAL = "".join(f"{44361.5 + place / 288:.9f},{place}\n" for place in range(20))  # every five minutes from noon of 2021-06-14

BROKEN = {
    "times of a spreadsheet": (
        {"x.csv": f"time,hr\n{SERIAL}".encode()}, {}, ["x.csv line 2", "44361.500000", "2021-06-14 12:00", "as text"],
    ),
    "times without a date": (
        {"x.csv": b"time,hr\n12:05,60\n12:06,61\n"}, {"time_format": "%H:%M"},
        ["x.csv line 2", "no date with its year", "`time: [date, time]`"],
    ),
    "missing file": ({"x.csw": b""}, {"file": "x.csv"}, ["x.csv: there is no such file", "did you mean 'x.csw'?"]),
    "unknown end": ({"x.docx": b"x"}, {}, ["no reader for files that end in '.docx'", ".edf"]),
    "unknown format": ({"x.csv": b"x"}, {"format": "edff"}, ["no 'edff'", "did you mean 'edf'?"]),
    "compressed EDF": ({"x.edf.gz": gzip.compress(EDF)}, {}, ["'.edf' are not read compressed", "unpack it"]),
    "empty EDF": ({"x.edf": b""}, {}, ["x.edf: ends at byte 0"]),
    "EDF cut in its header": ({"x.edf": EDF[:300]}, {}, ["x.edf: ends at byte 300 within the header of 768 bytes"]),
    "EDF cut in its data": ({"x.edf": EDF[:-3]}, {}, [f"x.edf: is cut short at byte {len(EDF) - 3}", f"promises {len(EDF)}"]),
    "EDF of fewer data records than it holds": ({"x.edf": patched(236, b"1       ")}, {}, ["x.edf byte 236", "promises 1 ", "holds 2"]),
    "not EDF": ({"x.edf": b"PK\3\4" + bytes(500)}, {}, ["x.edf byte 0", "neither EDF nor BDF"]),
    "EDF with a word for a number": ({"x.edf": patched(236, b"many    ")}, {}, ["x.edf byte 236", "data records", "many"]),
    "EDF with another number of signals": ({"x.edf": patched(252, b"9   ")}, {}, ["x.edf byte 184", "does not fit 9 signals"]),
    "EDF of no duration": ({"x.edf": patched(244, b"0       ")}, {}, ["x.edf byte 244: a data record lasts 0 s"]),
    "EDF with a word for a duration": ({"x.edf": patched(244, b"long    ")}, {}, ["x.edf byte 244: seconds of a data record", "long"]),
    "EDF with a word for a physical minimum": (
        {"x.edf": patched(256 + 2 * 104, b"low     ")}, {}, ["x.edf byte 464: signal 'EEG', physical minimum: b'low ' is not a number"],
    ),
    "EDF with a comma in a physical maximum": ({"x.edf": patched(256 + 2 * 112, b"1,5     ")}, {}, ["x.edf byte 480", "physical maximum"]),
    "EDF without a digital minimum": ({"x.edf": patched(256 + 2 * 120, b" " * 8)}, {}, ["x.edf byte 496", "digital minimum"]),
    "EDF with a word for its samples": ({"x.edf": patched(256 + 2 * 216, b"x       ")}, {}, ["x.edf byte 688", "samples of a data record"]),
    "EDF without a physical range": (
        {"x.edf": patched(256 + 2 * 104, EDF[256 + 2 * 112 : 256 + 2 * 112 + 8])}, {},
        ["x.edf byte 464: the header gives signal 'EEG' a physical minimum and maximum of 7"],
    ),
    "EDF without a digital range": (
        {"x.edf": patched(256 + 2 * 120, EDF[256 + 2 * 128 : 256 + 2 * 128 + 8])}, {}, ["x.edf byte 496", "'EEG' a digital minimum"],
    ),
    "EDF with a word for a range": ({"x.edf": patched(256 + 2 * (16 + 80 + 8), b"low     ")}, {}, ["x.edf", "low"]),
    "WFDB without its signals": ({"x.hea": HEA}, {}, ["x.hea: its signal file 'x.dat' is not there"]),
    "WFDB signals cut short": ({"x.hea": HEA, "x.dat": bytes(7)}, {"file": "x.hea"}, ["x.dat: is cut short at byte 7", "promises 8"]),
    "WFDB header cut short": ({"x.hea": b"x 2 10 4\nx.dat 16\n", "x.dat": bytes(16)}, {"file": "x.hea"}, ["x.hea"]),
    "WFDB header of nothing": ({"x.hea": b""}, {}, ["x.hea: has no line that describes a record"]),
    "WFDB header of comments": ({"x.hea": b"# age: 60\n\n"}, {}, ["x.hea: has no line that describes a record"]),
    "WFDB segment longer than its place": (
        {"m.hea": b"m/2 1 10 6\nx 3\nx 3\n", "x.hea": HEA, "x.dat": bytes(8)}, {}, ["x.hea: has 4 samples at 10 Hz", "promises 3"],
    ),
    "WFDB segment of another rate": (
        {"m.hea": b"m/1 1 7 4\nx 4\n", "x.hea": HEA, "x.dat": bytes(8)}, {}, ["x.hea: has 4 samples at 10 Hz", "promises 4 at 7 Hz"],
    ),
    "WFDB header out of its folder": ({"x.hea": HEA.replace(b"x.dat", b"../x.dat")}, {}, ["x.hea", "invalid syntax in signal line"]),
    "WFDB at a rate below 0": ({"x.hea": HEA.replace(b" 10 4 ", b" -10 4 ")}, {}, ["x.hea line 1: 'x ", " -10 4", "sampling rate (Hz)"]),
    "WFDB at no rate": ({"x.hea": HEA.replace(b" 10 4 ", b" 0 4 ")}, {}, ["x.hea: has a sampling rate of 0"]),
    "WFDB of an unknown format": ({"x.hea": HEA.replace(b" 16 200", b" 17 200")}, {}, ["x.hea line 2: there is no format 17"]),
    "WFDB of no time": ({"x.hea": HEA.replace(b"10:00:00", b"25:61:00")}, {}, ["x.hea line 1: '25:61:00' is not a time"]),
    "WFDB of no date": ({"x.hea": HEA.replace(b"01/02", b"31/02")}, {}, ["x.hea line 1: '31/02/2020' is not a date"]),
    "WFDB of no length": ({"x.hea": HEA.replace(b" 10 4 ", b" 10 0 ")}, {}, ["x.hea line 1: has a length of 0"]),
    "WFDB of fewer signals": ({"x.hea": b"#\n" + HEA.replace(b"x 1 ", b"x 7 ")}, {}, ["x.hea line 2: promises 7 signals, and 1 of"]),
    "WFDB annotations cut short": (
        {"x.hea": HEA, "x.dat": bytes(8), "x.atr": b"\x01"}, {"file": "x.hea"}, ["x.atr: is cut short at byte 1"],
    ),
    "WFDB annotations without their end": (
        {"x.hea": HEA, "x.dat": bytes(8), "x.atr": b"\x01\x04\x01\x04"}, {"file": "x.hea"}, ["x.atr: is cut short at byte 4"],
    ),
    "WFDB annotations of no code": (
        {"x.hea": HEA, "x.dat": bytes(8), "x.atr": b"\x01\x04\x01\xd8\0\0"}, {"file": "x.hea"}, ["x.atr byte 2: 54 is no code"],
    ),
    "WFDB annotations before the record": (
        {"x.hea": HEA, "x.dat": bytes(8), "x.atr": b"\0\xec\xff\xff\xfe\xff\1\4\0\0"}, {"file": "x.hea"}, ["x.atr byte 0", "before the"],
    ),
    "AWD cut in its header": ({"x.awd": AWD[:30]}, {}, ["x.awd line 5", "header of 7 lines"]),
    "AWD of an unknown epoch": ({"x.awd": AWD.replace(b" 4 ", b" 5 ")}, {}, ["x.awd line 4", "'5' is not a known code"]),
    "AWD of no date": ({"x.awd": AWD.replace(b"23-Jan", b"23-Jam")}, {}, ["x.awd line 2", "23-Jam-2018"]),
    "AWD with a word": ({"x.awd": AWD + b"three\r\n"}, {}, ["x.awd line 10: 'three' is not a count"]),
    "AWD in another encoding": ({"x.awd": b"m\xfc\n" + AWD[4:]}, {}, ["x.awd line 1: is not UTF-8 text"]),
    "agd that is no database": ({"x.agd": b"SQLite format 4" + bytes(99)}, {}, ["x.agd byte 0", "not an SQLite database"]),
    "agd without its table": ([SETTINGS.format(60)], {"file": "x.agd"}, ["x.agd", "no such table: data"]),
    "agd without an epoch length": ([SETTINGS.format("a"), DATA.format(636909372000000000, 1)], {"file": "x.agd"}, ["epochlength is 'a'"]),
    "agd of no time": ([SETTINGS.format(60), DATA.format("'noon'", 1)], {"file": "x.agd"}, ["no ticks of .NET"]),
    "agd with a word": ([SETTINGS.format(60), DATA.format(636909372000000000, "'x'")], {"file": "x.agd"}, ["a cell is not a number"]),
    "agd without epochs": ([SETTINGS.format(60), DATA.format(1, 1) + " WHERE 0"], {"file": "x.agd"}, ["has no epochs"]),
    "empty table": ({"x.csv": b""}, {}, ["x.csv: is empty"]),
    "header only": ({"x.csv": b"time,a\n"}, {}, ["x.csv: has no rows"]),
    "rows of nothing": ({"x.csv": b"time,a\n,\n,\n"}, {}, ["x.csv: has no rows"]),
    "truncated gzip": ({"x.csv.gz": gzip.compress(b"time,a\n0,1\n" * 9)[:-9]}, {}, ["x.csv.gz", "damaged or cut short"]),
    "no time": ({"x.csv": b"a,b\n0,1\n1,2\n"}, {}, ["x.csv: no column with the time", "set `time` to one of: a, b"]),
    "absent time": ({"x.csv": b"time,b\n0,1\n1,2\n"}, {"time": "when"}, ["no column 'when' for `time`"]),
    "absent subject": ({"x.csv": b"time,id\n0,1\n1,2\n"}, {"subject": "ids"}, ["no column 'ids' for `subject`", "did you mean 'id'?"]),
    "half of a long table": ({"x.csv": b"time,b\n0,1\n1,2\n"}, {"channel": "b"}, ["only one of `channel` and `value`"]),
    "nothing but time": ({"x.csv": b"time\n0\n1\n"}, {}, ["no column besides its time"]),
    "wrong delimiter": ({"x.csv": b"time,b\n0,1\n1,2\n"}, {"delimiter": "semicolon"}, ["no column with the time"]),
    "no numbers": ({"x.csv": b"time,b\n0,low\n1,high\n"}, {}, ["no column holds numbers"]),
    "decimal comma": ({"x.csv": b"time;b;c\n0;1,5;1\n1;2;1\n2;3;1\n"}, {}, ["line 2, column 'b': '1,5'", "`decimal: comma`"]),
    "infinite": ({"x.csv": b"time,b\n0,1\n1,inf\n"}, {}, ["line 3, column 'b'"]),
    "a day first": ({"x.csv": b"time,b\n31/12/2020 10:00,1\n"}, {}, ["line 2: '31/12/2020 10:00' is not a time", "%d/%m/%Y"]),
    "a month too many": ({"x.csv": b"time,b\n2020-12-01,1\n2020-13-01,2\n"}, {}, ["line 3: '2020-13-01' is not a time"]),
    "no such day": ({"x.csv": b"time,b\n2021-02-28,1\n2021-02-29,2\n"}, {}, ["line 3: '2021-02-29' is not a time"]),
    "a row without time": ({"x.csv": b"time,b\n0,1\n,2\n"}, {}, ["line 3: column 'time' is empty"]),
    "packed digits": ({"x.csv": b"time,b\n20200101100000,1\n20200101100100,2\n"}, {}, ["no number of seconds", "%Y%m%d%H%M%S"]),
    "time goes back": ({"x.csv": b"time,b\n0,1\n5,2\n4,3\n6,3\n"}, {}, ["line 4: goes back in time by 1 s"]),
    "pasted exports": (
        {"x.csv": b"time,b\n2020-01-01 10:00,1\n2020-01-01 10:05,2\n2020-01-01 10:02,3\n"}, {},
        ["line 4: goes back in time by 180 s", "pasted"],
    ),
    "contradiction": ({"x.csv": b"time,b\n0,1\n1,2\n1,3\n"}, {}, ["line 4: has the time of", "line 3"]),
    "a clock that skips": (
        {"x.csv": b"time,b\n2021-03-28 01:30,1\n2021-03-28 02:30,2\n"}, {"time_zone": "Europe/Berlin"}, ["line 3", "does not exist"],
    ),
    "a clock that repeats": (
        {"x.csv": b"time,b\n2021-10-31,1\n2021-10-31 02:30,1\n2021-10-31 02:10,2\n2021-10-31 02:00,2\n"}, {"time_zone": "Europe/Berlin"},
        ["line 3", "occurs twice"],
    ),
    "ragged": ({"x.csv": b"time,b\n0,1\n1,2,3,4,5\n"}, {}, ["x.csv", "line 3"]),
    "cut in its last line": ({"x.csv": b"time,b,c\n0,1,2\n1,2"}, {}, ["x.csv line 3: has fewer than 3 cells", "cut short"]),
    "torn in its middle": ({"x.csv": b"time,b,c\n0,1,2\n1,2\n2,3,4\n"}, {}, ["x.csv line 3: has fewer than 3 cells"]),
    "torn within its time": (
        {"x.csv": b"# device 7\ntime,b,c\n2021-10-31 02:00,1,2\n\n2021-10-3\n2021-10-31 02:10,3,4\n"}, {"comment": "#"},
        ["x.csv line 5: has fewer than 3 cells"],
    ),
    "torn beside quotes": ({"x.csv": b'time,b,c\n"0",1,2\n"1",2\n"2",3,4\n'}, {}, ["x.csv line 3: has fewer than 3 cells"]),
    "torn and compressed": ({"x.csv.gz": gzip.compress(b"time;b;c\n0;1;2\n1;2\n2;3;4\n")}, {}, ["x.csv.gz line 3: has fewer than 3 cells"]),
    "torn between blanks": ({"x.txt": b"time b c\n0 1 2\n1 2\n2 3 4\n"}, {}, ["x.txt line 3: has fewer than 3 cells"]),
    "another encoding": ({"x.csv": "time,größe\n0,1\n".encode("latin-1")}, {}, ["x.csv line 1: is not UTF-8 text"]),
    "a gzip file for a table": ({"x.csv": gzip.compress(b"time,b\n0,1\n")}, {}, ["x.csv: is a gzip file", "rename it to end in .gz"]),
    "a gzip file for an export": ({"x.csv": gzip.compress(b"time\n")}, {"format": "glucose"}, ["x.csv: is a gzip file"]),
    "unknown encoding": ({"x.csv": b"time,b\n0,1\n"}, {"encoding": "utf-9"}, ["x.csv", "utf-9"]),
    "not parquet": ({"x.parquet": b"time,b\n0,1\n"}, {}, ["x.parquet"]),
    "a binary file for a table": ({"x.csv": bytes(range(256)) * 4}, {}, ["x.csv"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_line(tmp_path, case):
    files, layout, expected = BROKEN[case]
    layout = dict(layout)
    if isinstance(files, list):
        files = {"x.agd": agd_bytes(tmp_path, *files)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    path = tmp_path / layout.pop("file", next(iter(files)))
    device = Device(signal="generic", files="x", **layout)
    with pytest.raises(UserError) as error:
        list(choose(path, device).read(path, device))
    assert "\n" not in str(error.value) and len(str(error.value)) < 600
    for phrase in expected:
        assert phrase in str(error.value)


def starting_points():
    """A good file of every format, by the name of the format: name and content."""
    hea = HEA.replace(b"16 200", b"212 200")
    made = {
        "edf": ("x.edf", EDF), "wfdb": ("x.hea", hea), "actiwatch": ("x.awd", AWD),
        "timeseries": ("x.csv", b"time,a,b\n2020-01-01 10:00,1,2\n2020-01-01 10:01,2,\n2020-01-01 10:02,3,4\n"),
        "glucose": ("x.csv", b"Device Timestamp,Record Type,Historic Glucose mg/dL\n21-06-2024 08:00,0,100\n21-06-2024 08:15,0,HI\n"),
        "empatica": ("HR.csv", b"1714980000.0\n1.0\n75.8\n72.9\n71\n"),
    }  # fmt: skip
    return made


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    stamps = ", ".join(f"({636909372000000000 + i * 600_000_000}, {i})" for i in range(3))
    made = starting_points()
    made["actigraph"] = (
        "x.agd",
        agd_bytes(
            folder, SETTINGS.format(60), "CREATE TABLE data (dataTimestamp INTEGER, axis1 REAL)", f"INSERT INTO data VALUES {stamps}"
        ),
    )
    return lambda format_: made[format_]


def attempt(folder, name, format_, content):
    path = Path(folder) / name
    path.write_bytes(content)
    device = Device(signal="generic", files="x", format=format_, time_zone=None)
    try:
        found = list(plugins.load("devices", format_).read(path, device))
    except UserError:
        return None
    for record in found:
        assert (
            isinstance(record, Record) and record.signal.shape == (len(record), len(record.channels)) and record.signal.dtype == np.float32
        )
        assert len(record.seconds) == len(record) and (np.diff(record.seconds) > 0).all()
        assert not np.isinf(record.signal).any()
    return found


@pytest.mark.parametrize("format_", plugins.names("devices"))
def test_a_good_file_of_every_format_is_read(tmp_path, good, format_):
    (tmp_path / "x.dat").write_bytes(bytes(8))
    assert attempt(tmp_path, *good(format_)[:1], format_, good(format_)[1])


SHARE = st.floats(0, 1)
EDITS = st.lists(st.tuples(SHARE, st.integers(0, 255) | st.sampled_from(list(b"0189-+.,eE \n;%/:"))), min_size=1, max_size=4)
UNHURRIED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damaged(content, how):
    """Bytes cut at a share of their length, with some of them changed, or others altogether."""
    if isinstance(how, bytes):
        return how
    if isinstance(how, float):
        return content[: int(how * len(content))]
    edited = bytearray(content)
    for share, value in how:
        edited[int(share * (len(content) - 1))] = value
    return bytes(edited)


@pytest.mark.parametrize("format_", plugins.names("devices"))
@UNHURRIED
@given(how=SHARE | EDITS | EDITS | st.binary(max_size=400))
def test_no_bytes_end_in_anything_but_records_or_one_line(tmp_path, good, format_, how):
    name, content = good(format_)
    (tmp_path / "x.dat").write_bytes(bytes(8))
    attempt(tmp_path, name, format_, damaged(content, how))


@UNHURRIED
@given(dat=st.binary(max_size=20), atr=st.none() | st.binary(max_size=40))
def test_signals_and_annotations_of_any_bytes(tmp_path, good, dat, atr):
    (tmp_path / "x.dat").write_bytes(dat)
    (tmp_path / "x.atr").unlink(missing_ok=True)
    if atr is not None:
        (tmp_path / "x.atr").write_bytes(atr)
    attempt(tmp_path, *good("wfdb")[:1], "wfdb", good("wfdb")[1])


@pytest.mark.parametrize("name", ["wfdb/100.hea", "edf/short_psg.edf", "actigraphy/example_01.AWD", "actigraphy/test_sample.agd"])
def test_real_files_cut_anywhere(shared, tmp_path, name):
    path = shared / "device_formats" / name
    content = path.read_bytes()
    for each in path.parent.glob("100.*"):
        (tmp_path / each.name).symlink_to(each)
    for at in np.random.default_rng(0).integers(0, len(content), 4):
        cut = tmp_path / f"cut_{path.name}"
        cut.write_bytes(content[:at])
        device = Device(signal="generic", files="x")
        if path.suffix == ".AWD" and content[:at].count(b"\n") > 7:  # each of its lines is whole by itself
            (record,) = choose(cut, device).read(cut, device)
            assert len(record) <= content[:at].count(b"\n") - 6
            continue
        with pytest.raises(UserError, match=cut.name):
            list(choose(cut, device).read(cut, device))


@pytest.mark.parametrize("name", plugins.names("devices"))
def test_every_end_leads_to_its_format(tmp_path, name):
    module = plugins.load("devices", name)
    device = Device(signal="generic", files="x")
    for suffix in module.SUFFIXES:
        for end in (suffix, suffix.upper(), *([f"{suffix}.gz"] if getattr(module, "COMPRESSED", False) else [])):
            path = tmp_path / f"some.thing{end}"
            path.touch()
            assert choose(path, device) is module
    path = tmp_path / "any.thing"
    path.touch()
    assert choose(path, device.model_copy(update={"format": name})) is module


def test_a_table_of_half_a_million_rows_is_read_in_parts(tmp_path):
    n_times = 300_000
    pd.DataFrame({"t": np.arange(n_times) / 250, "x": np.arange(n_times) % 7}).to_csv(tmp_path / "t.csv", index=False)
    device = Device(signal="generic", files="x")
    (record,) = choose(tmp_path / "t.csv", device).read(tmp_path / "t.csv", device)
    assert record.fs == 250 and len(record) == n_times
