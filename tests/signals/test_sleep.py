"""Sleep: a real hypnogram counted by other means, the ways stages are written, and bedtime."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort.device import ingest
from mmomics.cohort.stretch import cut, join
from mmomics.config.modality import Device
from mmomics.config.samples import Samples
from mmomics.devices.record import Record
from mmomics.signals import _channels, sleep

PARAMS = sleep.Params()


def record(table, n_times=0):
    table = pd.DataFrame(table, columns=["onset", "duration", "label"]).astype({"onset": float, "duration": float})
    return Record(np.zeros((n_times, 0), dtype=np.float32), (), (), 1 / 30, annotations=table)


def night(stages, label="Sleep stage {}"):
    """One stage per epoch of 30 s."""
    return record([(30 * i, 30, label.format(stage)) for i, stage in enumerate(stages)], len(stages))


@pytest.fixture(scope="module")
def hypnogram(shared):
    import edfio

    read = edfio.read_edf(shared / "device_formats" / "edf" / "SC4001EC-Hypnogram.edf")
    return record([(note.onset, note.duration, note.text) for note in read.annotations])


def test_a_real_night_is_counted_as_epoch_by_epoch(hypnogram):
    notes = hypnogram.annotations
    epochs = notes.loc[notes.index.repeat((notes["duration"] / 30).astype(int)), "label"].str[-1].reset_index(drop=True)
    asleep = epochs[epochs.isin(list("1234R"))]
    told = sleep.features(hypnogram, PARAMS)
    assert told["total_sleep"] == len(asleep) / 2
    shares = asleep.replace({"4": "3"}).value_counts(normalize=True)
    for label, name in zip("123R", ("n1", "n2", "n3", "rem"), strict=True):
        assert told[f"{name}_share"] == pytest.approx(shares[label])
    period = epochs.loc[asleep.index[0] : asleep.index[-1]]
    assert told["sleep_period"] == len(period) / 2
    assert told["waso"] == (period == "W").sum() / 2
    assert told["awakenings"] == ((period == "W") & (period.shift() != "W")).sum()
    assert told["maintenance"] == pytest.approx(len(asleep) / len(period))
    assert told["rem_latency"] == (epochs.index[epochs == "R"][0] - asleep.index[0]) / 2
    assert told["scored"] == 1


def test_bedtime_is_not_made_up_where_a_day_is_scored(hypnogram):
    told = sleep.features(hypnogram, PARAMS)
    assert np.isnan([told["efficiency"], told["latency"]]).all()


def test_lights_off_and_on_are_bedtime(hypnogram):
    first = 30630.0
    lights = pd.DataFrame({"onset": [first - 900, 60000.0], "duration": 0.0, "label": ["Lights off", "Lights On@@EEG"]})
    notes = pd.concat([hypnogram.annotations, lights], ignore_index=True)
    told = sleep.features(record(notes), PARAMS)
    assert told["latency"] == 15
    assert told["efficiency"] == pytest.approx(told["total_sleep"] * 60 / (60000 - first + 900))
    assert told["total_sleep"] == sleep.features(hypnogram, PARAMS)["total_sleep"]


def test_a_scoring_of_the_night_is_the_time_in_bed():
    told = sleep.features(night(["W"] * 20 + ["N2"] * 60 + ["W"] * 10 + ["R"] * 10), PARAMS)
    assert told["latency"] == 10
    assert told["efficiency"] == pytest.approx(0.7)
    assert (told["waso"], told["awakenings"], told["rem_latency"]) == (5, 1, 35)


def test_a_stage_that_names_no_duration_lasts_into_a_window_that_begins_within_it():
    start = pd.Timestamp("2024-01-01 22:00")
    stages = [(0, "W"), (1800, "Lights off"), (3600, "N2"), (7200, "arousal"), (18000, "R"), (21600, "W"), (25200, "Sleep stage ?")]
    notes = replace(record([(onset, np.nan, label) for onset, label in stages]), start=start)
    device = Device(signal="sleep", files="x", align={"window": "after", "length": "3 h"})
    (timed,) = _channels.choose([notes], device, "here")
    told = sleep.features(cut([timed], device.align, start + pd.Timedelta("2h"), "here").record, PARAMS)
    assert (told["total_sleep"], told["n2_share"]) == (180, 1)  # midnight to three is all within N2
    whole = sleep.features(timed, PARAMS)
    before = sleep.features(notes, PARAMS)
    assert {name: whole[name] for name in whole} == pytest.approx(before, nan_ok=True)
    assert (whole["total_sleep"], whole["rem_share"], whole["latency"]) == (300, 0.2, 30)


@pytest.mark.parametrize(("start", "hours"), [("2024-01-01 22:00", 3.0), ("2024-01-01 18:30", -0.5), ("2024-03-30 22:00+01:00", 4.0)])
def test_midpoint_is_told_on_the_wall_clock(start, hours):
    stamp = pd.Timestamp(start)
    stamp = stamp if stamp.tzinfo is None else stamp.tz_convert("Europe/Berlin")  # the clocks go forward at two
    stages = record([(0, 3600, "W"), (3600, 8 * 3600, "N2"), (9 * 3600, 600, "W")])
    assert sleep.features(replace(stages, start=stamp), PARAMS)["midpoint"] == pytest.approx(hours)
    assert np.isnan(sleep.features(stages, PARAMS)["midpoint"])


@pytest.mark.parametrize(
    ("labels", "stage"),
    [
        (["Sleep stage W", "W", "Wake", "Sleep stage 0", "Stage W", "SLEEP-S0", "Wake|0"], "W"),
        (["Sleep stage 1", "Sleep stage N1", "N1", "S1", "NREM 1", "SLEEP-S1", "Stage 1 sleep|1"], "N1"),
        (["Sleep stage 2", "n2", "Stage N2", "Stage 2 sleep|2"], "N2"),
        (["Sleep stage 3", "Sleep stage 4", "N3", "N4", "S4", "Stage 4 sleep|4"], "N3"),
        (["Sleep stage R", "REM", "R", "SLEEP-REM", "REM sleep|5", "Sleep stage REM"], "REM"),
        (["Sleep stage ?", "Movement time", "Arousal", "", "Lights off", "nan", "Hypopnea|Hypopnea"], None),
    ],
)
def test_stages_are_read_however_they_are_written(labels, stage):
    assert {label: sleep.stage(label) for label in labels} == dict.fromkeys(labels, stage)


def test_old_and_new_rules_say_the_same():
    stages = list("0122334421R0R2210")
    new = {"0": "W", "4": "N3", "R": "REM"}
    told = sleep.features(night([new.get(each, f"N{each}") for each in stages], "{}"), PARAMS)
    assert told == sleep.features(night(stages), PARAMS)


def test_stages_without_durations_last_to_the_next():
    table = night(["W", "1", "2", "2", "R", "W"]).annotations
    told = sleep.features(record(table.assign(duration=np.nan)), PARAMS)
    assert told == pytest.approx(sleep.features(record(table), PARAMS), nan_ok=True)


def test_what_is_not_scored_is_neither_sleep_nor_wake():
    told = sleep.features(night(["2"] * 10 + ["?"] * 10 + ["2"] * 10), PARAMS)
    assert (told["total_sleep"], told["waso"]) == (10, 0)
    assert told["scored"] == pytest.approx(2 / 3)


def test_coverage_is_what_has_a_stage():
    assert sleep.recorded(night(["W", "2", "?", "2"]), PARAMS) == 90
    assert sleep.recorded(record([]), PARAMS) == 0


def two_nights(hours_apart=24, lights=False):
    """One night and another one that is half awake, of 8 hours each, the second so many hours later."""
    stages = [["W"] * 20 + ["2"] * 900 + ["R"] * 40, ["W"] * 20 + ["2", "W"] * 450 + ["R"] * 40]
    tables = [night(each).annotations.assign(onset=lambda t, k=k: t["onset"] + k * hours_apart * 3600) for k, each in enumerate(stages)]
    if lights:
        tables += [record([(k * hours_apart * 3600 + 60, 0, "Lights off")]).annotations for k in (0, 1)]
    return [night(each) for each in stages], replace(record([]), annotations=pd.concat(tables, ignore_index=True))


@pytest.mark.parametrize("lights", [False, True])
def test_a_scoring_of_several_nights_tells_their_means(lights):
    alone, both = two_nights(lights=lights)
    if lights:
        off = record([(60, 0, "Lights off")]).annotations
        alone = [replace(each, annotations=pd.concat([each.annotations, off], ignore_index=True)) for each in alone]
    apart = [sleep.features(each, PARAMS) for each in alone]
    told = sleep.features(both, PARAMS)
    assert told["sleep_period"] == pytest.approx(470, abs=1) and told["latency"] == pytest.approx(9 if lights else 10)
    assert told == pytest.approx({name: np.mean([each[name] for each in apart]) for name in told}, nan_ok=True)


def test_the_time_between_nights_is_not_missing_from_them():
    alone, both = two_nights()
    assert sleep.between(both) == 24 * 3600 - 8 * 3600 and sleep.between(alone[0]) == 0


def test_every_file_of_a_subject_is_a_record_and_each_of_its_rates_is_not():
    stages = [replace(night(["2", "R"] * 10), source=name) for name in ("n1.edf", "n1.edf", "n2.edf")]
    signals = replace(record([], n_times=5), source="n1_signals.edf")
    found = _channels.choose([signals, *stages], Device(signal="sleep", files="x"), "modalities.sleep")
    assert [each.source for each in found] == ["n1.edf", "n2.edf"]


@pytest.fixture
def cohort(shared, tmp_path):
    """Features and status of the real hypnogram before a moment; None: of the whole of it."""

    def told(minutes_after_start=None, length="1h"):
        (tmp_path / "s1.edf").write_bytes((shared / "device_formats" / "edf" / "SC4001EC-Hypnogram.edf").read_bytes())
        time = pd.Timestamp("1989-04-24 16:13") + pd.Timedelta(minutes=minutes_after_start or 0)
        frame = pd.DataFrame({"taken": [str(time)]}, index=pd.Index(["s1"], name="id"))
        align = {"window": "before", "length": length} if minutes_after_start else {"window": "whole"}
        made = ingest("sleep", Device(signal="sleep", files="{subject}.edf", align=align), tmp_path,
                      Samples(files="s.csv", index="id", time="taken"), frame)  # fmt: skip
        return made.to_df().iloc[0], made.obs.iloc[0]

    return told


def by_second(hypnogram):
    """The stage of every second, counted by repetition: W, 1 to 4, R, or `?`."""
    notes = hypnogram.annotations
    return notes["label"].str[-1].repeat(notes["duration"].astype(int)).reset_index(drop=True)


@pytest.mark.parametrize(("at", "minutes"), [(600, 5), (600, 60), (777, 30), (540, 120), (1420, 900)])
def test_a_window_holds_nothing_of_what_lies_outside(cohort, hypnogram, at, minutes):
    stages = by_second(hypnogram)[60 * (at - minutes) : 60 * at]
    known = stages.isin(list("W1234R"))
    features, status = cohort(at, f"{minutes} min")
    assert status["coverage"] == pytest.approx(known.mean(), abs=1e-4) and status["minutes"] == pytest.approx(known.sum() / 60, abs=0.01)
    asleep = stages.isin(list("1234R"))
    assert 0 < asleep.sum() / 60 <= minutes
    assert features["total_sleep"] == pytest.approx(asleep.sum() / 60)
    shares = stages[asleep].replace({"4": "3"}).value_counts(normalize=True)
    for label, name in zip("123R", ("n1", "n2", "n3", "rem"), strict=True):
        assert features[f"{name}_share"] == pytest.approx(shares.get(label, 0), abs=1e-6)


def test_the_whole_of_a_hypnogram_is_covered_where_it_has_stages(cohort, hypnogram):
    stages = by_second(hypnogram)
    features, status = cohort()
    known = stages != "?"
    assert status["coverage"] == pytest.approx(known.mean(), abs=1e-4) and 0.5 < status["coverage"] < 1
    assert status["minutes"] == pytest.approx(known.sum() / 60)
    assert pd.Timestamp(status["stop"]) - pd.Timestamp(status["start"]) == pd.Timedelta(seconds=len(stages))
    assert features["total_sleep"] == sleep.features(hypnogram, PARAMS)["total_sleep"]


def test_scorings_of_two_nights_join_though_the_first_is_padded_into_the_second(hypnogram):
    first = replace(hypnogram, fs=None, times=np.empty(0), start=pd.Timestamp("1989-04-24 16:13"))
    second = replace(first, start=first.start + pd.Timedelta("23h"))
    both = sleep.features(join([second, first], "m"), PARAMS)
    assert both["total_sleep"] == sleep.features(hypnogram, PARAMS)["total_sleep"]  # the mean of the two
    assert sleep.recorded(join([second, first], "m"), PARAMS) == pytest.approx(2 * sleep.recorded(hypnogram, PARAMS), rel=0.2)


def test_annotations_are_cut_to_a_window_and_moments_stay_within_it():
    notes = [(0, 60, "W"), (60, 60, "2"), (90, 0, "Lights on"), (100, np.nan, "R"), (120, 60, "3"), (180, 0, "Lights off")]
    cut = record(notes).between(60, 150)
    np.testing.assert_array_equal(cut.annotations["onset"], [0, 30, 40, 60])
    np.testing.assert_array_equal(cut.annotations["duration"], [60, 0, np.nan, 30])
    assert cut.annotations["label"].tolist() == ["2", "Lights on", "R", "3"] and cut.duration == 90
    inner = record(notes).between(70, 80).annotations
    assert inner.to_numpy().tolist() == [[0, 10, "2"]]
    assert record(notes).between(-50, 30).annotations.to_numpy().tolist() == [[50, 30, "W"]]
    assert record(notes).between(200, 300).duration == 0


def test_order_and_other_annotations_do_not_matter():
    of = night(list("W1223R2W2"))
    noise = pd.DataFrame({"onset": [10.0, 95.0], "duration": [5.0, 200.0], "label": ["Arousal", "Obstructive apnea"]})
    mixed = pd.concat([noise, of.annotations.sample(frac=1, random_state=0)], ignore_index=True)
    assert sleep.features(record(mixed), PARAMS) == sleep.features(of, PARAMS)


def test_a_hypnogram_as_its_reader_gives_it_is_told(hypnogram, shared):
    from mmomics.devices import edf

    device = Device(signal="sleep", files="{subject}-Hypnogram.edf")
    read = list(edf.read(shared / "device_formats" / "edf" / "SC4001EC-Hypnogram.edf", device))
    (chosen,) = _channels.choose(read, device, "modalities.sleep")
    assert chosen.start is not None
    expected = sleep.features(replace(hypnogram, start=chosen.start), PARAMS)
    assert sleep.features(chosen, PARAMS) == pytest.approx(expected, nan_ok=True)
