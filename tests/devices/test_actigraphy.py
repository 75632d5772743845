"""Actiwatch and ActiGraph epochs against the raw bytes of real files."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmomics.config.modality import Device
from mmomics.devices import actigraph, actiwatch
from mmomics.errors import UserError

DEVICE = Device(signal="activity", files="x")
AWD = "me\r\n23-Jan-2018\r\n13:58\r\n {code} \r\n00\r\n{serial}\r\nX\r\n"


@pytest.mark.parametrize("number", range(1, 6))
def test_counts_of_an_actiwatch(shared, number):
    path = shared / f"device_formats/actigraphy/example_0{number}.AWD"
    (record,) = actiwatch.read(path, DEVICE)
    lines = path.read_text().split("\n")[7:]
    counts = [int(line.replace("M", "")) for line in lines if line.strip()]
    assert record.signal[:, 0].tolist() == counts
    assert 1 / record.fs == pytest.approx(60)
    marks = [place * 60 for place, line in enumerate(lines) if "M" in line]
    assert record.annotations["onset"].tolist() == marks
    date, time = path.read_text().split("\n")[1:3]
    assert record.start == pd.to_datetime(f"{date.strip()} {time.strip()}", format="%d-%b-%Y %H:%M")


@pytest.mark.parametrize(("code", "seconds"), [("1", 15), ("2", 30), ("4", 60), ("8", 120), ("20", 300), ("81", 2), ("c1", 5), ("C2", 10)])
def test_codes_of_the_epoch(tmp_path, code, seconds):
    path = tmp_path / "x.awd"
    path.write_text(AWD.format(code=code, serial="V1") + "1\n2 M\n\x1a")
    (record,) = actiwatch.read(path, DEVICE)
    assert 1 / record.fs == pytest.approx(seconds)
    assert record.annotations["onset"].tolist() == [seconds]


def test_second_column_is_named_by_the_model(tmp_path):
    path = tmp_path / "x.awd"
    path.write_text(AWD.format(code="4", serial="L1") + "1 , 20.5\n2 , 0 M\n")
    (record,) = actiwatch.read(path, DEVICE)
    assert record.channels == ("activity", "light") and record.units == ("counts", "lux")
    assert record.signal.tolist() == [[1, 20.5], [2, 0]]


def test_epochs_of_an_actigraph(shared, tmp_path):
    path = shared / "device_formats/actigraphy/test_sample.agd"
    (record,) = actigraph.read(path, DEVICE)
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as base:
        rows = np.array(base.execute("SELECT * FROM data").fetchall(), dtype=float)
        settings = dict(base.execute("SELECT settingName, settingValue FROM settings"))
    base.close()
    assert record.signal.shape == (int(settings["epochcount"]), 9)
    assert 1 / record.fs == pytest.approx(float(settings["epochlength"]))
    np.testing.assert_array_equal(record.signal, rows[:, 1:].astype(np.float32))
    assert record.start == datetime(1, 1, 1) + timedelta(microseconds=int(settings["startdatetime"]) // 10)
    assert record.channels[:4] == ("axis1", "axis2", "axis3", "steps") and record.subject is None


def agd(path, epochs, rows="1"):
    """A file whose epochs of a minute stand at the given places."""
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE settings (settingID INTEGER, settingName TEXT, settingValue TEXT)")
    base.execute("INSERT INTO settings VALUES (1, 'epochlength', '60')")
    base.execute("CREATE TABLE data (dataTimestamp INTEGER, axis1 REAL)")
    base.executemany(f"INSERT INTO data VALUES (?, {rows})", [(636909372000000000 + round(place * 600_000_000),) for place in epochs])
    base.commit()
    base.close()
    return path


def test_missing_epochs_are_gaps(tmp_path):
    (record,) = actigraph.read(agd(tmp_path / "x.agd", [0, 1, 4]), DEVICE)
    assert np.isnan(record.signal[:, 0]).tolist() == [False, False, True, True, False]


@pytest.mark.parametrize("epochs", [[0, 1, 1], [0, 0.5], [0, 1, 10**6]])
def test_epochs_off_their_grid_are_refused(tmp_path, epochs):
    with pytest.raises(UserError, match=r"x\.agd table 'data'"):
        list(actigraph.read(agd(tmp_path / "x.agd", epochs), DEVICE))


def test_reading_writes_nothing(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    path = agd(folder / "x y?#.agd", [0, 1])
    before = path.stat()
    folder.chmod(0o500)
    try:
        list(actigraph.read(Path(path), DEVICE))
    finally:
        folder.chmod(0o700)
    assert [each.name for each in folder.iterdir()] == [path.name] and path.stat().st_mtime_ns == before.st_mtime_ns
