"""`mmomics simulate`: the same seed gives the same bytes, any size, one line for what is wrong, nothing half-written."""

import filecmp
import json

import pandas as pd
import pytest

from mmomics.__main__ import main
from mmomics.config.cohort import Cohort
from mmomics.config.cohort_file import read_cohort
from mmomics.config.inputs import native_files
from mmomics.simulation import cgm
from tests.conftest import ROOT

TINY = ["--n-subjects", "12", "--n-features", "10"]


def simulate(folder, *options):
    return main(["simulate", "--output", str(folder), *TINY, *options])


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        assert simulate(tmp_path / name, "--seed", seed) == 0
    names = files(tmp_path / "a")
    assert filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", names, shallow=False) == (names, [], [])
    assert files(tmp_path / "b") == names
    assert "clinical.tsv" in filecmp.cmpfiles(tmp_path / "a", tmp_path / "c", names, shallow=False)[1]


def test_how_much_is_missing_changes_nothing_else(tmp_path):
    assert simulate(tmp_path / "a", "--devices") == 0
    assert simulate(tmp_path / "b", "--devices", "--missing", "informative", "--missing-share", "0.4") == 0
    first, second = (pd.read_csv(tmp_path / name / "truth_subjects.tsv", sep="\t") for name in "ab")
    assert first["predictor"].equals(second["predictor"])
    assert not first.filter(like="has_").equals(second.filter(like="has_"))


def test_the_cohort_file_of_the_repository_describes_what_is_written(tmp_path):
    assert simulate(tmp_path / "simulated", "--n-subjects", "40") == 0
    file = ROOT / "config/cohorts/simulated.yaml"
    cohort = read_cohort(file)
    assert cohort.folder == "{data_dir}/simulated"
    found = native_files(cohort, tmp_path / "simulated", file)
    described = {path for paths in found.values() for path in paths}
    others = {name for name in files(tmp_path / "simulated") if str(tmp_path / "simulated" / name) not in described}
    assert {name for name in others if not name.endswith(".dat")} == {"truth.json", "truth_subjects.tsv"}
    clinical = pd.read_csv(tmp_path / "simulated/clinical.tsv", sep="\t")
    wanted = {cohort.samples.index, cohort.samples.time, cohort.outcome.column, cohort.batch, *cohort.covariates}
    wanted |= {device.clock_shift for device in cohort.devices.values()} - {None}
    assert wanted <= set(clinical)
    assert set(clinical["outcome"].dropna()) == {"case", "control"} >= {cohort.outcome.positive}
    headers = {path.read_text().splitlines()[0] for path in (tmp_path / "simulated/cgm").iterdir()}
    assert headers <= set(cgm.HEADERS)
    assert all(any(name in header for name in cohort.devices["glucose"].channels["glucose"]) for header in headers)


@pytest.mark.parametrize(
    ("task", "columns"),
    [("multiclass", ["outcome"]), ("regression", ["outcome"]), ("survival", ["time_days", "event"])],
)
def test_every_task_and_tables_only(tmp_path, task, columns):
    assert simulate(tmp_path / "c", "--task", task, "--devices") == 0
    assert {path.name for path in (tmp_path / "c").iterdir()} == {
        "clinical.tsv", "rna_counts.tsv", "methylation_beta.parquet", "protein_log2.csv", "metabolome.csv", "mutations.tsv",
        "truth.json", "truth_subjects.tsv",
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "c/clinical.tsv", sep="\t")
    assert list(table.columns[-len(columns) :]) == columns
    truth = json.loads((tmp_path / "c/truth.json").read_text())
    assert truth["settings"]["task"] == task
    assert truth["predictor"]["sources"]["interaction"]["seen_in"] == ["rna", "protein"]


def test_a_device_of_ones_choice(tmp_path):
    assert simulate(tmp_path / "c", "--devices", "eeg", "--missing-share", "0") == 0
    assert {path.name for path in (tmp_path / "c").iterdir() if path.is_dir()} == {"eeg"}
    assert len(list((tmp_path / "c/eeg").iterdir())) == 12


def test_sizes_are_as_asked_for_and_blocks_change_nothing(tmp_path, monkeypatch):
    from mmomics.simulation import effects

    assert simulate(tmp_path / "c", "--n-subjects", "300", "--n-features", "40", "--devices") == 0
    assert len(pd.read_csv(tmp_path / "c/clinical.tsv", sep="\t")) == 300
    assert len(pd.read_csv(tmp_path / "c/rna_counts.tsv", sep="\t")) == 40
    monkeypatch.setattr(effects, "CELLS", 1000)
    assert simulate(tmp_path / "d", "--n-subjects", "300", "--n-features", "40", "--devices") == 0
    for name in ("rna_counts.tsv", "protein_log2.csv"):
        first, second = (pd.read_csv(tmp_path / folder / name, sep=None, engine="python", index_col=0) for folder in "cd")
        assert (first.shape, list(first), list(first.index)) == (second.shape, list(second), list(second.index))
    parquet = pd.read_parquet(tmp_path / "d/methylation_beta.parquet")
    assert list(parquet["sample"]) == list(pd.read_parquet(tmp_path / "c/methylation_beta.parquet")["sample"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--task", "survial"], "--task: there is no 'survial'; did you mean 'survival'?"),
        (["--missing", "never"], "--missing: there is no 'never'"),
        (["--devices", "ecg", "ppg"], "--devices: there is no 'ppg'; "),
        (["--n-subjects", "3"], "--n-subjects: expected 10 to"),
        (["--n-features", "0"], "--n-features: expected 10 to"),
        (["--seed", "-1"], "--seed: expected 0 to"),
        (["--missing-share", "0.9"], "--missing-share: expected 0 to 0.6, found 0.9"),
        (["--interaction", "nan"], "--interaction: expected 0 to 1, found nan"),
        (["--strength", "-1"], "--strength: expected 0 to"),
        (["--batch-effect", "inf"], "--batch-effect: expected 0 to"),
    ],
)
def test_a_bad_option_is_one_line_and_status_2(tmp_path, caplog, options, says):
    assert simulate(tmp_path / "c", *options) == 2
    (error,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert error.startswith(says) and "\n" not in error
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_never_replaced(tmp_path, caplog):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    assert simulate(tmp_path / "mine", "--devices") == 2
    assert "is there already and is no simulated cohort" in caplog.text
    assert files(tmp_path) == ["mine/thesis.txt"]
    assert simulate(tmp_path / "mine/thesis.txt", "--devices") == 2
    assert simulate(tmp_path / "mine/thesis.txt/below", "--devices") == 2
    assert (tmp_path / "mine/thesis.txt").read_text() == "years of work"


def test_an_earlier_simulation_or_an_empty_folder_is(tmp_path):
    (tmp_path / "c").mkdir()
    assert simulate(tmp_path / "c", "--devices", "eeg") == 0
    assert simulate(tmp_path / "c", "--devices") == 0
    assert not (tmp_path / "c/eeg").exists()


def test_nothing_half_written_is_left_and_the_old_stays(tmp_path, caplog, monkeypatch):
    assert simulate(tmp_path / "c", "--devices") == 0
    before = files(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device", "band/SIM-0001.csv")

    monkeypatch.setattr("mmomics.simulation.band.write", full)
    assert simulate(tmp_path / "c") == 2
    assert simulate(tmp_path / "d") == 2
    assert "No space left on device; nothing was written" in caplog.text
    assert files(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_cohort_file_may_go_over_the_keys_for_another_outcome(tmp_path):
    (tmp_path / "simulated.yaml").write_text((ROOT / "config/cohorts/simulated.yaml").read_text())
    lines = [line.removeprefix("#   ") for line in (tmp_path / "simulated.yaml").read_text().splitlines() if line.startswith("#   ")]
    example = [line for line in lines if not line.startswith("mmomics")]
    (tmp_path / "mine.yaml").write_text("\n".join(example))
    cohort = read_cohort(tmp_path / "mine.yaml")
    assert isinstance(cohort, Cohort)
    assert cohort.outcome.task == "survival" and "eeg" not in cohort.modalities and "ecg" in cohort.modalities
