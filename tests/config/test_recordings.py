"""Files of a device, and whose they are."""

import pytest

from mmomics.config.modality import Device
from mmomics.config.recordings import find, there
from mmomics.errors import UserError


@pytest.fixture
def folder(tmp_path):
    for name in ("ecg/P1.hea", "ecg/P2.hea", "ecg/P2.dat", "day/P1/P1_a.csv", "day/P1/P1_b.csv", "day/P2/P1_b.csv", "all.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def found(folder, files):
    matched = find(Device(signal="ecg", files=files), folder, "modalities.ecg")
    return {subject: [path.relative_to(folder).as_posix() for path in paths] for subject, paths in matched.items()}


def test_the_id_stands_in_the_name(folder):
    assert found(folder, "ecg/{subject}.hea") == {"P1": ["ecg/P1.hea"], "P2": ["ecg/P2.hea"]}


def test_several_files_of_one_id_and_an_id_that_stands_twice(folder):
    assert found(folder, "day/{subject}/{subject}_*.csv") == {"P1": ["day/P1/P1_a.csv", "day/P1/P1_b.csv"]}


def test_an_id_is_as_long_as_it_can_be(folder):
    for name in ("SUB_01_a", "SUB_01_b", "SUB_02_a"):
        (folder / f"{name}.csv").touch()
    assert found(folder, "{subject}_*.csv") == {"SUB_01": ["SUB_01_a.csv", "SUB_01_b.csv"], "SUB_02": ["SUB_02_a.csv"]}


def test_hidden_files_are_left_alone(folder):
    (folder / "ecg/._P1.hea").touch()
    assert found(folder, "ecg/{subject}.hea") == {"P1": ["ecg/P1.hea"], "P2": ["ecg/P2.hea"]}


def test_segments_of_a_record_are_no_records_of_others(folder):
    (folder / "ecg/P1.hea").write_text("# a comment\nP1/2 1 10 40\nP1_1 20\n~ 10\nP1_2 10\n")
    for name in ("P1_1", "P1_2"):
        (folder / f"ecg/{name}.hea").write_text(f"{name} 1 10 20\n")
    assert found(folder, "ecg/{subject}.hea") == {"P1": ["ecg/P1.hea"], "P2": ["ecg/P2.hea"]}


def test_a_table_of_many_has_no_id(folder):
    assert found(folder, "all.csv") == {None: ["all.csv"]}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ("ecg/{subject}.edf", "no file in"),
        ("../{subject}.hea", "leaves the folder"),
        ("/etc/{subject}", "leaves the folder"),
        ("ecg/{patient}.hea", "has an unknown field"),
        ("ecg/{subject}*.hea", "says not where the id ends"),
    ],
)
def test_a_pattern_that_finds_nothing_is_one_line(folder, files, says):
    with pytest.raises(UserError, match=r"modalities\.ecg\.files") as error:
        found(folder, files)
    assert says in str(error.value)
    assert not there(Device(signal="ecg", files="ecg/{subject}.edf"), folder)
