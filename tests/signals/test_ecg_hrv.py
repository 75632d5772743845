"""Heart rate variability: closed forms, planted rhythms, and other implementations."""

import numpy as np
import pytest

from mmomics.signals import _hrv


def beats(n=2000, mean=0.8, sd=0.02, seed=0):
    """Times (s) of beats whose intervals are normal and independent."""
    return np.cumsum(np.random.default_rng(seed).normal(mean, sd, n))


def rhythm(frequency, amplitude, mean, seconds=1200):
    """Beats whose interval goes up and down by `amplitude` (s) at a frequency (Hz)."""
    times = [0.0]
    while times[-1] < seconds:
        times.append(times[-1] + mean + amplitude * np.sin(2 * np.pi * frequency * times[-1]))
    return np.array(times)


def test_time_domain_is_that_of_neurokit_where_all_beats_are_normal():
    import neurokit2 as nk

    times = beats()
    told, found = _hrv.features([times]), _hrv.intervals([times])
    assert np.isfinite(found.lengths).mean() > 0.99
    times = np.round(times[:200] * 1000)
    theirs = nk.hrv_time({"RRI": np.diff(times), "RRI_Time": times[1:] / 1000}).iloc[0]
    ours = _hrv.features([times / 1000])
    assert ours["abnormal_beats"] == 0
    for name, other in (("mean_nn", "MeanNN"), ("sdnn", "SDNN"), ("rmssd", "RMSSD")):
        assert ours[name] == pytest.approx(theirs[f"HRV_{other}"], rel=1e-6)
    assert ours["pnn50"] == pytest.approx(theirs["HRV_pNN50"] / 100, rel=0.01)
    assert told["rate_mean"] == pytest.approx(75, rel=0.01)


def test_poincare_of_independent_intervals_is_a_circle_of_their_spread():
    told = _hrv.features([beats(20000)])
    assert told["sd1"] == pytest.approx(20, rel=0.03)
    assert told["sd2"] == pytest.approx(20, rel=0.03)
    assert told["rmssd"] == pytest.approx(np.sqrt(2) * 20, rel=0.03)


@pytest.mark.parametrize(("frequency", "band", "other"), [(0.1, "lf", "hf"), (0.25, "hf", "lf")])
@pytest.mark.parametrize("amplitude", [0.01, 0.03])
def test_a_rhythm_has_half_its_squared_amplitude_in_its_band(frequency, band, other, amplitude):
    told = _hrv.features([rhythm(frequency, amplitude, 0.6)])
    assert told[band] == pytest.approx((1000 * amplitude) ** 2 / 2, rel=0.12)
    assert told[other] < 0.05 * told[band]
    assert told["lf_hf"] == pytest.approx(told["lf"] / told["hf"])
    assert told["lf"] + told["hf"] <= told["total_power"]


def test_alpha1_tells_white_from_brown_and_agrees_with_neurokit():
    import neurokit2 as nk

    white = np.random.default_rng(1).normal(800, 20, 400)
    brown = 800 + np.cumsum(np.random.default_rng(2).normal(0, 2, 400))
    assert _hrv.dfa_alpha1(white) == pytest.approx(0.5, abs=0.15)
    assert _hrv.dfa_alpha1(brown) == pytest.approx(1.5, abs=0.15)
    for lengths in (white, brown):
        theirs = nk.fractal_dfa(lengths, scale=np.arange(4, 17), overlap=False)[0]
        assert _hrv.dfa_alpha1(lengths) == pytest.approx(theirs, abs=1e-6)


def test_sample_entropy_is_its_definition():
    lengths = np.random.default_rng(3).normal(800, 20, 150)
    r = 0.2 * lengths.std(ddof=1)

    def pairs(m):
        rows = np.stack([lengths[i : len(lengths) - 2 + i] for i in range(m)], axis=1)
        near = np.abs(rows[:, None] - rows[None]).max(axis=2) <= r
        return (near.sum() - len(rows)) / 2

    assert _hrv.sample_entropy(lengths) == pytest.approx(-np.log(pairs(3) / pairs(2)), rel=1e-6)


def test_an_ectopic_beat_is_taken_out_and_not_made_up():
    times = beats(300)
    early = times.copy()
    early[150] -= 0.3
    told, plain = _hrv.features([early]), _hrv.features([times])
    assert told["abnormal_beats"] == pytest.approx(1 / 300)
    assert np.isnan(_hrv.intervals([early]).lengths[149:151]).all()
    assert told["sdnn"] == pytest.approx(plain["sdnn"], rel=0.03)
    assert told["rmssd"] == pytest.approx(plain["rmssd"], rel=0.03)


def test_abnormal_beats_of_record_100_are_those_that_cardiologists_marked(shared):
    import wfdb

    notes = wfdb.rdann(str(shared / "device_formats" / "wfdb" / "100"), "atr")
    kinds = np.array(notes.symbol)
    beat = np.isin(kinds, ["N", "A", "V"])
    marked = np.flatnonzero(kinds[beat] != "N")
    found = _hrv.abnormal_beats(notes.sample[beat] / notes.fs)
    assert len(marked) == 34
    assert np.isin(marked, found).mean() > 0.95
    assert np.isin(found, marked).mean() > 0.9


def test_bands_of_real_intervals_are_those_of_neurokit(shared):
    import neurokit2 as nk
    import wfdb

    notes = wfdb.rdann(str(shared / "device_formats" / "wfdb" / "100"), "atr")
    times = notes.sample[np.isin(notes.symbol, ["N", "A", "V"])] / notes.fs
    theirs = [
        nk.hrv_frequency({"RRI": lengths, "RRI_Time": ends}, normalize=False, interpolation_rate=4).iloc[0]
        for ends, lengths in _hrv.segments(_hrv.intervals([times]))
    ]
    told = _hrv.features([times])
    assert len(theirs) >= 5
    # neurokit's windows are shorter, which leaks more of the slow trends into the lower band
    assert told["hf"] == pytest.approx(np.mean([each["HRV_HF"] for each in theirs]), rel=0.05)
    assert told["lf"] == pytest.approx(np.mean([each["HRV_LF"] for each in theirs]), rel=0.25)


def test_a_missed_beat_makes_no_long_interval():
    times = np.delete(beats(300), 100)
    assert np.nanmax(_hrv.intervals([times]).lengths) < 1000


def test_gaps_between_stretches_are_no_intervals():
    first, second = beats(600, seed=1), 7200 + beats(600, seed=2)
    told = _hrv.features([first, second])
    both = np.concatenate([np.diff(first), np.diff(second)])
    assert told["mean_nn"] == pytest.approx(1000 * both.mean(), rel=1e-3)
    assert told["rmssd"] == pytest.approx(20 * np.sqrt(2), rel=0.1)
    assert all(each[0, -1] - each[0, 0] <= _hrv.SEGMENT for each in _hrv.segments(_hrv.intervals([first, second])))


def test_what_needs_minutes_is_missing_of_a_short_record():
    told = _hrv.features([beats(60)])
    assert np.isnan([told[name] for name in ("lf", "hf", "lf_hf", "total_power", "sample_entropy", "dfa_alpha1")]).all()
    assert np.isfinite([told[name] for name in ("mean_nn", "rmssd", "sd2", "rate_max")]).all()


@pytest.mark.parametrize("odd", [[], [np.empty(0)], [np.array([1.0])], [np.array([1.0, 2.0])], [np.arange(500.0)], [np.arange(500) * 1e-3]])
def test_odd_beats_are_told_or_missing(odd):
    told = _hrv.features(odd)
    assert set(told) == {feature.name for feature in _hrv.FEATURES}
    assert not np.isinf(list(told.values())).any()
