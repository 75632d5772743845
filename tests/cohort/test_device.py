"""Device records become a row per specimen: which part, how much of it, and what it tells."""

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort import samples
from mmomics.cohort.align import align
from mmomics.cohort.device import ingest
from mmomics.cohort.ingest import ingest as ingest_table
from mmomics.cohort.normalize import normalize
from mmomics.cohort.quality import flags, measured
from mmomics.cohort.records import table
from mmomics.cohort.told import written
from mmomics.config.cohort import Cohort
from mmomics.config.protocol import Split
from mmomics.errors import UserError

START = pd.Timestamp("2024-03-01 00:00", tz="UTC")


def glucose(path, n_hours, level, start=START, step=5):
    clock = pd.date_range(start, periods=n_hours * 60 // step, freq=f"{step}min")
    pd.DataFrame({"time": clock.strftime("%Y-%m-%d %H:%M:%S%z"), "glucose": level}).to_csv(path, index=False)


@pytest.fixture
def make(tmp_path):
    """Two women with two visits each, the second one a day after the first; P3 has a record of an hour only."""
    (tmp_path / "cgm").mkdir()
    for place, (name, hours) in enumerate((("P1", 48), ("P2", 48), ("P3", 1))):
        n = hours * 12
        glucose(
            tmp_path / f"cgm/{name}.csv",
            hours,
            np.r_[np.full(n // 2, 100.0 + place), np.full(n - n // 2, 150.0 + place)] + np.arange(n) % 2,
        )
    (tmp_path / "s.csv").write_text(
        "visit,who,taken,y,ahead\nv1,P1,2024-03-02 00:00+00:00,a,0\nv2,P1,2024-03-03 00:00+00:00,b,0\nv3,P2,2024-03-02 00:00+00:00,a,3600\n"
        "v4,P2,2024-03-03 13:00+00:00,b,0\nv5,P3,2024-03-01 01:00+00:00,a,0\nv6,P4,,b,0\n"
    )
    (tmp_path / "x.csv").write_text("id,g1,g2\n" + "".join(f"v{i},{i},{i * i}\n" for i in range(1, 7)))

    def build(visits="keep", **device):
        settings = {
            "title": "t", "folder": str(tmp_path), "outcome": {"task": "binary", "column": "y", "positive": "b"},
            "samples": {"files": "s.csv", "subject": "who", "time": "taken", "visits": visits},
            "modalities": {
                "cgm": {"signal": "cgm", "files": "cgm/{subject}.csv", "min_coverage": 0.5, **device},
                "rna": {"kind": "generic", "files": "x.csv"},
            },
        }  # fmt: skip
        cohort = Cohort.model_validate(settings)
        return cohort, samples.read(cohort.samples, tmp_path), tmp_path

    return build


def read(made):
    cohort, frame, folder = made
    return ingest("cgm", cohort.devices["cgm"], folder, cohort.samples, frame)


DAY = {"align": {"window": "before", "length": "1 d"}}


def test_every_specimen_gets_its_own_part_of_the_record(make):
    assay = read(make(**DAY))
    mean = assay.to_df()["mean"]
    assert mean["v1"] == pytest.approx(100.5) and mean["v2"] == pytest.approx(150.5)
    assert assay.obs.loc["v1", ["start", "stop"]].tolist() == ["2024-03-01T00:00:00+00:00", "2024-03-02T00:00:00+00:00"]
    assert assay.obs.loc["v2", "minutes"] == 1440 and assay.obs.loc["v2", "coverage"] == 1


def test_too_little_coverage_and_nothing_in_the_window_are_missing_and_say_so(make):
    assay = read(make(**DAY))
    assert assay.obs["status"].to_dict() == {
        "v1": "ok", "v2": "ok", "v3": "ok", "v4": "too little coverage", "v5": "too little coverage",
    }  # fmt: skip
    assert np.isnan(assay.to_df().loc[["v4", "v5"]]).all(axis=None)
    assert assay.obs.loc["v4", "coverage"] == pytest.approx(11 / 24, abs=0.01)


def test_a_clock_that_is_ahead_is_put_right(make):
    plain, shifted = read(make(**DAY)), read(make(clock_shift="ahead", **DAY))
    assert plain.to_df().loc["v3", "mean"] == pytest.approx(101.5)
    # an hour of the window now holds the second day's level, and the record begins an hour before it
    assert pd.Timestamp(shifted.obs.loc["v3", "start"]).round("s") == START
    assert shifted.to_df().loc["v3", "mean"] == pytest.approx((23 * 101.5 + 151.5) / 24)


def test_merged_visits_have_one_row_and_the_whole_record(make):
    assay = read(make(visits="merge"))
    assert assay.obs_names.tolist() == ["P1", "P2", "P3"]
    assert assay.to_df().loc["P1", "mean"] == pytest.approx(125.5)
    assert assay.var.loc["mean", "unit"] == "mg/dL"


def test_align_lists_every_specimen_and_keeps_visits_of_a_subject_together(make):
    cohort, frame, folder = made = make(**DAY)
    from mmomics.cohort.ingest import ingest as ingest_assay

    assays = {"cgm": normalize(read(made)), "rna": normalize(ingest_assay("rna", cohort.assays["rna"], folder))}
    found = align(cohort, Split(), assays, frame)
    status = found.records.set_index("sample")["status"].to_dict()
    assert status["v1"] == "ok" and status["v6"] == "no record" and len(status) == 6
    assert sorted(found.cohort.mod["cgm"].obs_names) == ["v1", "v2", "v3"]
    assert sorted(found.cohort.mod["rna"].obs_names) == [f"v{i}" for i in range(1, 7)]
    groups = found.cohort.obs["group"].astype(str)
    assert groups["v1"] == groups["v2"] != groups["v3"]
    assert "unit" in found.cohort.mod["cgm"].var


def test_records_of_many_subjects_in_one_table(make, tmp_path):
    parts = [pd.read_csv(tmp_path / f"cgm/{name}.csv").assign(id=name) for name in ("P1", "P2")]
    pd.concat(parts).to_csv(tmp_path / "all.csv", index=False)
    one, many = read(make(**DAY)), read(make(files="all.csv", subject="id", **DAY))
    pd.testing.assert_frame_equal(many.to_df(), one.to_df().loc[many.obs_names])


def test_windows_of_the_signal_come_along(make):
    assay = read(make(windows={"seconds": 21600, "fs": 1 / 300}, **DAY))
    assert assay.obsm["signal"].shape == (5, 1, 72)
    assert np.isfinite(assay.obsm["signal"][:2]).all() and np.isnan(assay.obsm["signal"][4]).all()
    assert list(assay.uns["signal"]["channels"]) == ["glucose"]


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ({"channels": {"glucose": "Libre GL"}}, "Libre GL"),
        ({"channels": {"sugar": "glucose"}}, "sugar"),
        ({"units": {"glucose": "furlong"}}, "furlong"),
        ({"subject_pattern": "^(Q)"}, "do not match `subject_pattern`"),
        ({"subject_pattern": "^(P)"}, "overlaps in time with"),
        ({"params": {"nonsense": 1}}, "nonsense"),
        ({"files": "cgm/{subject}.edf"}, "no file in"),
    ],
)
def test_a_wrong_setting_is_one_line(make, device, says):
    with pytest.raises(UserError) as error:
        read(make(**device))
    assert says in str(error.value) and "\n" not in str(error.value)


def test_several_ids_that_mean_one_person_are_read_together(make, tmp_path):
    for name in ("P1_a", "P1_b", "P2_a"):
        glucose(
            tmp_path / f"cgm/{name}.csv", 24, np.full(288, 100.0) + np.arange(288) % 2, START + pd.Timedelta(int(name.endswith("b")), "D")
        )
    for name in ("P1", "P2", "P3"):
        (tmp_path / f"cgm/{name}.csv").unlink()
    whole = read(make(visits="merge", subject_pattern="^(P.)"))
    assert whole.obs["minutes"].to_dict() == {"P1": 2880, "P2": 1440}
    starred = read(make(visits="merge", files="cgm/{subject}_*.csv"))
    pd.testing.assert_frame_equal(starred.to_df(), whole.to_df())


def test_clocks_with_and_without_a_zone_do_not_mix(make, tmp_path):
    clock = pd.date_range("2024-03-04", periods=288, freq="5min").strftime("%Y-%m-%d %H:%M:%S")
    pd.DataFrame({"time": clock, "glucose": 100.0}).to_csv(tmp_path / "cgm/P1_b.csv", index=False)
    with pytest.raises(UserError, match="only some name a time zone"):
        read(make(visits="merge", subject_pattern="^(P.)"))


def together(made, name="cgm"):
    cohort, frame, folder = made
    assays = {name: normalize(read(made)), "rna": normalize(ingest_table("rna", cohort.assays["rna"], folder))}
    return align(cohort, Split(), assays, frame)


def test_records_of_nobody_are_told(make, tmp_path, caplog):
    glucose(tmp_path / "cgm/P9.csv", 48, 100.0 + np.arange(576) % 2)
    found = together(make(**DAY))
    assert found.unmatched.query("modality == 'cgm' and found == 'in the modality only'")["id"].tolist() == ["P9"]
    assert found.joins.set_index("modality").loc["cgm", "n_not_in_samples_table"] == 1
    assert "cgm: 1 id with records is not in the samples table and is left out" in caplog.messages


def test_ids_that_never_agree_are_said_to_differ_whatever_the_window(make, tmp_path):
    for path in list((tmp_path / "cgm").glob("*.csv")):
        path.rename(path.with_name(f"x{path.name}"))
    with pytest.raises(UserError, match=r"no subject is in the samples table \(the assay has 'xP1'"):
        together(make(**DAY))


def test_a_file_without_a_reading_is_told_and_left_out(make, tmp_path, caplog):
    (tmp_path / "cgm/P2.csv").write_text("# exported in May\ntime,glucose\n")
    found = read(make()).obs
    assert found.loc["v3", "status"] == "no reading in its file" and found.loc["v1", "status"] == "ok"
    assert "cgm: 1 file holds no reading and is left out" in caplog.messages
    for name in ("P1", "P3"):
        (tmp_path / f"cgm/{name}.csv").write_text("time,glucose\n")
    with pytest.raises(UserError, match=r"P1\.csv: has no rows below its header"):
        read(make())


def test_files_without_the_channel_beside_others_that_have_it_are_told(make, tmp_path, caplog):
    made = make(files="cgm/{subject}_*.csv")
    for name in ("P1", "P2", "P3"):
        (tmp_path / f"cgm/{name}.csv").rename(tmp_path / f"cgm/{name}_1.csv")
    glucose(tmp_path / "cgm/P1_2.csv", 24, 120.0, START + pd.Timedelta("3d"))
    text = (tmp_path / "cgm/P1_2.csv").read_text()
    (tmp_path / "cgm/P1_2.csv").write_text(text.replace("glucose", "zucker", 1))
    found = read(made).obs
    assert found.loc["v1", "status"] == "ok"
    (told,) = [message for message in caplog.messages if "left out, though" in message]
    assert told.startswith("cgm: 1 file is left out, though others of the same subject tell:") and "P1_2.csv: has no channel" in told
    assert "its channels: zucker" in told


def test_dates_without_a_time_of_day_and_clocks_without_a_shift_are_told(make, tmp_path, caplog):
    text = (tmp_path / "s.csv").read_text()
    for old, new in (
        ("2024-03-02 00:00+00:00,a,0", "2024-03-02,a,"),
        ("+00:00", ""),
        ("2024-03-03 00:00,", "2024-03-02 23:59:59.999999999,"),
    ):
        text = text.replace(old, new)
    (tmp_path / "s.csv").write_text(text)
    cohort, frame, folder = make(**DAY, clock_shift="ahead", time_zone="Europe/Berlin")
    zoned = cohort.samples.model_copy(update={"time_zone": "Europe/Berlin"})
    found = ingest("cgm", cohort.devices["cgm"], folder, zoned, frame)
    assert found.obs["stop"]["v1"] == "2024-03-02T00:00:00+01:00" and found.obs["status"]["v2"] == "ok"
    assert "modalities.cgm.align: 1 specimen has a date and no time of day, taken for 0:00" in caplog.messages
    assert "modalities.cgm.clock_shift: 1 row has no shift, taken for 0 s" in caplog.messages


def test_minutes_that_were_interpolated_are_told_and_no_longer_where_the_step_is_given(make, tmp_path, caplog):
    readings = np.rint(110 + 25 * np.sin(np.arange(49) / 4) + np.random.default_rng(3).normal(0, 6, 49))
    glucose(tmp_path / "cgm/P2.csv", 12, np.interp(np.arange(720), np.arange(49) * 15, readings), step=1)
    read(make())
    assert "cgm: 1 record looks interpolated between readings 15 min apart: set `step: 15 min`" in caplog.messages
    caplog.clear()
    read(make(step="15 min"))
    assert not any("interpolated" in message for message in caplog.messages)


def test_no_shift_is_told_of_records_without_a_clock(make, tmp_path, caplog):
    made = make(clock_shift="ahead")
    pd.DataFrame({"seconds": np.arange(288) * 300, "glucose": 100 + np.arange(288) % 9}).to_csv(tmp_path / "cgm/P2.csv", index=False)
    told = table({"cgm": read(made)}, samples.roster(made[0].samples, made[1])).set_index("sample")
    assert told.loc["v3", ["status", "clock_shift"]].tolist() == ["ok", 0]
    assert "cgm: `clock_shift` takes nothing off the records of 1 subject, which have no clock" in caplog.messages


def test_days_and_months_that_are_swapped_are_told(make, tmp_path, caplog):
    clock = pd.date_range("2024-05-02", periods=3 * 288, freq="5min", tz="UTC")
    for name in ("P1", "P2", "P3"):
        rows = pd.DataFrame({"time": clock.strftime("%d/%m/%Y %H:%M"), "glucose": 100 + np.arange(len(clock)) % 9})
        rows.to_csv(tmp_path / f"cgm/{name}.csv", index=False)
    cohort, frame, _ = made = make(time_format="%m/%d/%Y %H:%M", time_zone="UTC")
    assay = read(made)
    assert "cgm: 3 records span up to 61 days" in caplog.text and "3 days if day and month are swapped: mend `time_format`" in caplog.text
    with pytest.raises(UserError, match=r"of 61.0 d that count, 3.0 d were recorded.*mend `align` or `min_coverage`, or `time_format`"):
        align(cohort, Split(), {"cgm": normalize(assay)}, frame)
    caplog.clear()
    assert set(read(make(time_format="%d/%m/%Y %H:%M", time_zone="UTC")).obs["status"]) == {"ok"}
    assert "swapped" not in caplog.text


@pytest.mark.parametrize(("written", "told"), [("{d}/{m}/2024", True), ("{m}/{d}/2024", False), ("2024-{m:02d}-{d:02d}", False)])
def test_days_and_months_that_a_reader_swaps_by_itself_are_told(make, tmp_path, caplog, written, told):
    for name in ("P1", "P2", "P3"):
        months = [(2, month) for month in range(1, 13)] if written.startswith("2024") else [(day, 5) for day in range(2, 10)]
        days = [written.format(d=day, m=month) for day, month in months]
        pd.DataFrame({"ActivityDate": days, "glucose": np.arange(100.0, 100 + len(days))}).to_csv(tmp_path / f"cgm/{name}.csv", index=False)
    read(make(time_zone="UTC", min_coverage=0))
    assert ("3 records span up to 214 days with" in caplog.text and "8 days if day and month are swapped: set" in caplog.text) == told
    assert told or "swapped" not in caplog.text


def test_readings_that_cannot_be_and_times_in_utc_are_told(make, tmp_path, caplog):
    made = make(clock_shift="ahead", **DAY)
    level = np.r_[np.full(550, 100.0), np.full(26, 2500.0)] + np.arange(576) % 2
    glucose(tmp_path / "cgm/P1.csv", 48, np.where(level > 2000, np.where(np.arange(576) % 2, -5, 2500), level))
    assay = read(made)
    assert assay.obs["impossible"].tolist() == pytest.approx([26 / 576] * 2 + [0] * 3, abs=1e-5)
    assert "cgm: 1 record holds readings that cannot be, up to 4.51% of them" in caplog.text
    assert "cgm: times are in UTC" in caplog.text and "`time_zone`" in caplog.text
    metrics = measured(assay).set_index("metric")["value"]
    assert metrics["impossible_share"] == pytest.approx(26 / 576, abs=1e-5) and metrics["impossible_records"] == 2
    found = flags("cgm", normalize(assay))
    assert set(found.loc[found["flag"] == "impossible", "sample"]) == {"v1", "v2"}
    told = table({"cgm": assay}, samples.roster(made[0].samples, made[1])).set_index("sample")
    assert told.loc["v1", ["taken", "window_start", "window_stop"]].tolist() == [
        "2024-03-02T00:00:00+00:00", "2024-03-01T00:00:00+00:00", "2024-03-02T00:00:00+00:00",
    ]  # fmt: skip
    assert told.loc["v3", "clock_shift"] == 3600 and told.loc["v6", ["status", "taken", "impossible"]].tolist() == ["no record", "", 0]
    caplog.clear()
    read(make(time_zone="UTC", **DAY))
    assert "times are in UTC" not in caplog.text


def test_times_of_a_record_are_written_to_the_millisecond():
    late = pd.Timestamp("2024-10-27 02:59:59.999999999+01:00").tz_convert("Europe/Berlin")  # of an hour that comes twice
    assert written(late) == "2024-10-27T03:00:00+01:00" and written(None) == ""
    assert written(pd.Timestamp("2024-01-01 08:59:59.9996")) == "2024-01-01T09:00:00"
