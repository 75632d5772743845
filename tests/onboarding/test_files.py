"""Tables and families of records among the files of a folder."""

import pytest

from mmomics.onboarding import folders, guess
from mmomics.onboarding.files import below, look


@pytest.fixture
def folder(tmp_path):
    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        tables, families = look(tmp_path, below(tmp_path))
        return [path.name for path in tables], {family.pattern: family.ids for family in families}

    return make


def test_assays_side_by_side_are_tables(folder):
    tables, families = folder("clinical.csv", "rna.parquet", "meth.parquet", "mirna.parquet", "notes.docx")
    assert tables == ["clinical.csv", "meth.parquet", "mirna.parquet", "rna.parquet"]
    assert families == {}


def test_records_are_one_family_whose_id_is_not_cut(folder):
    tables, families = folder(*(f"device/CGMacros-{number:03d}.csv.gz" for number in (1, 2, 12, 49)), "bio.csv.gz")
    assert tables == ["bio.csv.gz"]
    assert families == {"device/CGMacros-{subject}.csv.gz": ("001", "002", "012", "049")}


def test_device_formats_are_records_however_few_and_companions_are_not_listed(folder):
    tables, families = folder("ecg/100.hea", "ecg/100.dat", "ecg/100.atr", "psg/P01.edf", "psg/P02.edf", "x.csv")
    assert tables == ["x.csv"]
    assert families == {"psg/{subject}.edf": ("P01", "P02"), "ecg/{subject}.hea": ("100",)}


def test_hidden_files_and_folders_are_left_alone(folder):
    assert folder(".snakemake/a.csv", ".b.csv", "._d.csv", "~$e.xlsx", ".DS_Store", "Thumbs.db", "desktop.ini", "c.csv") == (["c.csv"], {})


@pytest.mark.parametrize("nights", [1, 2])
def test_scored_nights_are_a_family_beside_the_signals(folder, nights):
    names = [f"n/SC400{night}{what}.edf" for night in range(nights) for what in ("E0-PSG", "EC-Hypnogram")]
    _, families = folder(*names)
    signals = {pattern: guess.signal(pattern) for pattern in families}
    assert len(families) == 2
    assert all(kind == ("sleep" if "Hypnogram" in pattern else "eeg") for pattern, kind in signals.items())
    assert all(len(ids) == nights and not any("-" in each for each in ids) for ids in families.values())


def written(folder, text, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    rest, timed, begun = folders.look(folder, below(folder))
    return [str(path.relative_to(folder)) for path in rest], {each.pattern: each.ids for each in timed}, {each.pattern for each in begun}


WORDS = ["dna/a.csv", "protein/a.csv", "rna/a.csv"]
NIGHTS = [f"P{person:02d}/night{night}/HR.csv" for person in (1, 2, 3) for night in (1, 2)]


@pytest.mark.parametrize(
    ("text", "names", "left", "timed", "begun"),
    [
        ("time,HR\n2024-01-01 10:00,60\n", [f"P{i}/HR.csv" for i in range(3)], [], {"{subject}/HR.csv": ("P0", "P1", "P2")}, set()),
        ("time,HR\n2024-01-01 10:00,60\n", ["P1/HR.csv", "P2/HR.csv"], ["P1/HR.csv", "P2/HR.csv"], {}, set()),  # may be two cohorts
        ("time,HR\n2024-01-01 10:00,60\n", WORDS, WORDS, {}, set()),
        ("id,age\nA,3\nB,4\n", [f"site{i}/x.csv" for i in range(3)], [f"site{i}/x.csv" for i in range(3)], {}, set()),
        ("1714980000.0\n1.0\n75.8\n", [f"P{i}/HR.csv" for i in range(3)], [], {}, {"{subject}/HR.csv"}),
        ("1714980000.0, 1714980000.0\n32.0, 32.0\n1,2\n", [f"P{i}/ACC.csv" for i in range(3)], [], {}, {"{subject}/ACC.csv"}),
        ("", [f"P{i}/rec.edf" for i in range(3)], [], {"{subject}/rec.edf": ("P0", "P1", "P2")}, set()),
        (
            "time,HR\n2024-01-01 10:00,60\n", NIGHTS, [],
            {f"{{subject}}/night{night}/HR.csv": ("P01", "P02", "P03") for night in (1, 2)}, set(),
        ),
    ],
    ids=["records", "two", "assays", "tables", "begun", "axes", "format", "nights"],
)  # fmt: skip
def test_files_of_one_name_in_folders_of_people_are_records_if_they_have_a_time(tmp_path, text, names, left, timed, begun):
    assert written(tmp_path, text, *names) == (left, timed, begun)
