"""The check says everything at once, and nothing of a cohort that is in order."""

import gc
import weakref

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.__main__ import main
from mmomics.onboarding import check as module
from mmomics.onboarding.check import check
from tests.conftest import ROOT

N = 60


@pytest.fixture
def cohort(tmp_path):
    """A cohort in order; the test spoils it and looks at what is found."""
    rng = np.random.default_rng(1)
    subjects = [f"S{number:02d}" for number in range(N)]
    label = rng.integers(0, 2, N)
    files = {
        "s.csv": pd.DataFrame({"y": np.where(label, "case", "control"), "age": rng.integers(30, 80, N)}, index=subjects),
        "rna.csv": pd.DataFrame(rng.poisson(100, (N, 30)), index=subjects, columns=[f"g{i}" for i in range(30)]),
        "prot.csv": pd.DataFrame(rng.normal(10, 1, (N, 12)), index=subjects, columns=[f"p{i}" for i in range(12)]),
    }
    settings = {
        "title": "t", "folder": str(tmp_path), "samples": {"files": "s.csv"}, "covariates": ["age"],
        "outcome": {"task": "binary", "column": "y", "positive": "case"},
        "modalities": {"rna": {"kind": "rna", "files": "rna.csv"}, "prot": {"kind": "protein", "files": "prot.csv"}},
    }  # fmt: skip

    def run():
        for name, frame in files.items():
            frame.to_csv(tmp_path / name, index_label="id")
        (tmp_path / "c.yaml").write_text(yaml.safe_dump(settings))
        return check(tmp_path / "c.yaml")

    run.files, run.settings, run.label, run.path = files, settings, label, tmp_path / "c.yaml"
    return run


def test_a_cohort_in_order_raises_nothing(cohort, capsys):
    found = cohort()
    assert (found.errors, found.warnings) == ([], [])
    assert main(["check", str(cohort.path)]) == 0
    assert capsys.readouterr().out.endswith("0 errors, 0 warnings\n")


def test_a_covariate_that_stands_there_twice_is_told(cohort):
    age = cohort.files["s.csv"]["age"]
    cohort.files["s.csv"]["months"] = 12 * age
    cohort.files["s.csv"]["shift"], cohort.files["s.csv"]["turn"] = (
        np.resize(["early", "late", None], N),
        np.resize(["1st", "2nd", None], N),
    )
    cohort.files["s.csv"]["weight"] = np.random.default_rng(2).normal(70, 9, N)
    cohort.settings["covariates"] = ["age", "months", "shift", "turn", "weight"]
    assert cohort().warnings == [
        "covariates: 'months' tells subjects apart as 'age' does; one of them is enough",
        "covariates: 'turn' tells subjects apart as 'shift' does; one of them is enough",
    ]


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (["24 y"], "1 cell is no number (24 y)"),
        (["<1", "<1", "n/k"], "3 cells are no numbers (<1, n/k)"),
        (["<20"] * 30, "30 cells are no numbers (<20)"),
    ],
)
def test_numbers_with_a_word_among_them_are_told(cohort, odd, told):
    age = cohort.files["s.csv"]["age"].astype(object)
    age.iloc[: len(odd)] = odd
    cohort.files["s.csv"]["age"] = age
    (line,) = map(str, cohort().warnings)
    assert f"covariates: 'age' is taken for a category, as {told}" in line and "samples.na_values" in line


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (lambda n: f"{n // 3:03d}_{'ABC'[n % 3]}", True),  # three samples of each person
        (lambda n: f"{n // 3:03d}_{20 + n % 7}_{'ABC'[n % 3]}", True),  # with the week between
        (lambda n: f"TCGA-{n % 9}-{n:04d}", False),  # of one study; the site is no person
        (lambda n: f"{n % 8}-{n:03d}", False),  # numbered within sites
    ],
)
def test_ids_of_people_with_several_samples_are_told_unless_they_are_grouped(cohort, name, told):
    for frame in cohort.files.values():
        frame.index = [name(number) for number in range(N)]
    (warnings,) = [[line for line in cohort().warnings if "several samples" in str(line)]]
    assert len(warnings) == told
    cohort.settings["samples"] |= {"subject_pattern": r"^(\d+)", "visits": "keep"}
    if told:
        assert not [line for line in cohort().warnings if "several samples" in str(line)]


def test_all_wrong_keys_are_said_at_once(cohort, capsys):
    cohort.settings |= {"titel": "x", "covariates": 3}
    cohort.settings["modalities"]["rna"]["orientation"] = "sideways"
    found = cohort()
    assert len(found.errors) == 3
    assert all(any(word in error for error in found.errors) for word in ("titel", "covariates: expected list", "orientation"))
    assert main(["check", str(cohort.path)]) == 2
    assert capsys.readouterr().out.count("error: ") == 3


def test_all_wrong_names_of_a_modality_and_of_the_preprocessing_are_said_at_once(cohort):
    cohort.settings["modalities"]["rna"] |= {"values": "counst", "normalize": ["logg", "cpmm"], "drop_flagged": ["outlir", "dup"]}
    cohort.settings["modalities"]["prot"]["prepare"] = {"select": "varianc", "fill": "men"}
    cohort.settings["prepare"] = {"transform": "yj"}
    cohort.settings["modalities"]["cgm"] = {
        "signal": "cgm", "files": "{subject}.csv", "channels": {"sugar": "a", "fat": "b"}, "units": {"salt": "mg"},
        "params": {"x": 1, "y": 2},
    }  # fmt: skip
    errors = cohort().errors
    for word in ["counst", "logg", "cpmm", "outlir", "dup", "varianc", "men", "yj", "sugar", "fat", "salt", "x", "y"]:
        assert sum(f"'{word}'" in error for error in errors) == 1, (word, errors)


def test_all_wrong_files_and_columns_are_said_at_once(cohort):
    cohort.settings["modalities"]["meth"] = {"kind": "methylation", "files": "meth.csv"}
    cohort.settings["covariates"] = ["age", "smoking"]
    cohort.settings["batch"] = "plate"
    cohort.files["prot.csv"].iloc[3, 2] = np.inf
    errors = cohort().errors
    assert len(errors) == 4
    for word in ("meth.csv", "'smoking'", "'plate'", "of 720 values are not finite"):
        assert sum(word in error for error in errors) == 1, word


def test_every_modality_whose_ids_do_not_match_is_said_beside_a_wrong_outcome(cohort):
    cohort.files["rna.csv"] = cohort.files["rna.csv"].rename(index="rna-{}".format)
    cohort.files["prot.csv"] = cohort.files["prot.csv"].rename(index=str.lower)
    cohort.settings["outcome"]["column"] = "z"
    cohort.settings["batch"] = "plate"
    errors = cohort().errors
    assert [next(word for word in ("outcome.column", "batch", "rna", "prot") if word in each) for each in errors] == [
        "outcome.column", "batch", "prot", "rna",
    ]  # fmt: skip
    assert "the assay has 'rna-S00', the table 'S00'" in errors[3] and "`ignore_case: true`" in errors[2]
    cohort.settings["outcome"]["column"] = "y"
    del cohort.settings["batch"]
    assert cohort().errors == errors[2:]


def test_a_feature_made_of_the_outcome_is_suspected(cohort):
    cohort.files["prot.csv"]["p3"] = cohort.label + np.random.default_rng(0).normal(0, 0.01, N)
    (warning,) = cohort().warnings
    assert warning.startswith("modality prot: 'p3' nearly tells the outcome by itself")


def test_one_modality_is_in_memory_at_a_time(cohort, monkeypatch):
    read, held = module.ingest, []

    def ingest(*args):
        gc.collect()
        assert not any(matrix() is not None for matrix in held)
        assay = read(*args)
        held.append(weakref.ref(assay.X))
        return assay

    monkeypatch.setattr(module, "ingest", ingest)
    wide = pd.DataFrame(np.random.default_rng(0).normal(10, 1, (N, 7000)), index=cohort.files["prot.csv"].index).add_prefix("p")
    wide["p6999"] += 9 * cohort.label
    cohort.files["prot.csv"] = wide
    assert any("'p6999' nearly tells the outcome" in warning for warning in cohort().warnings)
    assert len(held) == 2


def test_an_assay_that_one_group_lacks_is_suspected(cohort):
    cohort.files["prot.csv"] = cohort.files["prot.csv"][(cohort.label == 1) | (np.arange(N) % 5 == 0)]
    assert any("modality prot: who has it goes with the outcome" in warning for warning in cohort().warnings)


def test_ids_that_do_not_match_and_rare_classes_are_counted(cohort):
    cohort.files["rna.csv"] = cohort.files["rna.csv"].rename(index={"S03": "S3", "S04": "S4"})
    cohort.files["s.csv"]["y"] = ["case"] * 6 + ["control"] * (N - 6)
    warnings = cohort().warnings
    assert any("2 ids are not in the samples table and left out (S3, S4)" in warning for warning in warnings)
    assert any("only 6 subjects of class 'case'" in warning for warning in warnings)


@pytest.mark.parametrize("task", ["regression", "survival"])
def test_leaks_are_found_for_numbers_and_times(cohort, task):
    rng = np.random.default_rng(2)
    time = rng.exponential(300, N) + 1
    cohort.files["s.csv"] = pd.DataFrame(
        {"time": time, "event": rng.integers(0, 2, N), "age": rng.integers(30, 80, N)}, index=cohort.files["s.csv"].index
    )
    cohort.settings["outcome"] = (
        {"task": "regression", "column": "time"} if task == "regression" else {"task": "survival", "time": "time", "event": "event"}
    )
    assert cohort().warnings == []
    cohort.files["rna.csv"]["g7"] = np.rint(10000 / time)
    assert any("modality rna: 'g7' nearly tells the outcome by itself" in warning for warning in cohort().warnings)


def test_values_that_are_missing_in_one_group_only_are_suspected(cohort):
    cohort.files["prot.csv"].loc[cohort.label == 1, ["p2", "p5"]] = np.nan
    (warning,) = cohort().warnings
    assert warning.startswith("modality prot: what is missing of 2 features goes with the outcome (p2, p5)")


def test_choices_that_the_draft_left_open_are_one_line(cohort):
    cohort.settings["outcome"] |= {"column": "CHOOSE", "positive": "CHOOSE"}
    found = cohort()
    (line,) = found.errors
    assert "the draft left a choice open (CHOOSE); go through them" in line and " lines " in line
    cohort.settings["outcome"] |= {"column": "y", "positive": "case"}
    assert cohort().errors == []
    cohort.path.write_text("# go through the lines marked CHOOSE\n" + cohort.path.read_text() + "# CHOOSE channels, of: a, b\n")
    found = check(cohort.path)
    assert found.errors == [] and len(found.warnings) == 1 and f"line {len(cohort.path.read_text().splitlines())}: the" in found.warnings[0]


def test_what_one_member_of_a_class_has_is_no_leak(cohort):
    cohort.files["s.csv"]["y"] = ["rare"] + ["case", "control"] * 29 + ["case"]
    cohort.settings["outcome"] = {"task": "multiclass", "column": "y"}
    cohort.files["rna.csv"].iloc[0] += 5000
    assert not any("nearly tell" in warning for warning in cohort().warnings)


def of_real(shared, folder, cohort, tmp_path, change):
    """Warnings of a cohort of `config/cohorts` after a change of its settings."""
    content = yaml.safe_load((ROOT / f"config/cohorts/{cohort}.yaml").read_text())
    content["folder"] = str(shared / folder)
    change(content)
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(content))
    found = check(tmp_path / "c.yaml")
    assert found.errors == []
    return found.warnings


def test_vital_status_among_the_covariates_is_a_leak(shared, tmp_path):
    def change(content):
        content["covariates"] = ["vital_status", "years_to_birth"]
        content["modalities"] = {"protein": content["modalities"]["protein"]}

    warnings = of_real(shared, "tcga_acc_mini", "acc", tmp_path, change)
    assert any("modality clinical: 'vital_status' nearly tells the outcome" in warning for warning in warnings)


def test_hba1c_left_in_the_inputs_is_a_leak(shared, tmp_path):
    def change(content):
        content["modalities"] = {"blood": content["modalities"]["blood"]}
        content["modalities"]["blood"]["drop"].remove("A1c PDL (Lab)")

    warnings = of_real(shared, "cgmacros", "cgmacros", tmp_path, change)
    assert any("modality blood: 'A1c PDL (Lab)' nearly tells the outcome" in warning for warning in warnings)


def test_measures_that_only_trained_rats_have_are_suspected(shared, tmp_path):
    def change(content):
        content["modalities"] = {"treadmill": content["modalities"]["treadmill"]}
        del content["modalities"]["treadmill"]["drop"]

    warnings = of_real(shared, "motrpac_rat_wat", "motrpac", tmp_path, change)
    assert any("modality treadmill: what is missing of" in warning and "post_" in warning for warning in warnings)


def test_what_the_cohort_file_has_seen_to_is_not_said(shared, tmp_path):
    def change(content):
        content["modalities"] = {"rna": content["modalities"]["rna"]}

    def unranked(content):
        change(content)
        content["modalities"]["rna"]["prepare"] = {"transform": "none"}

    assert not any("heavy tails" in warning for warning in of_real(shared, "tcga_luad_survival", "luad", tmp_path, change))
    assert any("heavy tails" in warning for warning in of_real(shared, "tcga_luad_survival", "luad", tmp_path, unranked))


GLUCOSE = {"signal": "cgm", "files": "cgm/{subject}.csv"}


@pytest.fixture
def worn(cohort):
    """The cohort with a sensor: glucose of twelve people; the test spoils files."""
    (cohort.path.parent / "cgm").mkdir()
    clock = pd.date_range("2021-06-14", periods=288, freq="5min")
    for number in range(12):
        glucose = 120 + 30 * np.sin(np.arange(288) / (20 + number))
        pd.DataFrame({"time": clock, "glucose": glucose}).to_csv(cohort.path.parent / f"cgm/S{number:02d}.csv", index=False)
    cohort.settings["modalities"]["cgm"] = dict(GLUCOSE)
    return cohort


def test_every_broken_record_is_said(worn):
    assert worn().errors == []
    broken = {"S02": "", "S05": "\x00\x00", "S07": "time,glucose\nyesterday,100\n", "S11": "when,what\n1,2\n"}
    for name, content in broken.items():
        (worn.path.parent / f"cgm/{name}.csv").write_text(content)
    errors = worn().errors
    assert len(errors) == 4
    assert all(any(f"cgm/{name}.csv" in error for error in errors) for name in broken)


def test_many_broken_records_are_counted_and_what_most_have_in_common_is_said_once(worn):
    for number, path in enumerate((worn.path.parent / "cgm").iterdir()):
        path.write_text(["", "\x00\x00"][number % 2])
    errors = worn().errors
    assert len(errors) == 11 and "2 more files cannot be read" in errors[-1]
    for path in (worn.path.parent / "cgm").iterdir():
        path.write_text("")
    (error,) = worn().errors
    assert "is empty" in error
    assert error.endswith("the same goes for 11 more files (S01.csv, S02.csv, S03.csv, S04.csv, S05.csv (and 6 more))")


def test_what_one_setting_mends_in_many_records_is_said_once(worn):
    clock = pd.date_range("2021-06-14", periods=288, freq="5min")
    for number, path in enumerate(sorted((worn.path.parent / "cgm").iterdir())):
        times = (clock + pd.Timedelta(days=number)).strftime("%d/%m/%Y %H:%M")
        pd.DataFrame({"time": times, "glucose": 100 + np.arange(288) % 9}).to_csv(path, index=False)
    (worn.path.parent / "cgm/S05.csv").write_text("")
    first, empty = worn().errors
    assert "S00.csv line 2: '14/06/2021 00:00' is not a time of ISO 8601; set `time_format`" in first
    assert first.endswith("the same goes for 10 more files (S01.csv, S02.csv, S03.csv, S04.csv, S06.csv (and 5 more))")
    assert "S05.csv: is empty" in empty


def test_what_no_record_alone_is_to_blame_for_is_said_once(worn):
    worn.settings["modalities"]["cgm"]["channels"] = {"glucose": "sugar"}
    (error,) = worn().errors
    assert "no channel for 'glucose' (sugar)" in error


def test_an_export_read_as_a_plain_table_is_told_its_format(worn):
    export = "Glucose Data,Generated on,06-20-2021\nDevice,Serial Number,Device Timestamp,Record Type,Historic Glucose mg/dL\n"
    (worn.path.parent / "cgm/S03.csv").write_text(export + "Libre,1,06-14-2021 01:00 PM,0,120\n")
    (error,) = worn().errors
    assert "modalities.cgm.format" in error and "S03.csv is an export of FreeStyle LibreView; set `format: glucose`" in error


def test_what_a_reader_of_records_warns_of_is_a_finding(worn, capsys):
    worn.settings["modalities"]["cgm"]["time_zone"] = "Europe/Berlin"
    clock = pd.date_range("2021-10-31 00:00", periods=288, freq="5min")
    pd.DataFrame({"time": clock, "glucose": 100 + np.arange(288) % 9}).to_csv(worn.path.parent / "cgm/S03.csv", index=False)
    assert any("S03.csv" in warning and "hour that comes twice" in warning for warning in worn().warnings)


def test_every_wrong_expression_is_said_and_what_rests_on_one_is_not(cohort):
    cohort.settings["samples"]["derive"] = {"a": "1 +", "b": "agee * 2", "c": "age * 2", "d": "a + c", "e": "open(age)"}
    errors = cohort().errors
    assert [error.split(":")[0] for error in errors] == ["samples.derive.a", "samples.derive.b", "samples.derive.e"]


def test_counts_of_one_are_in_the_singular(cohort, capsys):
    cohort.files["rna.csv"] = cohort.files["rna.csv"].rename(index={"S03": "S3"})
    cohort()
    assert main(["check", str(cohort.path)]) == 0
    said = capsys.readouterr().out
    assert "modality rna: 1 id is not in the samples table and left out (S3)" in said
    assert said.endswith(": 0 errors, 1 warning\n")
    cohort.files["prot.csv"][["p3", "p4"]] = np.random.default_rng(0).normal(0, 0.01, (N, 2)) + cohort.label[:, None]
    assert any("2 features (p3, p4) nearly tell the outcome by themselves; are they made" in warning for warning in cohort().warnings)
