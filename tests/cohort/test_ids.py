"""From ids in files to rows of the cohort: patterns, mapping tables, case, subjects and visits."""

import pandas as pd
import pytest

from mmomics.cohort import samples
from mmomics.cohort.ids import extract, mapped
from mmomics.config.samples import Samples
from mmomics.config.table import Table
from mmomics.errors import UserError

VISITS = pd.DataFrame({"woman": ["A", "A", "B"]}, index=["A_1", "A_2", "B_1"], dtype=object)


def roster(frame=VISITS, **keys):
    return samples.roster(Samples(files="s.csv", **keys), frame)


def test_a_subject_is_named_by_a_column_a_pattern_or_the_row_itself():
    assert roster(subject="woman").names.tolist() == ["A", "B"]
    assert roster(subject_pattern="^(.)_").names.tolist() == ["A", "B"]
    assert roster().names.tolist() == ["A_1", "A_2", "B_1"]


def test_merged_visits_are_known_by_row_and_by_subject():
    assert roster(subject="woman").rows(["A_2", "B", "Q"]) == [["A"], ["B"], ["Q"]]


def test_kept_visits_take_a_sample_each_and_what_is_of_the_subject_is_of_all_visits():
    kept = roster(subject="woman", visits="keep")
    assert kept.names.tolist() == ["A_1", "A_2", "B_1"]
    assert kept.subjects.tolist() == ["A", "A", "B"]
    assert kept.rows(["A_2", "A", "Q"]) == [["A_2"], ["A_1", "A_2"], ["Q"]]


def test_case_is_ignored_on_demand_only():
    assert roster(subject="woman").rows(["b_1"]) == [["b_1"]]
    assert roster(subject="woman").rows(["b_1"], ignore_case=True) == [["B"]]
    twice = VISITS.set_axis(["x", "X", "y"])
    with pytest.raises(UserError, match="differ in case only"):
        roster(twice).rows(["y"], ignore_case=True)


def test_a_subject_column_and_a_pattern_contradict():
    with pytest.raises(UserError, match="leave one of them out"):
        roster(subject="woman", subject_pattern="^(.)")


@pytest.mark.parametrize(
    ("pattern", "says"),
    [("^(Q.)", "3 of 3 sample ids do not match"), ("^(B)", "2 of 3")],
)
def test_a_pattern_that_does_not_fit_is_one_line(pattern, says):
    with pytest.raises(UserError, match="modality rna") as error:
        extract(pattern, VISITS.index, "modality rna")
    assert says in str(error.value)


def test_a_mapping_table_gives_the_ids_of_the_samples_table(tmp_path):
    (tmp_path / "ids.tsv").write_text("aliquot\twho\nx1\tA_1\nx2\tA_2\n")
    assert mapped(Table(files="ids.tsv"), tmp_path, ["x2", "x1", "B_1"], "modality rna") == ["A_2", "A_1", "B_1"]
    assert mapped(None, tmp_path, ["x2"], "modality rna") == ["x2"]


@pytest.mark.parametrize(
    ("text", "says"),
    [("aliquot\twho\ny1\tA_1\n", "none of its 1 sample ids is in"), ("aliquot\twho\nx1\t\n", "row 'x1': says not whose sample it is")],
)
def test_a_mapping_table_that_does_not_fit_is_one_line(tmp_path, text, says):
    (tmp_path / "ids.tsv").write_text(text)
    with pytest.raises(UserError) as error:
        mapped(Table(files="ids.tsv"), tmp_path, ["x1"], "modality rna")
    assert says in str(error.value)


def test_an_id_that_is_a_row_of_one_and_the_name_of_another_is_refused_not_guessed():
    numbered = pd.DataFrame({"who": ["2", "3", "1"]}, index=["1", "2", "3"], dtype=object)
    for visits in ("merge", "keep"):
        with pytest.raises(UserError, match=r"modality rna: 3 ids are rows of one subject and names of another .*, the first is '1'"):
            roster(numbered, subject="who", visits=visits).rows(["1", "2", "3"], where="modality rna")
    same = pd.DataFrame({"who": ["1", "1", "3"]}, index=["1", "2", "3"], dtype=object)  # no harm: 1 is a row of 1
    assert roster(same, subject="who").rows(["1", "2", "3"]) == [["1"], ["1"], ["3"]]


def test_controls_of_a_laboratory_need_not_match_the_pattern_of_subjects():
    names = ["run1_S-01_a", "run2_PoolQC1_a", "run3_S-02_a", "run4_Blank_a", "run5_NIST1950_a"]
    found = extract("_(S-\\d+)_", names, "modality x", controls=True)
    assert found == ["S-01", names[1], "S-02", *names[3:]]


@pytest.mark.parametrize(
    ("names", "controls", "unmatched"),
    [
        (["S-01", "QC_1"], False, "1 of 2 sample ids do not match"),  # in the samples table, and of records
        (["S-01", "QC_1", "Control_7"], True, r"\(Control_7\); mend the pattern, or let it match what is of nobody"),  # may be a person
        (["QC_1", "QC_2"], True, "2 of 2 sample ids"),  # then it is the pattern that is wrong
    ],
)
def test_what_may_be_a_person_has_to_match_the_pattern(names, controls, unmatched):
    with pytest.raises(UserError, match=unmatched):
        extract("^(S-.+)", names, "modality x", controls=controls)


@pytest.mark.parametrize(
    ("columns", "cure"), [(True, r"set `drop: \[\"Locus ID\"\]` if no sample is called so, or mend"), (False, "; mend the")]
)
def test_a_column_that_is_no_sample_can_be_dropped_and_a_row_cannot(columns, cure):
    with pytest.raises(UserError, match=cure):
        extract("^(S-.+)", [*(f"S-{i}" for i in range(20)), "Locus ID"], "modality x", controls=True, columns=columns)
