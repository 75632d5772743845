"""Quality in the report: what was flagged is said, what was checked can be opened, and nothing is there when nothing was made."""

import argparse

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup

from mmomics.cohort.quality import CHECK_COLUMNS, FLAG_COLUMNS
from mmomics.cohort.records import STATUS
from mmomics.commands import report
from tests.report.parsed import Page
from tests.report.simulate import HOSTILE

CHECKS = [
    (
        "rna",
        "batch",
        0.243,
        2e-19,
        True,
        "share of the leading components' variance that goes with 'plate': `prepare.batch` can take it out",
    ),
    ("rna", "constant_features", 0.0, np.nan, False, "share of features with one value or none; models do not see them"),
    ("protein", "looks_raw", 4096.0, np.nan, True, "a logarithm of 4096 is not possible: set `values` to a raw scale"),
]
FLAGS = [
    ("rna", "0007", "library_size", 12000.0, 80000.0, "the library size is far from that of the other samples"),
    ("rna", "0008", "duplicate", 0.9999, 0.999, "nearly the same values as a sample of another subject: a copy, or a swap (0009)"),
    ("rna", "0009", "duplicate", 0.9999, 0.999, "nearly the same values as a sample of another subject: a copy, or a swap (0008)"),
]
RECORDS = [
    ("ecg", "0007", "7", "a.hea", "2020-01-01T00:00:00", "2020-01-01T02:00:00", 120.0, 1.0, "ok"),
    ("ecg", "0008", "8", "b.hea", "", "", 3.0, 0.1, "too little coverage"),
    ("ecg", "0009", "9", "", "", "", 0.0, 0.0, "no record"),
]
TABLES = {
    "quality": (CHECK_COLUMNS, CHECKS), "flags": (FLAG_COLUMNS, FLAGS), "records": (["modality", "sample", "subject", *STATUS], RECORDS),
}  # fmt: skip
TITLES = {"quality": "Checks of each modality", "flags": "Flagged samples one by one", "records": "Every specimen and its record"}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Figures are not what is looked at here, and take most of the time."""
    monkeypatch.setattr("mmomics.report.figures.style.write", lambda drawing, folder, stem: Markup())


def made(result, tables, change=lambda row: row):
    """The page of a report that is given some of the tables."""
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    arguments = result.arguments()
    for name in tables:
        columns, rows = TABLES[name]
        result.tsv(f"align/{name}.tsv", pd.DataFrame([change(row) for row in rows], columns=columns))
        arguments += [f"--{name}", str(result.folder / "align" / f"{name}.tsv")]
    args = parser.parse_args(arguments)
    report.run(args)
    return Page((result.folder / "report.html").read_text())


def test_what_was_flagged_is_said_and_every_check_can_be_opened(results):
    result = results("binary")
    text = made(result, TABLES).text
    assert "batch structure (24 %): share of the leading components' variance" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "values look raw (4,096)" in text
    assert "Checks of each modality" in text and "2 A copy" not in text
    assert "too little coverage: 1; no record: 1" in text
    assert {"checks.tsv", "flagged.tsv", "flags.tsv", "recorded.tsv", "records.tsv"} <= {
        file.name for file in result.folder.glob("figures/*.tsv")
    }
    counts = pd.read_csv(result.folder / "figures/flagged.tsv", sep="\t").set_index("flag")
    assert counts["samples"].to_dict() == {"library_size": 1, "duplicate": 2}
    assert not counts["explanation"].str.contains("000").any()  # ids stand in the folded table only


@pytest.mark.parametrize(
    ("minutes", "shown"), [(1, "1 min"), (7.25, "7.25 min"), (120, "2 h"), (2772, "46.2 h"), (2881, "2 d"), (9e5, "625 d")]
)
def test_what_was_recorded_is_said_in_the_unit_that_suits_it(results, minutes, shown):
    text = made(results("binary"), TABLES, lambda row: (*row[:6], minutes, *row[7:]) if row[0] == "ecg" else row).text
    assert f" {shown} " in text


def test_ids_stay_as_they_are_written(results):
    result = results("binary")
    assert "0007" in made(result, ["flags"]).text
    assert "0007" in pd.read_csv(result.folder / "figures/flags.tsv", sep="\t", dtype=str)["sample"].to_list()


@pytest.mark.parametrize("name", TITLES)
def test_each_table_is_optional_and_may_be_empty(name, results, monkeypatch):
    text = made(results("binary"), [name]).text
    assert [title for title in TITLES.values() if title in text] == [TITLES[name]]
    monkeypatch.setitem(TABLES, name, (TABLES[name][0], []))
    assert TITLES[name] not in made(results("binary"), [name]).text


def test_constant_features_are_remarked_once(results):
    result = results("binary")
    qc = result.folder / "ingest/rna.qc.tsv"
    qc.write_text(qc.read_text().replace("constant_features\t2", "constant_features\t399"))
    TABLES["quality"][1].append(("rna", "constant_features", 0.99, np.nan, True, "share of features with one value"))
    try:
        text = made(result, ["quality"]).text
    finally:
        TABLES["quality"][1].pop()
    assert "features constant" not in text and "constant features (99 %)" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "399 of 400 features constant" in made(result, []).text


def test_names_of_columns_and_files_are_text(results):
    page = made(results("binary"), TABLES, lambda row: tuple(HOSTILE if isinstance(cell, str) and cell != "ok" else cell for cell in row))
    assert page.tags.count("script") == 1 and "img" not in page.tags
    assert not [name for name in page.attributes if name.startswith("on")]


def test_a_damaged_table_is_named(results):
    from mmomics.__main__ import main

    result = results("binary")
    result.tsv("align/flags.tsv", pd.DataFrame({"modality": ["rna"]}))
    assert main(["report", *result.arguments(), "--flags", str(result.folder / "align/flags.tsv")]) == 2
