"""The outcome columns become the canonical ones, or one line says why not."""

import logging

import pandas as pd
import pytest
from pydantic import TypeAdapter

from mmomics.cohort.outcome import known, read_outcome
from mmomics.config.outcome import Outcome
from mmomics.errors import UserError


def outcome(**given):
    return TypeAdapter(Outcome).validate_python(given)


def frame(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=[f"S{i}" for i in range(n)], dtype=object)


SURVIVAL = {"task": "survival", "time": "days", "event": "died"}
BINARY = {"task": "binary", "column": "group", "positive": "case"}


def test_survival(caplog):
    table = frame(days=["10", "0", "-3", None, "5.5", "7"], died=["1", "1", "0", "1", "FALSE", None])
    with caplog.at_level(logging.WARNING):
        obs, about = read_outcome(outcome(**SURVIVAL), table)
    assert obs["time"].dropna().to_dict() == {"S0": 10, "S4": 5.5}
    assert obs["event"].tolist() == [True, False, False, False, False, False]
    assert obs["event"].dtype == bool
    assert known(obs).tolist() == [True, False, False, False, True, False]
    assert about == {"task": "survival", "unit": "days", "classes": []}
    assert caplog.messages == ["4 of 6 subjects have no outcome: no event state, no time, or a time <= 0"]


@pytest.mark.parametrize(
    "words",
    [
        ["1", "0"], ["1.0", "0.0"], ["true", "false"], ["True", "False"], ["1.000e+00", "0e0"],
        ["DECEASED", "LIVING"], ["dead", "Alive"], ["1:DECEASED", "0:LIVING"], ["1:Progressed", "0:DiseaseFree"], ["1 : x", "censored"],
    ],
)  # fmt: skip
def test_events_may_be_written_in_several_ways(words):
    assert read_outcome(outcome(**SURVIVAL), frame(days=["1", "2"], died=words))[0]["event"].tolist() == [True, False]


def test_labels_say_what_other_values_of_the_event_mean():
    """R's own data sets write 1 for censored and 2 for dead."""
    given = outcome(**SURVIVAL, labels={"1": "censored", "2": "event", "lost": ""})
    obs, _ = read_outcome(given, frame(days=["3", "4", "5", "6"], died=["1", "2.0", "lost", None]))
    assert obs["event"].tolist() == [False, True, False, False] and known(obs).tolist() == [True, True, False, False]
    with pytest.raises(UserError, match=r"unknown values \(0\); say in `labels`"):
        read_outcome(given, frame(days=["3", "4"], died=["2", "0"]))
    with pytest.raises(UserError, match=r'unknown values \(2\); .* such as `labels: {"2": event}`'):
        read_outcome(outcome(**SURVIVAL), frame(days=["3", "4"], died=["1", "2"]))


def test_the_positive_class_is_the_last():
    obs, about = read_outcome(outcome(**BINARY), frame(group=["case", "other", None]))
    assert about["classes"] == ["other", "case"]
    assert obs["outcome"].isna().tolist() == [False, False, True]
    assert read_outcome(outcome(**{**BINARY, "positive": "other"}), frame(group=["case", "other"]))[1]["classes"] == ["case", "other"]


def test_labels_name_and_order_the_classes_however_a_number_is_written():
    labels = {"2": "late", "0": "early", "1": "middle", "3": "never seen"}
    obs, about = read_outcome(outcome(task="multiclass", column="c", labels=labels), frame(c=["0", "1.0", "2.000e+00", "0"]))
    assert obs["outcome"].tolist() == ["early", "middle", "late", "early"]
    assert about["classes"] == ["late", "early", "middle"]


def test_a_blank_label_leaves_a_class_out():
    obs, about = read_outcome(outcome(task="multiclass", column="c", labels={"0": "x", "1": "", "2": "z"}), frame(c=["0", "1", "2"]))
    assert about["classes"] == ["x", "z"]
    assert known(obs).tolist() == [True, False, True]


def test_mistakes_name_the_files_of_the_samples_table():
    table = frame(days=["soon"], died=["1"])
    table.attrs["files"] = "s.tsv"
    with pytest.raises(UserError, match=r"^s\.tsv: outcome\.time, column 'days' row 'S0': 'soon' is not a finite number"):
        read_outcome(outcome(**SURVIVAL), table)
    with pytest.raises(UserError, match=r"^outcome\.column: the samples table s\.tsv has no column 'scor'"):
        read_outcome(outcome(task="regression", column="scor"), table)


def test_without_labels_the_classes_are_sorted():
    assert read_outcome(outcome(task="multiclass", column="c"), frame(c=["b", "a", "c"]))[1]["classes"] == ["a", "b", "c"]


def test_regression():
    obs, about = read_outcome(outcome(task="regression", column="y", unit="mmol/L"), frame(y=["1.5", None, "-2e3"]))
    assert obs["outcome"].dropna().tolist() == [1.5, -2000]
    assert about["unit"] == "mmol/L"


@pytest.mark.parametrize(
    ("given", "columns", "expected"),
    [
        (SURVIVAL, {"day": ["1"], "died": ["1"]}, "no column 'days'; did you mean 'day'?"),
        (SURVIVAL, {"days": ["soon", "2"], "died": ["1", "0"]}, "column 'days' row 'S0': 'soon' is not a finite number"),
        (SURVIVAL, {"days": ["inf", "2"], "died": ["1", "0"]}, "'inf' is not a finite number"),
        (SURVIVAL, {"days": ["1", "2"], "died": ["yes", "0"]}, "unknown values (yes)"),
        (SURVIVAL, {"days": ["1", "2"], "died": ["0", "0"]}, "no subject has both an event and a time > 0"),
        (BINARY, {"group": ["case", "case"]}, "1 class found (case)"),
        (BINARY, {"group": ["case", "a", "b"]}, "3 classes found (a, b, case), expected 2"),
        (BINARY, {"group": ["case", "b", "Case"]}, "they differ in upper and lower case: give them one name each in `labels`"),
        (BINARY, {"group": ["cases", "b"]}, "outcome.positive: there is no class 'case'; did you mean 'cases'?"),
        ({**BINARY, "labels": {"0": "case"}}, {"group": ["0", "1"]}, "values that `labels` does not name (1)"),
        ({"task": "multiclass", "column": "c"}, {"c": [None, None]}, "0 class found"),
        ({"task": "regression", "column": "y"}, {"y": ["1", "x"]}, "'x' is not a finite number"),
        ({"task": "regression", "column": "y"}, {"y": ["1", "1"]}, "fewer than two different numbers"),
    ],
)
def test_a_wrong_outcome_is_one_line(given, columns, expected):
    with pytest.raises(UserError) as error:
        read_outcome(outcome(**given), frame(**columns))
    assert expected in str(error.value)
