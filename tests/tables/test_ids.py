"""Row ids that are made of several columns are those of a column that was joined by hand, in every format."""

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort import table
from mmomics.cohort.ids import mapped
from mmomics.config.check import problems
from mmomics.config.table import Table
from mmomics.errors import UserError

SLIDES = [204379120001, 204379120001, 204379120002]
PLACES = ["R01C01", "R02C01", "R01C01"]
IDS = ["204379120001_R01C01", "204379120001_R02C01", "204379120002_R01C01"]
INDEX = "{Sentrix_ID}_{Sentrix_Position}"
SHEET = pd.DataFrame({"Sample_Name": ["S1", "S2", "S3"], "Sentrix_ID": SLIDES, "Sentrix_Position": PLACES, "Age": [40, 51, 62]})
WRITERS = {
    "t.csv": lambda frame, path: frame.to_csv(path, index=False),
    "t.tsv.gz": lambda frame, path: frame.to_csv(path, sep="\t", index=False),
    "t.parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "t.xlsx": lambda frame, path: frame.to_excel(path, index=False),
}


@pytest.fixture(params=WRITERS)
def sheet(request, tmp_path):
    def written(frame):
        WRITERS[request.param](frame, tmp_path / request.param)
        return {"files": request.param}

    return written


def test_a_table_of_text_keeps_what_its_ids_are_made_of(sheet, tmp_path):
    found, _ = table.read(Table(**sheet(SHEET), index=INDEX), tmp_path, numeric=False)
    assert found.index.tolist() == IDS and found["Sentrix_ID"].tolist() == [str(each) for each in SLIDES]
    assert found["Age"].tolist() == ["40", "51", "62"]


def test_a_table_of_numbers_does_not(sheet, tmp_path):
    values = SHEET.drop(columns="Sample_Name").assign(cg1=[0.1, np.nan, 0.3])
    found, _ = table.read(Table(**sheet(values), index="X{Sentrix_ID}.{Sentrix_Position}", drop=["Age"]), tmp_path)
    expected = pd.DataFrame({"cg1": np.array([0.1, np.nan, 0.3], np.float32)}, index=["X" + each.replace("_", ".") for each in IDS])
    pd.testing.assert_frame_equal(found, expected)


def test_a_mapping_table_says_whose_an_array_is(sheet, tmp_path):
    mapping = Table(**sheet(SHEET[["Sentrix_ID", "Sentrix_Position", "Sample_Name"]]), index=INDEX)
    assert mapped(mapping, tmp_path, [IDS[2], IDS[0], "other"], "modality meth") == ["S3", "S1", "other"]


def test_a_sample_of_a_long_table_may_be_a_visit_of_a_person(sheet, tmp_path):
    rows = pd.DataFrame({"who": ["A", "A", "A", "B"], "visit": [1, 1, 2, 1], "what": ["x", "y", "x", "y"], "value": [1.0, 2, 3, 4]})
    found, _ = table.read(Table(**sheet(rows), index="{who}-{visit}", long={"feature": "what", "value": "value"}), tmp_path)
    assert found.index.tolist() == ["A-1", "A-2", "B-1"]
    np.testing.assert_array_equal(found[["x", "y"]], [[1, 2], [3, np.nan], [np.nan, 4]])


@pytest.mark.parametrize(
    ("index", "says"),
    [("{Sentrix_ID}_{Sentrix_Positon}", "no column 'Sentrix_Positon' for `index`; did you mean 'Sentrix_Position'"),
     (INDEX, "row 2: has no id"), ("{Age}", r"1 sample id repeated \(40\)")],
)  # fmt: skip
def test_ids_that_cannot_be_made_are_one_line(tmp_path, index, says):
    odd = SHEET.astype({"Sentrix_Position": object}).assign(Age=40)
    odd.loc[1, "Sentrix_Position"] = "  "
    odd.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match=says):
        table.read(Table(files="t.csv", index=index), tmp_path, numeric=False)


def test_a_word_among_numbers_is_told_by_the_id_that_was_made(tmp_path):
    SHEET.assign(cg1=[0.1, "high", 0.3]).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match=rf"row '{IDS[1]}', column 'cg1': 'high' is not a number"):
        table.read(Table(files="t.csv", index=INDEX, drop=["Sample_Name"]), tmp_path)


def test_a_list_of_columns_is_told_with_the_text_that_means_it():
    content = {"files": "SampleSheet.csv", "index": ["Sentrix_ID", "Sentrix_Position"]}
    (told,) = problems(Table, content, "mine.yaml")
    assert "mine.yaml: index: expected text" in str(told) and f'"{INDEX}"' in str(told)
