"""EDF, EDF+ and BDF: physical values, rates, clocks, gaps and annotations, against edfio and files of known content."""

import datetime
import tracemalloc
import warnings
from pathlib import Path

import edfio
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmomics.config.modality import Device
from mmomics.devices import edf
from mmomics.devices._companion import joined
from mmomics.errors import UserError

DEVICE = Device(signal="generic", files="x")
START = datetime.datetime(2021, 5, 4, 22, 30, 15)


def read(path, **layout):
    return list(edf.read(Path(path), DEVICE.model_copy(update=layout)))


def write(path, signals, start=START, annotations=None, **options):
    """A file of (values, fs, label, unit)."""
    bdf = str(path).endswith("bdf")
    one = edfio.BdfSignal if bdf else edfio.EdfSignal
    made = [one(np.asarray(values, float), fs, label=label, physical_dimension=unit) for values, fs, label, unit in signals]
    recording = edfio.Recording(startdate=start.date())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = (edfio.Bdf if bdf else edfio.Edf)(made, recording=recording, starttime=start.time(), annotations=annotations, **options)
        file.write(path)
    return path


def test_polysomnogram_has_one_record_per_rate(shared):
    path = shared / "device_formats/edf/short_psg.edf"
    fast, slow = read(path)
    reference = edfio.read_edf(path)
    assert (fast.fs, slow.fs, fast.duration, slow.duration) == (100, 1, 300, 300)
    assert fast.channels + slow.channels == tuple(signal.label for signal in reference.signals)
    for record in (fast, slow):
        for channel, values, unit in zip(record.channels, record.signal.T, record.units, strict=True):
            there = reference.get_signal(channel)
            assert unit == there.physical_dimension
            np.testing.assert_allclose(values, there.data, rtol=1e-6, atol=1e-4)
    assert fast.start == pd.Timestamp(reference.startdatetime)


def test_hypnogram_joins_the_record_of_its_night(shared):
    folder = shared / "device_formats/edf"
    night = read(folder / "short_psg.edf")
    (stages,) = read(folder / "SC4001EC-Hypnogram.edf")
    assert stages.channels == () and len(stages) == 0
    reference = edfio.read_edf(folder / "SC4001EC-Hypnogram.edf").annotations
    assert stages.annotations["label"].tolist() == [each.text for each in reference]
    assert stages.annotations["duration"].tolist() == [each.duration for each in reference]
    both = joined([stages, *night])
    assert [record.channels for record in both] == [record.channels for record in night]
    assert both[0].annotations.values.tolist() == [[0.0, 30630.0, "Sleep stage W"]]  # all that those five minutes are scored as


def test_companion_annotations_are_carried_from_clock_to_clock(tmp_path):
    notes = [edfio.EdfAnnotation(0, 5, "early"), edfio.EdfAnnotation(20, 10, "N2"), edfio.EdfAnnotation(500, 10, "late")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        when = START - datetime.timedelta(seconds=10)
        edfio.Edf([], annotations=notes, recording=edfio.Recording(startdate=when.date()), starttime=when.time()).write(tmp_path / "n.edf")
    path = write(tmp_path / "x.edf", [(np.arange(60.0), 1, "EEG", "uV")])
    (record,) = joined([*read(path), *read(tmp_path / "n.edf")])
    assert record.annotations.values.tolist() == [[10.0, 10.0, "N2"]]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.integers(1, 5), rates=st.lists(st.sampled_from([1, 4, 25, 128]), min_size=1, max_size=4), bdf=st.booleans(),
    notes=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["N2", "arousal ü"])), max_size=3), seed=st.integers(0, 99),
)  # fmt: skip
def test_what_edfio_writes_comes_back(tmp_path, seconds, rates, bdf, notes, seed):
    random = np.random.default_rng(seed)
    signals = [(random.normal(0, 50, seconds * fs) + np.linspace(-200, 200, seconds * fs), fs, f"c{i}", "uV") for i, fs in enumerate(rates)]
    written = sorted(notes)
    path = write(
        tmp_path / ("x.bdf" if bdf else "x.edf"), signals, annotations=[edfio.EdfAnnotation(at, None, text) for at, text in written]
    )
    found = read(path)
    assert {record.fs for record in found} == set(rates)
    for record in found:
        assert record.start == pd.Timestamp(START) and record.duration == seconds
        assert record.annotations[["onset", "label"]].values.tolist() == [[float(at), text] for at, text in written]
        assert record.annotations["duration"].isna().all()
        for channel, values in zip(record.channels, record.signal.T, strict=True):
            truth, fs, _, _ = signals[int(channel[1:])]
            assert fs == record.fs
            np.testing.assert_allclose(values, truth, atol=np.ptp(truth) / (2**23 if bdf else 2**15) + 1e-4)


def discontinuous(path, begins, values, fs=4):
    """An EDF+D of one-second data records that begin at the given seconds."""
    write(path, [(values, fs, "EEG", "uV")], annotations=[edfio.EdfAnnotation(0, None, "keeps room")], data_record_duration=1)
    raw = bytearray(path.read_bytes())
    raw[192:197] = b"EDF+D"
    header, width = int(raw[184:192]), (len(raw) - int(raw[184:192])) // len(begins)
    for place, begin in enumerate(begins):
        low = header + place * width + fs * 2
        note = f"+{begin}\x14\x14\x00".encode()
        room = width - fs * 2
        assert len(note) <= room
        raw[low : low + room] = note.ljust(room, b"\0")
    path.write_bytes(raw)
    return path


def test_gaps_of_a_discontinuous_file_are_nan(tmp_path):
    truth = np.arange(12.0)
    (record,) = read(discontinuous(tmp_path / "d.edf", [0, 1, 5], truth))
    assert record.fs == 4 and record.duration == 6
    assert np.isnan(record.signal[8:20, 0]).all()
    np.testing.assert_allclose(np.r_[record.signal[:8, 0], record.signal[20:, 0]], truth, atol=1e-3)


def test_records_that_fit_no_grid_keep_their_times(tmp_path):
    (record,) = read(discontinuous(tmp_path / "d.edf", [0, 1, "2.1"], np.arange(12.0)))
    assert record.fs is None
    np.testing.assert_allclose(record.seconds[[0, 7, 8, 11]], [0, 1.75, 2.1, 2.85])


def test_records_far_apart_are_not_filled(tmp_path):
    (record,) = read(discontinuous(tmp_path / "d.edf", [0, 1, 9999], np.arange(12.0)))
    assert len(record) == 12 and record.seconds[8] == 9999


def test_anonymous_date_keeps_the_time_of_day(tmp_path):
    path = write(tmp_path / "x.edf", [(np.arange(4.0), 1, "EEG", "uV")])
    raw = bytearray(path.read_bytes())
    at = raw.index(b"Startdate 04-MAY-2021")
    raw[at : at + 21] = b"Startdate X          "
    raw[168:176] = b"01.01.85"
    path.write_bytes(raw)
    (record,) = read(path)
    assert record.start == pd.Timestamp("1985-01-01 22:30:15")


@pytest.mark.parametrize(
    ("field", "day", "clock"), [("04-MAY-2021", "99.99.99", True), ("99-XXX-2021", "31.02.21", False), ("04-MAY-2021", "xx.yy.zz", True)]
)
def test_a_date_that_is_none_is_taken_from_the_other_field_or_told_in_one_word(tmp_path, caplog, field, day, clock):
    path = tmp_path / "x.edf"
    write(path, [(np.arange(100) % 7, 10, "EEG", "uV")])
    raw = path.read_bytes().replace(b"04-MAY-2021", field.encode())
    path.write_bytes(raw[:168] + day.encode() + raw[176:])
    (record,) = read(path)
    assert record.start == (pd.Timestamp(START) if clock else None)
    word = f"{path} byte 168: '{day} 22.30.15' is no date and time, so the record has no clock"
    assert caplog.messages == ([] if clock else [word])


def test_start_stands_in_the_zone_of_the_device(tmp_path):
    (record,) = read(write(tmp_path / "x.edf", [(np.arange(4.0), 1, "EEG", "uV")]), time_zone="Europe/Berlin")
    assert record.start == pd.Timestamp("2021-05-04 20:30:15", tz="UTC") and record.start.hour == 22


def test_repeated_and_nameless_channels_can_be_told_apart(tmp_path):
    (record,) = read(write(tmp_path / "x.edf", [(np.arange(4.0), 1, label, "uV") for label in ("EEG", "", "EEG")]))
    assert record.channels == ("EEG", "channel_2", "EEG (2)")


@pytest.mark.parametrize("sign", [b"\xb5", b"\xe6"])  # as Windows and DOS write it
def test_microvolts_may_be_written_as_such(tmp_path, sign):
    path = write(tmp_path / "x.edf", [(np.arange(4.0), 1, "EEG", "uV"), (np.arange(4.0), 1, "Temp", "C")])
    path.write_bytes(path.read_bytes().replace(b"uV", sign + b"V"))
    assert read(path)[0].units == ("uV", "C")


def test_name_of_the_patient_is_no_id(shared):
    assert all(record.subject is None for record in read(shared / "device_formats/edf/short_psg.edf"))


def test_a_channel_without_a_scale_matters_only_if_asked_for(tmp_path):
    truth = np.array([-1.0, 0.5, 1.0, 0.0])
    path = write(tmp_path / "x.edf", [(truth, 1, "EEG", "uV"), (truth, 1, "unused", "")])
    raw = bytearray(path.read_bytes())
    raw[256 + 2 * 104 + 8 : 256 + 2 * 104 + 16] = raw[256 + 2 * 112 + 8 : 256 + 2 * 112 + 16]
    path.write_bytes(raw)
    with pytest.raises(UserError, match=r"'unused'.*no scale.*`channels`"):
        read(path)
    with pytest.raises(UserError, match="'unused'"):
        read(path, channels={"eeg": ["EEG", "unused"]})
    (record,) = read(path, channels={"eeg": "EEG"})
    assert record.channels == ("EEG",)
    np.testing.assert_allclose(record.signal[:, 0], truth, atol=1e-4)


@pytest.mark.parametrize("end", ["edf", "bdf"])
def test_memory_is_a_few_times_the_record(tmp_path, end):
    n_times = 250 * 3600
    path = write(tmp_path / f"x.{end}", [(np.sin(np.arange(n_times)), 250, f"c{i}", "mV") for i in range(3)])
    tracemalloc.start()
    (record,) = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < (3 if end == "edf" else 6) * record.signal.nbytes
