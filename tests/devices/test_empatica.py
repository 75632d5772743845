"""Exports of an Empatica E4 are read on their clock, and refused in one line that says where."""

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.config.modality import Device
from mmomics.devices import empatica
from mmomics.devices.contract import EmptyRecordError
from mmomics.errors import UserError
from mmomics.onboarding import every
from mmomics.onboarding.check import check
from mmomics.onboarding.draft import draft

BEGUN = 1714980000  # 2024-05-06 07:20 UTC


def read(path, text=None, **keys):
    if text is not None:
        path.write_text(text)
    (record,) = empatica.read(path, Device(signal="series", files="x", format="empatica", **keys))
    return record


def test_readings_begin_when_the_first_line_says_at_the_rate_of_the_second(tmp_path):
    beats = np.random.default_rng(0).normal(75, 5, 600).round(2)
    text = f"{BEGUN}.000000\n1.000000\n" + "".join(f"{beat:.2f}\n" for beat in beats)
    record = read(tmp_path / "HR.csv", text, time_zone="Europe/Berlin")
    assert (record.channels, record.units, record.fs) == (("HR",), ("bpm",), 1.0)
    assert record.start == pd.Timestamp("2024-05-06 09:20", tz="Europe/Berlin") and str(record.start.tz) == "Europe/Berlin"
    np.testing.assert_allclose(record.signal[:, 0], beats, rtol=1e-6)
    assert read(tmp_path / "HR.csv").start == pd.Timestamp(BEGUN, unit="s", tz="UTC")


def test_axes_are_in_parts_of_g_of_which_one_has_64(tmp_path):
    text = f"{BEGUN}.0, {BEGUN}.0, {BEGUN}.0\n32.0, 32.0, 32.0\n0,0,64\n-32,16,64\n"
    record = read(tmp_path / "P01_ACC.csv", text)
    assert (record.channels, record.units, record.fs) == (tuple("xyz"), ("g",) * 3, 32.0)
    assert record.signal.tolist() == [[0, 0, 1], [-0.5, 0.25, 1]]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("HR.csv", "time,hr\n1,2\n", "HR.csv line 1: 'time' is not a number"),
        ("HR.csv", f"{BEGUN},{BEGUN}\n1,1\n1,2\n", "HR.csv line 1: has 2 columns, and HR.csv has 1"),
        ("HR.csv", "75\n1\n60\n", "line 1: 75 is not when it begins"),
        ("HR.csv", f"{BEGUN}\n0\n60\n", "line 2: 0 is no sampling rate"),
        ("HR.csv", f"{BEGUN}\n", "line 2: 0 is no sampling rate"),
        ("HR.csv", f"{BEGUN}\n1\n60\nx\n61\n", "line 4: 'x' is not a number"),
        ("HR.csv", f"{BEGUN}\n1\n60\n1e99\n61\n", "line 4: '1e99' is not a number"),
        ("ACC.csv", f"{BEGUN},{BEGUN},{BEGUN}\n32,32,32\n1,2,3\n1,2\n", "line 4: 'nan' is not a number"),
        ("EDA.csv", "", "EDA.csv"),
        ("IBI.csv", f"{BEGUN}, IBI\n1.5,0.8\n", "is by its name no record of an Empatica"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(tmp_path, name, text, said):
    with pytest.raises(UserError, match=name) as told:
        read(tmp_path / name, text)
    assert said in str(told.value) and "\n" not in str(told.value)
    with pytest.raises(EmptyRecordError):
        read(tmp_path / "HR.csv", f"{BEGUN}\n1\n")


def test_folders_of_people_are_drafted_and_a_table_that_is_such_an_export_is_told(tmp_path):
    people = [f"P{number:02d}" for number in range(24)]
    pd.DataFrame({"response": ["yes", "no"] * 12}, pd.Index(people, name="subject")).to_csv(tmp_path / "samples.csv")
    for person in people:
        (tmp_path / person).mkdir()
        for name, rate, n in (("HR", 1, 14_400), ("EDA", 4, 4800)):
            rows = "".join(f"{70 + place % 9}\n" for place in range(n))
            (tmp_path / person / f"{name}.csv").write_text(f"{BEGUN}.000000\n{rate}.000000\n{rows}")
    (tmp_path / "c.yaml").write_text(draft(tmp_path, "mine"))
    modalities = yaml.safe_load((tmp_path / "c.yaml").read_text())["modalities"]
    assert modalities == {
        "hr": {"signal": "heart_rate", "files": "{subject}/HR.csv", "format": "empatica"},
        "eda": {"signal": "series", "files": "{subject}/EDA.csv", "format": "empatica", "channels": {"eda": "EDA"}},
    }
    assert check(tmp_path / "c.yaml").errors == []
    first = UserError("modalities.hr", "no column with the time")
    told = [str(each) for each in every.files("hr", Device(signal="heart_rate", files="{subject}/HR.csv"), tmp_path, first)]
    assert len(told) == 1 and "export of Empatica" in told[0] and told[0].count("format: empatica") == 1
