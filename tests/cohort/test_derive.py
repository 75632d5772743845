"""Derived columns: arithmetic on columns of text, and nothing but arithmetic."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmomics.cohort.derive import derive
from mmomics.errors import UserError

FRAME = pd.DataFrame(
    {"a": ["1", "4", np.nan], "b (mg/dL)": ["2", "0", "5"], "word": ["x", "2", "3"]}, index=["r1", "r2", "r3"], dtype=object
)


def values(expression, frame=FRAME):
    return pd.to_numeric(derive(frame, {"new": expression})["new"]).to_numpy()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + 1", [2, 5, np.nan]),
        ("-a * 2 ** 2", [-4, -16, np.nan]),
        ("a / `b (mg/dL)`", [0.5, np.nan, np.nan]),  # division by zero is no number
        ("log(`b (mg/dL)`)", [np.log(2), np.nan, np.log(5)]),
        ("(`b (mg/dL)` >= 2) + (`b (mg/dL)` >= 5)", [1, 0, 2]),
        ("a >= 2", [0, 1, np.nan]),  # a missing operand is not false
        ("`b (mg/dL)` + (`b (mg/dL)` == 0) * 0.5", [2, 0.5, 5]),
        ("sqrt(abs(0 - a))", [1, 2, np.nan]),
        ("7", [7, 7, 7]),
    ],
)
def test_expressions(expression, expected):
    np.testing.assert_allclose(values(expression), expected)


def test_a_later_column_may_use_an_earlier_one_and_the_table_is_left_alone():
    before = FRAME.copy()
    found = derive(FRAME, {"twice": "a * 2", "more": "twice + 1"})
    assert pd.to_numeric(found["more"]).tolist()[:2] == [3, 9]
    pd.testing.assert_frame_equal(FRAME, before)


@given(x=st.floats(-1e6, 1e6), y=st.floats(-1e6, 1e6))
def test_arithmetic_is_that_of_python(x, y):
    frame = pd.DataFrame({"x": [repr(x)], "y": [repr(y)]}, dtype=object)
    assert values("(x - y) * 3 + x", frame)[0] == pytest.approx((x - y) * 3 + x)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("a +", "is no expression"),
        ("missing + 1", "has no column 'missing'"),
        ("word + 1", "'x' is no number"),
        ("__import__('os').system('true')", "is not allowed"),
        ("a.values", "is not allowed"),
        ("[a]", "is not allowed"),
        ("a if a else a", "is not allowed"),
        ("'text'", "is not allowed"),
        ("1 < a < 2", "is not allowed"),
    ],
)
def test_anything_else_is_one_line(expression, says):
    with pytest.raises(UserError, match=r"samples\.derive\.new") as error:
        derive(FRAME, {"new": expression})
    assert says in str(error.value)
