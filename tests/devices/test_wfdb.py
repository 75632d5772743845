"""WFDB records against wfdb's own arrays and what is published of the records."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmomics.config.modality import Device
from mmomics.devices import wfdb as reader
from mmomics.errors import UserError

DEVICE = Device(signal="ecg", files="x")


def read(path, **layout):
    return list(reader.read(Path(path), DEVICE.model_copy(update=layout)))


def test_record_100(shared):
    (record,) = read(shared / "device_formats/wfdb/100.hea")
    assert record.fs == 360 and round(record.duration / 60) == 30
    assert record.channels == ("MLII", "V5") and record.units == ("mV", "mV")
    assert len(record.annotations) == 2274
    assert record.annotations["label"].value_counts()[["N", "A", "V"]].tolist() == [2239, 33, 1]
    beat = record.annotations[record.annotations["label"] == "N"].iloc[1000]["onset"]
    near = record.between(beat - 0.05, beat + 0.05).signal[:, 0]
    assert near.max() > record.signal[:, 0].mean() + 0.8  # an R wave stands where a beat is annotated


@pytest.mark.parametrize(("name", "n_channels", "fs", "seconds"), [("s0010_re", 15, 1000, 38.4), ("a103l", 3, 250, 330)])
def test_formats_16_and_mat(shared, name, n_channels, fs, seconds):
    path = shared / f"device_formats/wfdb/{name}.hea"
    (record,) = read(path)
    assert (len(record.channels), record.fs, record.duration) == (n_channels, fs, seconds)
    np.testing.assert_allclose(record.signal, wfdb.rdrecord(str(path.with_suffix(""))).p_signal, rtol=1e-5, atol=1e-5)


def test_signals_of_several_rates_are_not_smeared(shared):
    path = shared / "device_formats/wfdb/03700181.hea"
    fast, slow = read(path)
    assert (fast.channels, fast.fs, len(fast)) == (("MCL1",), 500, 300_000)
    assert (slow.channels, slow.fs, len(slow)) == (("ABP", "RESP"), 125, 75_000)
    reference = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False)
    np.testing.assert_allclose(fast.signal[:, 0], reference.e_p_signal[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(slow.signal[:, 1], reference.e_p_signal[2], rtol=1e-5, atol=1e-5)
    assert fast.start == slow.start == pd.Timestamp("1994-08-15 17:27:45")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    n_times=st.integers(2, 40), n_channels=st.integers(1, 3), fmt=st.sampled_from(["16", "212", "24", "32"]),
    fs=st.sampled_from([1, 125, 0.5]), seed=st.integers(0, 99),
)  # fmt: skip
def test_what_wfdb_writes_comes_back(tmp_path, n_times, n_channels, fmt, fs, seed):
    truth = np.random.default_rng(seed).integers(-2000, 2000, (n_times, n_channels))
    wfdb.wrsamp(
        "x", fs=fs, units=["mV"] * n_channels, sig_name=[f"c{i}" for i in range(n_channels)], d_signal=truth, fmt=[fmt] * n_channels,
        adc_gain=[200.0] * n_channels, baseline=[7] * n_channels, write_dir=str(tmp_path),
        base_date=datetime.date(2020, 2, 29), base_time=datetime.time(23, 59, 1),
    )  # fmt: skip
    wfdb.wrann("x", "atr", np.array([0, n_times - 1]), ["N", "V"], write_dir=str(tmp_path))
    (record,) = read(tmp_path / "x.hea")
    np.testing.assert_allclose(record.signal, (truth - 7) / 200, rtol=1e-5, atol=1e-5)
    assert record.fs == fs and record.start == pd.Timestamp("2020-02-29 23:59:01")
    assert record.annotations["label"].tolist() == ["N", "V"]
    np.testing.assert_allclose(record.annotations["onset"], [0, (n_times - 1) / fs])


def segments(folder, record, **channels):
    """Segments of two seconds at 10 Hz, full of the code of their name, and the header that joins them."""
    for name in ("a", "b"):
        wfdb.wrsamp(name, fs=10, units=["mV"], sig_name=[channels.get(name, "II")], d_signal=np.full((20, 1), ord(name)), fmt=["16"],
                    adc_gain=[1.0], baseline=[0], write_dir=str(folder))  # fmt: skip
    (folder / "m_layout.hea").write_text("m_layout 1 10 0\n~ 0 1(0)/mV 16 0 0 0 0 II\n")
    (folder / "m.hea").write_text(record)
    return folder / "m.hea"


@pytest.mark.parametrize("date", ["", " 10:00:00 01/02/2020"])
def test_segments_are_one_record_with_a_gap_as_wfdb_joins_them(tmp_path, date):
    path = segments(tmp_path, f"m/4 1 10 90{date}\nm_layout 0\na 20\n~ 50\nb 20\n")
    wfdb.wrann("m", "atr", np.array([5, 75]), ["N", "V"], write_dir=str(tmp_path))
    (record,) = read(path)
    assert (record.fs, record.duration) == (10, 9) and (record.start is None) == (not date)
    reference = wfdb.rdrecord(str(path.with_suffix("")), m2s=True)
    np.testing.assert_array_equal(record.signal, reference.p_signal)
    assert np.isnan(record.signal[20:70]).all() and (record.signal[70:] == ord("b")).all()
    assert record.annotations[["onset", "label"]].values.tolist() == [[0.5, "N"], [7.5, "V"]]


def test_segments_of_other_channels_stay_on_one_clock(tmp_path):
    one, other = read(segments(tmp_path, "m/2 1 10 40\na 20\nb 20\n", b="V5"))
    assert (one.channels, other.channels) == (("II",), ("V5",)) and len(one) == len(other) == 40
    assert np.isnan(one.signal[20:]).all() and np.isnan(other.signal[:20]).all() and (other.signal[20:] == ord("b")).all()


def test_segments_far_apart_are_not_filled(tmp_path):
    (record,) = read(segments(tmp_path, "m/3 1 10 1000040\na 20\n~ 1000000\nb 20\n"))
    assert len(record) == 40 and record.fs is None
    np.testing.assert_allclose(record.seconds[[0, 19, 20, 39]], [0, 1.9, 100002, 100003.9])


HOSTILE = ["../secret.dat", "/etc/passwd", "a/b.dat", "..\\secret.dat", "s3://bucket/x.dat", ".."]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_cannot_name_files_elsewhere(tmp_path, name):
    (tmp_path / "secret.dat").write_bytes(bytes(8))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "x.hea").write_text(f"x 1 10 4\n{name} 16 200 16 0 0 0 0 II\n")
    with pytest.raises(UserError, match=r"x\.hea"):
        read(folder / "x.hea")
    (folder / "m.hea").write_text(f"m/1 1 10 4\n{name} 4\n")
    with pytest.raises(UserError):
        read(folder / "m.hea")


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "secret.dat").write_bytes(bytes(8))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "x.dat").symlink_to(tmp_path / "secret.dat")
    (folder / "x.hea").write_text("x 1 10 4\nx.dat 16 200 16 0 0 0 0 II\n")
    with pytest.raises(UserError, match="link out of the folder"):
        read(folder / "x.hea")


def test_what_lies_behind_the_promised_length_is_told(shared, tmp_path, caplog):
    for name in ("100.hea", "100.dat"):
        (tmp_path / name).write_bytes((shared / "device_formats/wfdb" / name).read_bytes())
    (whole,) = read(tmp_path / "100.hea")
    assert not caplog.messages
    signal = (tmp_path / "100.dat").read_bytes()
    (tmp_path / "100.dat").write_bytes(signal + signal[: 3 * 360 * 10])  # two signals in three bytes, 360 Hz
    (longer,) = read(tmp_path / "100.hea")
    np.testing.assert_array_equal(longer.signal, whole.signal)
    assert caplog.messages == [f"{tmp_path}/100.dat: holds 10 s more than '100.hea' promises, which are left out"]
