"""What was planted in the records is in the files, as independent readers and methods see it."""

import numpy as np
import pandas as pd
import pytest
import wfdb
from scipy import signal

from mmomics.simulation import band, cgm, ecg, eeg

ZONE = "Europe/Berlin"


def of(cohort, device):
    """Rows of the truth for those who have a record, with `drawn` in local time."""
    rows = cohort.subjects[cohort.subjects[f"has_{device}"] == 1]
    return rows.assign(drawn=pd.to_datetime(cohort.clinical["drawn"]).reindex(rows.index), shift=cohort.clinical["clock_shift_s"])


def peaks(voltage, fs):
    """Times of R waves (s)."""
    return signal.find_peaks(voltage, height=0.55, distance=int(0.3 * fs))[0] / fs


@pytest.fixture(scope="module")
def electrocardiograms(small):
    return {name: wfdb.rdrecord(str(small.folder / "ecg" / name)) for name in of(small, "ecg").index}


def test_heart_rate_of_every_ecg_is_the_planted_one(small, electrocardiograms):
    rows = of(small, "ecg")
    whole = rows.index[rows["ecg_detached"] == 0]
    intervals = {name: np.diff(peaks(electrocardiograms[name].p_signal[:, 0], ecg.FS)) for name in whole}
    rate = pd.Series({name: 60 / each.mean() for name, each in intervals.items()})
    assert (rate - rows.loc[whole, "ecg_heart_rate"]).abs().max() < 2
    sdnn = pd.Series({name: 1000 * each.std() for name, each in intervals.items()})
    np.testing.assert_allclose(sdnn, rows.loc[whole, "ecg_sdnn"], rtol=0.25, atol=5)
    assert rate.corr(rows["source_inflammation"]) > 0.8
    assert np.log(sdnn).corr(rows["source_ecg"]) < -0.6


def test_a_published_detector_finds_the_same_beats(small, electrocardiograms):
    from wfdb import processing

    rows = of(small, "ecg")
    for name in rows.index[rows["ecg_detached"] == 0][:3]:
        voltage = electrocardiograms[name].p_signal[:, 0]
        found = processing.xqrs_detect(voltage, ecg.FS, verbose=False)
        assert abs(60 / np.diff(found / ecg.FS).mean() - rows.loc[name, "ecg_heart_rate"]) < 2


def test_headers_of_ecgs_say_what_when_and_in_which_unit(small, electrocardiograms):
    rows = of(small, "ecg")
    for name, record in electrocardiograms.items():
        assert (record.fs, record.sig_name, record.units, record.sig_len) == (ecg.FS, ["II"], ["mV"], ecg.FS * ecg.SECONDS)
        assert record.base_datetime == rows.loc[name, "drawn"] + pd.Timedelta(minutes=int(rows.loc[name, "ecg_minutes_after"]))


def test_where_the_electrode_came_off_there_is_nothing(small, electrocardiograms):
    rows = of(small, "ecg")
    covered = pd.Series({name: np.isfinite(record.p_signal).mean() for name, record in electrocardiograms.items()})
    np.testing.assert_allclose(covered, np.where(rows["ecg_detached"], 0.25, 1.0))
    assert 0 < rows["ecg_detached"].sum() < len(rows) / 4
    assert 0 < (rows["ecg_minutes_after"] < 0).sum() < len(rows) / 4


def test_intervals_have_the_planted_mean_and_spread_exactly():
    times = ecg.beats(80.0, 40.0, np.random.default_rng(0))
    assert times[0] < 0 and times[-1] > ecg.SECONDS
    assert np.diff(times).mean() == pytest.approx(0.75, abs=0.005)
    assert np.diff(times).std() == pytest.approx(0.04, rel=0.05)


def glucose(cohort, name):
    """Readings in mg/dL by local time."""
    table = pd.read_csv(cohort.folder / "cgm" / f"{name}.csv", sep=None, engine="python")
    values = table.iloc[:, -1] * (18.016 if "mmol/L" in table.columns[-1] else 1)
    return pd.Series(values.to_numpy(), pd.to_datetime(table.iloc[:, -2]))


def test_glucose_of_the_two_days_before_the_specimen_is_the_planted_one(small):
    rows = of(small, "cgm")
    rows = rows[rows["cgm_short"] == 0]
    before = {
        name: glucose(small, name).loc[lambda s, t=rows.loc[name, "drawn"]: (s.index >= t - pd.Timedelta("2D")) & (s.index < t)]
        for name in rows.index
    }
    mean, cv = (
        pd.Series({name: make(each) for name, each in before.items()}) for make in (np.mean, lambda each: 100 * each.std() / each.mean())
    )
    np.testing.assert_allclose(mean, rows["cgm_mean_glucose"], rtol=0.03)
    np.testing.assert_allclose(cv, rows["cgm_cv"], atol=2)
    assert mean.corr(rows["source_cgm"]) > 0.6
    assert cv.corr(rows["source_metabolism"]) > 0.5
    assert all(each.between(40, 400).all() for each in before.values())


def test_glucose_files_come_in_three_layouts_with_gaps_and_one_with_irregular_steps(small):
    rows = of(small, "cgm")
    assert set(rows["cgm_layout"]) == set(range(len(cgm.HEADERS)))
    for name, row in rows.iterrows():
        first = (small.folder / "cgm" / f"{name}.csv").read_text().splitlines()[0]
        assert first == cgm.HEADERS[int(row["cgm_layout"])]
        steps = np.diff(glucose(small, name).index) / np.timedelta64(1, "s")
        assert (steps > 0).all() and (steps.max() >= 2400 or row["cgm_short"])
        assert (np.unique(steps).size > 10) == (row["cgm_layout"] == 1)


def test_sensors_that_were_set_late_cover_ten_hours_before_the_specimen(small):
    rows = of(small, "cgm")
    hours = pd.Series({name: (rows.loc[name, "drawn"] - glucose(small, name).index[0]) / pd.Timedelta("1h") for name in rows.index})
    short = rows["cgm_short"] == 1
    assert 0 < short.sum() < len(rows) / 3
    assert (hours[short] < 10.1).all() and (hours[~short] > 44).all()


def wrist(cohort, name):
    """Heart rate and steps by local time of the device."""
    table = pd.read_csv(cohort.folder / "band" / f"{name}.csv")
    stamps = pd.to_datetime(table.iloc[:, 0])
    if stamps.dt.tz is not None:
        stamps = stamps.dt.tz_convert(ZONE).dt.tz_localize(None)
    return pd.DataFrame(table.iloc[:, -2:].to_numpy(), index=stamps, columns=["rate", "steps"])


@pytest.fixture(scope="module")
def wristbands(small):
    return {name: wrist(small, name) for name in of(small, "band").index}


def test_the_puncture_lies_where_the_clock_shift_says(small, wristbands):
    rows = of(small, "band")
    rows = rows[rows["band_short"] == 0]
    assert (rows["shift"] != 0).sum() > 3 and (rows["shift"] == 0).sum() > 20
    for name, row in rows.iterrows():
        there = row["drawn"] + pd.Timedelta(seconds=float(row["shift"]))
        assert wristbands[name]["rate"].loc[there - pd.Timedelta("10min") : there + pd.Timedelta("10min")].isna().all(), name
    assert rows["shift"].abs().max() < 7200


def test_uncorrected_clocks_would_put_the_heart_rate_into_the_puncture(small, wristbands):
    rows = of(small, "band").query("band_short == 0 and shift != 0 and abs(shift) > 1800")
    found = [
        wristbands[name]["rate"].loc[t - pd.Timedelta("10min") : t + pd.Timedelta("10min")].notna().any()
        for name, t in rows["drawn"].items()
    ]
    assert np.mean(found) > 0.8


def test_rhythm_and_resting_rate_are_the_planted_ones(small, wristbands):
    rows = of(small, "band")
    rows = rows[rows["band_short"] == 0]
    amplitude, resting = {}, {}
    for name in rows.index:
        table = wristbands[name].dropna()
        clock = table.index - pd.to_timedelta(rows.loc[name, "shift"], unit="s")
        hours = np.asarray(clock.hour + clock.minute / 60)
        wave = np.column_stack([np.ones(len(hours)), np.cos(2 * np.pi * hours / 24), np.sin(2 * np.pi * hours / 24)])
        level, cosine, sine = np.linalg.lstsq(wave, table["steps"].to_numpy(dtype=float), rcond=None)[0]
        amplitude[name] = np.hypot(cosine, sine) / level
        resting[name] = table["rate"].quantile(0.02)
    assert pd.Series(amplitude).corr(rows["band_amplitude"]) > 0.75
    assert pd.Series(resting).corr(rows["band_resting_rate"]) > 0.95
    assert rows["band_resting_rate"].corr(rows["source_inflammation"]) > 0.8


def test_wristband_files_come_in_three_headers(small, wristbands):
    rows = of(small, "band")
    assert set(rows["band_layout"]) == set(range(len(band.HEADERS)))
    for name, row in rows.iterrows():
        lines = (small.folder / "band" / f"{name}.csv").read_text().splitlines()
        assert lines[0] == band.HEADERS[int(row["band_layout"])]
        assert ("+02:00" in lines[1]) == (row["band_layout"] == 2)
        table = wristbands[name]
        assert (np.diff(table.index) > np.timedelta64(0)).all()
        assert (len(table) < band.BEFORE + band.AFTER) == (row["band_layout"] == 1)
    worn = pd.Series({name: table["rate"].notna().sum() / (band.BEFORE + band.AFTER) for name, table in wristbands.items()})
    short = rows["band_short"] == 1
    assert (worn[short] < 0.25).all() and (worn[~short] > 0.9).all() and short.any()


def test_alpha_rhythm_is_the_planted_one(small):
    import edfio

    rows = of(small, "eeg")
    share = np.log(13 / 7) / np.log(eeg.FS / 2 / 0.5)  # of the 1/f background from 0.5 Hz on that lies in 7..13 Hz
    expected = np.sqrt(rows["eeg_alpha"] ** 2 + share * eeg.BACKGROUND**2)
    found = {}
    for name in rows.index:
        file = edfio.read_edf(small.folder / "eeg" / f"{name}.edf")
        assert [each.label for each in file.signals] == list(eeg.CHANNELS)
        assert {each.sampling_frequency for each in file.signals} == {eeg.FS}
        frequencies, power = signal.welch(np.array([each.data for each in file.signals]), eeg.FS, nperseg=400)
        inside = (frequencies >= 7) & (frequencies <= 13)
        found[name] = np.sqrt(np.trapezoid(power[:, inside], frequencies[inside]).mean())
        start = pd.Timestamp.combine(file.startdate, file.starttime)
        assert start == rows.loc[name, "drawn"] + pd.Timedelta(minutes=90)
    np.testing.assert_allclose(pd.Series(found), expected, rtol=0.1)
    assert pd.Series(found).corr(rows["source_eeg"]) > 0.85
