"""Tables that say whose a sample is are found, and what is drafted of them passes the check."""

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.onboarding.check import check
from mmomics.onboarding.draft import draft

N = 24
PEOPLE = [f"S{i:03d}" for i in range(N)]
HEAD = "[Header],,,,\nInvestigator Name,Core,,,\n,,,,\n[Data],,,,\n"


def sheet(sign="_", **keys):
    """A sheet of a scanner, and what its arrays are called."""
    slides, places = [204379120001 + i // 8 for i in range(N)], [f"R0{i % 8 + 1}C01" for i in range(N)]
    beside = {"Sample_Plate": [f"P{i // 12}" for i in range(N)], "Sample_Group": ["case", "control"] * (N // 2)}
    frame = pd.DataFrame({"Sample_Name": PEOPLE, **beside, "Sentrix_ID": slides, "Sentrix_Position": places, **keys})
    return frame, [f"{slide}{sign}{place}" for slide, place in zip(slides, places, strict=True)]


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    return place


def betas(folder, names):
    values = np.random.default_rng(0).beta(2, 5, (30, N)).round(4)
    pd.DataFrame(values, index=[f"cg{i:08d}" for i in range(30)], columns=names).to_csv(folder / "betas.csv.gz")


def clinic(folder):
    rng = np.random.default_rng(1)
    rows = {"patient": PEOPLE[::-1], "age": rng.integers(30, 80, N), "relapse": [0, 1] * (N // 2)}
    pd.DataFrame(rows).to_csv(folder / "clinical.csv", index=False)
    pd.DataFrame(rng.poisson(200, (N, 9)), index=PEOPLE, columns=[f"g{i}" for i in range(9)]).to_csv(folder / "rna_counts.csv")


def checked(folder, tmp_path):
    text = draft(folder, "mine")
    (tmp_path / "mine.yaml").write_text(text)
    found = check(tmp_path / "mine.yaml")
    assert found.errors == [] and not [line for line in found.warnings if "samples table" in line]
    return text, yaml.safe_load(text)


@pytest.mark.parametrize("sign", ["_", "-", "."])
def test_a_sheet_of_a_scanner_is_the_samples_table_of_its_arrays(folder, tmp_path, sign):
    frame, names = sheet(sign)
    (folder / "SampleSheet.csv").write_text(HEAD + frame.to_csv(index=False))
    betas(folder, names)
    _, drafted = checked(folder, tmp_path)
    assert drafted["samples"] == {"files": "SampleSheet.csv", "index": f"{{Sentrix_ID}}{sign}{{Sentrix_Position}}"}
    assert drafted["outcome"]["column"] == "Sample_Group" and drafted["modalities"]["betas"]["orientation"] == "samples_in_columns"


def test_beside_a_table_of_people_it_says_whose_the_arrays_are(folder, tmp_path):
    frame, names = sheet()
    (folder / "SampleSheet.csv").write_text(HEAD + frame.to_csv(index=False))
    betas(folder, names)
    clinic(folder)
    text, drafted = checked(folder, tmp_path)
    assert drafted["samples"]["files"] == "clinical.csv" and "not used" not in text
    assert drafted["modalities"]["betas"]["ids"] == {"files": "SampleSheet.csv", "index": "{Sentrix_ID}_{Sentrix_Position}"}
    assert "ids" not in drafted["modalities"]["rna_counts"]


def test_what_stands_before_the_owner_is_dropped_and_one_column_of_ids_is_enough(folder, tmp_path):
    frame, _ = sheet()
    barcodes = [f"EPIC{i:05d}" for i in range(N)]
    order = ["Sample_Plate", "Sample_Group", "Barcode", "Sample_Name"]
    frame.assign(Barcode=barcodes)[order].sample(frac=1, random_state=0).to_csv(folder / "manifest.tsv", sep="\t", index=False)
    betas(folder, barcodes)
    clinic(folder)
    _, drafted = checked(folder, tmp_path)
    drop = ["Sample_Plate", "Sample_Group"]
    assert drafted["modalities"]["betas"]["ids"] == {"files": "manifest.tsv", "index": "Barcode", "drop": drop}


def test_a_table_of_other_arrays_links_nothing(folder):
    frame, names = sheet()
    frame["Sentrix_ID"] += 1000
    (folder / "SampleSheet.csv").write_text(HEAD + frame.to_csv(index=False))
    betas(folder, names)
    clinic(folder)
    text = draft(folder, "mine")
    assert "ids: {" not in text and "holds no measurement (see `samples.join`): SampleSheet.csv" in text
