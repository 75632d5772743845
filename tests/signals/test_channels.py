"""Channels by role: usual names, names of the user, units, and readings that cannot be."""

import numpy as np
import pandas as pd
import pytest

from mmomics.config.modality import Device
from mmomics.devices.record import Record
from mmomics.errors import UserError
from mmomics.signals import _channels


def record(channels, units=None, values=None, source="a.csv"):
    """Channels with the readings 100, 101, ... in their order."""
    signal = np.arange(100.0, 100 + len(channels)) if values is None else np.asarray(values, dtype=float)
    signal = np.atleast_2d(signal).astype(np.float32)
    return Record(signal, tuple(channels), tuple(units or [""] * len(channels)), 1 / 60, source=source)


def device(signal="cgm", **more):
    return Device(signal=signal, files="x", **more)


def chosen(channels, of=None, **more):
    found = _channels.choose([record(channels, **more)], of or device(), "modalities.m")
    return found[0] if found else None


@pytest.mark.parametrize(
    "name", ["glucose", "GLUCOSE", "Glucose ", "gl", "Historic Glucose mg/dL", "historic_glucose_mg_dl", "Libre GL", "sgv"]
)
def test_usual_names_are_found_without_case_blanks_and_punctuation(name):
    found = chosen(["time of day", name])
    assert found.channels == ("glucose",) and found.signal.tolist() == [[101]]


@pytest.mark.parametrize(
    ("name", "signal", "value", "want"),
    [
        ("glucose (mmol/L)", "cgm", 5.0, 90.08), ("glucose [mg/dL]", "cgm", 90.0, 90.0), ("HR [bpm]", "heart_rate", 61.0, 61.0),
        ("ECG (mV)", "ecg", 0.5, 0.5), ("ECG (uV)", "ecg", 500.0, 0.5), ("Steps [steps]", "activity", 7.0, 7.0),
    ],
)  # fmt: skip
def test_a_unit_in_the_name_is_read_and_hides_no_channel(name, signal, value, want):
    found = chosen([name], device(signal), values=[value])
    assert found.signal[0, 0] == pytest.approx(want, rel=1e-4) and found.units[0] in ("mg/dL", "bpm", "mV", "steps")


def test_the_best_name_wins_and_within_a_name_the_one_that_is_written_the_same():
    assert chosen(["sgv", "Glucose"]).signal[0, 0] == 101
    assert chosen(["GLUCOSE", "glucose"]).signal[0, 0] == 101
    assert chosen(["GLUCOSE", "Glucose"]).signal[0, 0] == 100


def test_names_of_the_user_go_over_the_usual_ones():
    assert chosen(["glucose", "Dexcom GL"], device(channels={"glucose": "Dexcom GL"})).signal[0, 0] == 101
    assert chosen(["glucose"], device(channels={"glucose": "Dexcom GL"})) is None
    several = device("energy", channels={"mets": ["METs", "Intensity"]})
    assert chosen(["HR", "Intensity"], several).signal[0, 0] == 101
    assert chosen(["METs", "Intensity"], several).signal[0, 0] == 100


def test_names_in_other_scripts_are_not_all_the_same():
    of = device(channels={"glucose": "血糖"})
    assert chosen(["体温", "血糖"], of).signal[0, 0] == 101
    assert chosen(["体温", "%"], of) is None


def test_an_optional_role_may_lack_unless_the_user_names_it():
    assert chosen(["axis1"], device("activity")).channels == ("activity",)
    assert chosen(["axis3", "axis1", "axis2"], device("activity")).channels == ("activity", "axis2", "axis3")
    assert chosen(["axis1"], device("activity", channels={"axis2": "second"})) is None


def test_no_channel_plays_two_roles():
    both = device("accelerometer", channels={"x": "a", "y": "a", "z": "b"})
    assert chosen(["a", "b"], both) is None


def test_units_of_the_file_are_converted_and_those_of_the_user_go_over_them():
    assert chosen(["glucose"], units=["mmol/L"], values=[5.0]).signal[0, 0] == pytest.approx(90.08)
    assert chosen(["glucose"], device(units={"glucose": "mg/dL"}), units=["mmol/L"], values=[90.0]).signal[0, 0] == 90
    assert chosen(["glucose"], units=[""], values=[90.0]).units == ("mg/dL",)
    with pytest.raises(UserError, match=r"a\.csv, channel 'glucose': unit 'bananas' is not known to be convertible to mg/dL"):
        chosen(["glucose"], units=["bananas"])


def test_a_kind_of_any_unit_keeps_it():
    assert chosen(["steps"], device("activity"), units=["steps"]).units == ("steps",)
    assert chosen(["count"], device("activity", channels={"activity": "count"}, units={"activity": "steps"})).units == ("steps",)


@pytest.mark.parametrize("value", [-1, 0, 9.9, 1001, np.nan, np.inf, -np.inf])
def test_what_cannot_be_a_reading_is_a_gap(value):
    assert np.isnan(chosen(["glucose"], values=[value]).signal[0, 0])


def series(values, unit="", name="glucose", of=None):
    column = np.asarray(values, dtype=np.float32)[:, None]
    return _channels.choose([Record(column, (name,), (unit,), 1 / 300, source="a.csv")], of or device(), "m")[0].signal[:, 0]


MMOL = 9 + 6 * np.sin(np.arange(600) / 50)  # 3 to 15


def test_readings_of_another_unit_are_refused_and_not_chosen_by_their_value():
    share = (MMOL < 10).mean()
    with pytest.raises(UserError, match="channel 'glucose'") as refused:
        series(MMOL)
    said = str(refused.value)
    assert f"a.csv, channel 'glucose': {share:.0%} of its readings are not within 10 to 1000 mg/dL" in said
    assert "looks like mmol/L; set `units: {glucose: mmol/L}`" in said
    for refused_too in ({"unit": "mg/dL"}, {"of": device(units={"glucose": "mg/dL"})}):
        with pytest.raises(UserError, match="looks like mmol/L"):
            series(MMOL, **refused_too)
    for right in ({"unit": "mmol/L"}, {"of": device(units={"glucose": "mmol/L"})}):
        np.testing.assert_allclose(series(MMOL, **right), MMOL * 18.016, rtol=1e-5)
    with pytest.raises(UserError, match=r"not within 0\.555\S* to 55\.5\S* mmol/L, which looks like mg/dL; set"):
        series(MMOL * 18, unit="mmol/L")


def test_a_unit_that_changes_within_a_file_is_told():
    with pytest.raises(UserError, match=r"50% of its readings .* which look like mmol/L, and the others do not; convert them, or say"):
        series(np.r_[100 + MMOL[:300], np.full(300, 5.5) + np.arange(300) / 300])


@pytest.mark.parametrize(("odd", "refused"), [(29, False), (32, True)])
def test_up_to_a_twentieth_of_readings_are_gaps(odd, refused):
    values = np.full(600, 100.0)
    values[:odd] = np.linspace(1001, 4000, odd)
    if refused:
        with pytest.raises(UserError, match=r"5% of its readings .*name another channel"):
            series(values)
        assert np.isnan(series(values, of=device(units={"glucose": "mg/dL"}))).sum() == odd  # his word goes
    else:
        assert np.isnan(series(values)).sum() == odd


@pytest.mark.parametrize("code", [0, -1, 255, 9999])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_one_value_that_comes_again_and_again_is_a_gap(code, share):
    of = device("heart_rate")
    values = np.where(np.arange(1000) < 1000 * share, code, 60 + np.arange(1000) % 40)
    found = series(values, name="HR", of=of)
    assert np.isnan(found).sum() == 1000 * share
    zeros_too = np.where(np.arange(1000) % 2, 0, values)
    assert np.isnan(series(zeros_too, name="HR", of=of)).sum() >= 500


@pytest.mark.parametrize(("values", "of"), [([2000.0], {}), ([-5.0], {}), ([0.0], {}), ([2000, 3000.0], {"units": {"glucose": "mg/dL"}})])
def test_readings_that_cannot_be_are_counted_and_gaps_are_not(values, of):
    column = np.r_[np.full(900, 100.0), np.resize(values, 40), np.full(60, np.nan)]
    (found,) = _channels.choose([record(["glucose"], values=column[:, None])], device(**of), "m")
    assert found.impossible == pytest.approx(40 / 940)
    assert chosen(["glucose"], values=[100.0]).impossible == 0


def test_what_is_not_finite_is_a_gap_even_where_everything_can_be_a_reading():
    of = device("series", channels={"mass": "m"})
    assert np.isnan(chosen(["m"], of, values=[np.inf]).signal[0, 0])
    assert chosen(["m"], of, values=[-3e30]).signal[0, 0] == np.float32(-3e30)


def test_only_records_with_the_channels_are_taken():
    found = _channels.choose([record(["ecg"]), record(["glucose"]), record([])], device(), "m")
    assert [each.channels for each in found] == [("glucose",)]


def test_a_kind_without_channels_takes_the_record_with_annotations():
    notes = pd.DataFrame({"onset": [0.0], "duration": [30.0], "label": ["W"]})
    plain = record(["EEG"])
    scored = Record(np.zeros((0, 0), dtype=np.float32), (), (), 1.0, annotations=notes)
    (chosen,) = _channels.choose([plain, scored], device("sleep"), "m")
    assert not chosen.channels and chosen.annotations.equals(notes)
    assert _channels.choose([plain], device("sleep"), "m") == [plain]
    assert _channels.choose([], device("sleep"), "m") == []


def test_the_complaint_names_the_file_what_is_wanted_and_what_is_there():
    said = str(_channels.lacking([record(["HR", "steps"], source="b.csv")], device(), "modalities.libre"))
    assert said.startswith("b.csv: has no channel for 'glucose'")
    assert "its channels: HR, steps" in said and "`modalities.libre.channels`" in said


@pytest.mark.parametrize("key", ["channels", "units"])
def test_roles_that_a_kind_does_not_know_are_refused(key):
    with pytest.raises(UserError, match=rf"m\.{key}: 'cgm' knows no role 'glucos'; did you mean 'glucose'"):
        _channels.check(device(**{key: {"glucos": "x"}}), "m")
    _channels.check(device(**{key: {"glucose": "x"}}), "m")
