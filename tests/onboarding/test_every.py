"""Every file of a device is looked at, to the units of its channels."""

import numpy as np
import pandas as pd
import pytest

from mmomics.config.modality import Device
from mmomics.errors import UserError
from mmomics.onboarding import every

FIRST = UserError("modalities.cgm", "could not be read")


def sensors(folder, n=12, **changed):
    """Glucose of n people in mg/dL; `changed` gives some of them other text."""
    clock = pd.date_range("2021-06-14", periods=96, freq="15min")
    for number in range(n):
        table = pd.DataFrame({"time": clock, "glucose": 120 + 30 * np.sin(np.arange(96) / (20 + number))})
        text = table.to_csv(index=False)
        (folder / f"S{number:02d}.csv").write_text(changed.get(f"S{number:02d}", text))
    return clock


def said(folder, first=FIRST, **settings):
    return [str(error) for error in every.files("cgm", Device(signal="cgm", files="{subject}.csv", **settings), folder, first)]


def millimoles(folder, *names):
    for name in names:
        path = folder / f"{name}.csv"
        table = pd.read_csv(path)
        table.assign(glucose=table["glucose"] / 18).to_csv(path, index=False)


def test_files_of_another_unit_than_the_others_are_all_named_and_no_setting_for_all_is_advised(tmp_path):
    sensors(tmp_path)
    millimoles(tmp_path, "S03", "S07", "S09")
    _, error = said(tmp_path)
    assert "S03.csv, channel 'glucose'" in error and "which looks like mmol/L; 3 of 12 files (S03.csv, S07.csv, S09.csv) are so" in error
    assert error.endswith("convert them, or make them a modality of their own with `units`")
    # once the unit is set for all, it is the others that do not fit
    _, error = said(tmp_path, units={"glucose": "mmol/L"})
    assert "which looks like mg/dL; 9 of 12 files (S00.csv, S01.csv, S02.csv" in error


def test_a_unit_that_every_file_is_in_is_a_setting(tmp_path):
    sensors(tmp_path)
    millimoles(tmp_path, *(f"S{number:02d}" for number in range(12)))
    first = UserError(f"{tmp_path}/S00.csv, channel 'glucose'", "100% of its readings are not within 10 to 1000 mg/dL")
    error = said(tmp_path, first)[-1]
    assert "; set `units: {glucose: mmol/L}`; the same goes for 11 more files" in error


def test_units_of_many_people_in_one_table_are_looked_at_and_named_by_it(tmp_path):
    clock = pd.date_range("2021-06-14", periods=96, freq="15min")
    tables = [
        pd.DataFrame({"id": f"S{place}", "time": clock, "glucose": (100.0 + np.arange(96) % 9) / (18 if place else 1)})
        for place in range(3)
    ]
    for name in ("a", "b"):
        pd.concat(tables[: 1 if name == "a" else 3]).to_csv(tmp_path / f"{name}.csv", index=False)
    device = Device(signal="cgm", files="*.csv", subject="id")
    error = str(list(every.files("cgm", device, tmp_path, FIRST))[-1])
    assert "; 2 of 3 subjects (S1, S2) are so: convert their readings, or move them to a file and a modality of their own" in error


@pytest.mark.parametrize("n_others", [0, 1, 5, 9])
def test_people_of_one_table_in_another_unit_are_counted_and_some_of_them_named(tmp_path, n_others):
    clock = pd.date_range("2021-06-14", periods=96, freq="15min")
    sizes = {f"S{place}": 18 if place >= n_others else 1 for place in range(9)}
    table = pd.concat([pd.DataFrame({"id": id_, "time": clock, "bg": (100.0 + np.arange(96) % 9) / size}) for id_, size in sizes.items()])
    table.to_csv(tmp_path / "all.csv", index=False)
    device = Device(signal="cgm", files="all.csv", subject="id", channels={"glucose": "bg"})
    errors = [str(error) for error in every.files("cgm", device, tmp_path, FIRST)][1:]
    if n_others == 9:
        assert not errors
    elif not n_others:
        assert errors[0].endswith("set `units: {glucose: mmol/L}`")
    else:
        named = {1: "S1, S2, S3 (and 5 more)", 5: "S5, S6, S7 (and 1 more)"}[n_others]
        assert len(errors) == 1 and f"mmol/L; {9 - n_others} of 9 subjects ({named}) are so: convert their readings" in errors[0]


@pytest.mark.parametrize("settings", [{"time_zone": "Europe/Berlin"}, {}])
def test_other_ways_of_advising_a_setting_are_said_once_too(tmp_path, settings):
    sensors(tmp_path)
    for place, path in enumerate(sorted(tmp_path.iterdir())):
        if settings:  # an hour that the clock skips
            times = pd.date_range("2021-03-28 01:00", periods=96, freq="15min").strftime("%Y-%m-%d %H:%M")
        else:  # as spreadsheets store them
            times = [f"{44361.5 + place + each / 96:.9f}" for each in range(96)]
        pd.DataFrame({"time": times, "glucose": 100 + np.arange(96) % 9}).to_csv(path, index=False)
    lines = said(tmp_path, **settings)
    assert len(lines) == 2 and "the same goes for 11 more files" in lines[1]


def test_another_complaint_is_not_hidden_behind_many_of_one_kind(tmp_path):
    sensors(tmp_path, n=20, **{f"S{number:02d}": "" for number in range(18)}, S19="when,what\n1,2\n")
    lines = said(tmp_path)
    assert any("S19.csv" in line and "no column with the time" in line for line in lines[:3])
    assert sum("is empty" in line and "the same goes for 17 more files" in line for line in lines) == 1


def test_files_of_one_name_in_folders_of_people_are_counted_by_their_paths(tmp_path):
    for name in ("P01", "P02", "P03"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "HR.csv").write_text("when,beats\n2024-01-01 10:00,60\n")
    device = Device(signal="heart_rate", files="{subject}/HR.csv")
    *_, error = every.files("hr", device, tmp_path, UserError(str(tmp_path / "P01/HR.csv"), "no column with the time"))
    assert "the same goes for 2 more files (P02/HR.csv, P03/HR.csv)" in str(error)
    first = UserError("modalities.hr", "could not be read")
    assert "3 more files of it are broken (P01/HR.csv, P02/HR.csv, P03/HR.csv)" in str(every.together("hr", device, tmp_path, first))
