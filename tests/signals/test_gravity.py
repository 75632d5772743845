"""Gravity: planted gains and offsets of a sensor are recovered, and a record in another unit is told from one that is off."""

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort import samples
from mmomics.cohort.align import align
from mmomics.cohort.device import ingest
from mmomics.cohort.ingest import ingest as ingest_table
from mmomics.cohort.named import check_modality
from mmomics.cohort.normalize import normalize
from mmomics.cohort.quality import flags, measured
from mmomics.cohort.records import table
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Device
from mmomics.config.protocol import Split
from mmomics.devices.record import Record
from mmomics.errors import UserError
from mmomics.signals import _channels, _gravity, accelerometer

OFFSET, GAIN = np.array([0.05, -0.04, 0.08]), np.array([1.04, 0.96, 1.03])  # what a sensor makes of the force
FS = 5.0
DEVICE = Device(signal="accelerometer", files="x")
AXES = ("x", "y", "z")


def worn(hours=6.0, seed=0, sides=True, offset=OFFSET, gain=GAIN):
    """Force (g) on an arm that rests for a minute in every posture and moves between them, as a sensor with these errors writes it."""
    rng = np.random.default_rng(seed)
    n_rests = int(hours * 40)
    toward = rng.normal(size=(n_rests, 3))
    toward = (toward if sides else np.abs(toward)) / np.linalg.norm(toward, axis=1, keepdims=True)
    rest = np.repeat(toward, int(60 * FS), axis=0).reshape(n_rests, -1, 3) + rng.normal(0, 0.004, (n_rests, int(60 * FS), 3))
    busy = rng.normal(0, 0.25, (n_rests, int(30 * FS), 3)) + toward[:, None]
    return np.concatenate([rest, busy], axis=1).reshape(-1, 3) * gain + offset


def record(xyz, units=("g",) * 3):
    return Record(np.asarray(xyz, dtype=np.float32), AXES, units, FS, start=pd.Timestamp("2024-05-06"), source="x.csv")


def chosen(xyz, written=("g",) * 3, **more):
    return _channels.choose([record(xyz, written)], DEVICE.model_copy(update=more), "m")[0]


def test_planted_gain_and_offset_are_recovered_within_a_hundredth():
    xyz = worn()
    mean, sd = _gravity._windows(record(xyz))
    offset, gain = _gravity.fit(mean[(sd < _gravity.STILL).all(axis=1)])
    np.testing.assert_allclose(gain, 1 / GAIN, rtol=0.01)
    np.testing.assert_allclose(offset, -OFFSET / GAIN, atol=0.01)
    found = chosen(xyz)
    before, left = found.gravity
    assert before > 40 and left < 3
    np.testing.assert_allclose(found.signal, worn(offset=0, gain=1), atol=0.01)
    plain = chosen(xyz, params={"calibrate": False})
    assert plain.gravity == (pytest.approx(before), pytest.approx(before))
    np.testing.assert_allclose(plain.signal, xyz, atol=1e-6)


def test_the_fit_ends_where_the_iteration_of_closest_points_does():
    """van Hees et al. 2014: each axis is regressed on the closest points of the sphere, again and again."""
    mean, sd = _gravity._windows(record(worn(2)))
    points = mean[(sd < 0.03).all(axis=1)]
    offset, gain, weight = np.zeros(3), np.ones(3), np.ones(len(points))
    for _ in range(1000):
        now = offset + gain * points
        closest = now / np.linalg.norm(now, axis=1, keepdims=True)
        for axis in range(3):
            gain[axis], offset[axis] = np.polyfit(points[:, axis], closest[:, axis], 1, w=np.sqrt(weight))
        weight = 1 / np.maximum(np.linalg.norm(offset + gain * points - closest, axis=1), 0.01)
    found = _gravity.fit(points)
    np.testing.assert_allclose(found[0], offset, atol=1e-4)
    np.testing.assert_allclose(found[1], gain, atol=1e-4)


def test_features_are_those_of_a_sensor_without_errors():
    right, wrong = (accelerometer.features(chosen(xyz), accelerometer.Params()) for xyz in (worn(offset=0, gain=1), worn()))
    raw = accelerometer.features(record(worn()), accelerometer.Params())
    for name in ("enmo", "enmo_high", "light", "moderate"):
        assert wrong[name] == pytest.approx(right[name], rel=0.03, abs=0.005)
    assert abs(raw["enmo"] - right["enmo"]) > 5 * abs(wrong["enmo"] - right["enmo"])


def test_one_side_alone_is_told_and_not_calibrated():
    xyz = worn(sides=False)
    found = chosen(xyz)
    assert found.gravity[0] == found.gravity[1] > 40
    np.testing.assert_array_equal(found.signal, xyz.astype(np.float32))
    moving = chosen(np.random.default_rng(0).normal((0, 0, 1), 0.3, (5000, 3)))
    assert np.isnan(moving.gravity).all()  # it never rests


def test_a_sensor_in_order_is_left_as_good_as_it_was():
    found = chosen(worn(offset=0, gain=1))
    assert found.gravity[1] <= found.gravity[0] < 3


def test_meters_per_square_second_are_calibrated_where_they_are_named():
    found = chosen(worn() * 9.80665, ("m/s2",) * 3)
    assert found.gravity[0] > 40 and found.gravity[1] < 3


REFUSED = {
    "m/s2 without a unit": (
        9.80665,
        ("",) * 3,
        {},
        "the usual force is 9.81 of a unit that nothing names, but gravity is 1 g, which looks",
    ),
    "m/s2 under the name of g": (9.80665, ("g",) * 3, {"units": dict.fromkeys(AXES, "g")}, "looks like m/s2; set"),
    "g under the name of m/s2": (1.0, ("m/s2",) * 3, {}, "the usual force is 1 m/s2, but gravity is 1 g, which looks like g"),
    "a unit of the maker's": (4.0, ("",) * 3, {}, "of a unit that nothing names, but gravity is 1 g; say the unit"),
    "gravity taken out": (0.05, ("",) * 3, {}, "gravity must not have been taken out"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_unit_that_cannot_be_is_one_clear_word(name):
    factor, units, more, word = REFUSED[name]
    with pytest.raises(UserError, match=word):
        chosen(worn(1, offset=0, gain=1) * factor, units, **more)


def test_a_unit_that_the_user_insists_on_is_believed_and_flagged():
    found = chosen(worn(1, sides=False, offset=0, gain=1) * 0.4, ("",) * 3, units=dict.fromkeys(AXES, "g"))
    assert found.gravity[1] == pytest.approx(600, rel=0.01)


def test_errors_of_gravity_stand_in_the_records_and_among_the_flags(tmp_path, caplog):
    (tmp_path / "acc").mkdir()
    for name, xyz in {"P1": worn(2), "P2": worn(2, sides=False), "P3": worn(2, offset=0, gain=1)}.items():
        frame = pd.DataFrame(xyz, columns=[f"{axis} (g)" for axis in AXES]).round(4)
        frame.insert(0, "time", pd.date_range("2024-05-06", periods=len(xyz), freq="200ms").strftime("%Y-%m-%d %H:%M:%S.%f"))
        frame.to_csv(tmp_path / "acc" / f"{name}.csv", index=False)
    (tmp_path / "s.csv").write_text("id,y\nP1,0\nP2,1\nP3,0\nP4,1\n")
    cohort = Cohort.model_validate({
        "title": "t", "folder": str(tmp_path), "outcome": {"task": "binary", "column": "y", "positive": "1"}, "samples": {"files": "s.csv"},
        "modalities": {
            "acc": {"signal": "accelerometer", "files": "acc/{subject}.csv"}, "rna": {"kind": "generic", "files": "s.csv"},
        },
    })  # fmt: skip
    frame = samples.read(cohort.samples, tmp_path)
    assay = ingest("acc", cohort.devices["acc"], tmp_path, cohort.samples, frame)
    told = table({"acc": assay}, samples.roster(cohort.samples, frame)).set_index("sample")
    assert told.loc["P1", "gravity_error"] > 40 > 3 > told.loc["P1", "gravity_left"]
    assert told.loc["P2", "gravity_error"] == told.loc["P2", "gravity_left"] > 40
    assert np.isnan(told.loc["P4", "gravity_left"])
    assert "acc: 1 record shows gravity off by up to" in caplog.text and "gravity_left" in caplog.text
    found = flags("acc", normalize(assay))
    assert found[["sample", "flag"]].to_numpy().tolist() == [["P2", "gravity"]]
    assert found["value"][0] == pytest.approx(told.loc["P2", "gravity_left"]) and found["threshold"][0] == 10
    assert measured(assay).set_index("metric")["value"]["gravity_records"] == 1
    with pytest.raises(UserError, match="there is no flag 'gravty'; did you mean 'gravity'"):
        check_modality("acc", cohort.devices["acc"].model_copy(update={"drop_flagged": ["gravty"]}), "modalities.acc")
    cohort.modalities["acc"] = cohort.devices["acc"].model_copy(update={"drop_flagged": ["gravity"]})
    together = align(
        cohort, Split(), {"acc": normalize(assay), "rna": normalize(ingest_table("rna", cohort.assays["rna"], tmp_path))}, frame
    )
    assert together.cohort["acc"].obs_names.tolist() == ["P1", "P3"] and together.flags["dropped"].tolist() == [True]
