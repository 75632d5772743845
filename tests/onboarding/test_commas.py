"""Commas are decimal signs where a column is of numbers only if they are, and nothing in the table speaks against it."""

import pandas as pd
import pytest

from mmomics.onboarding import commas


@pytest.mark.parametrize(
    ("columns", "decimal"),
    [
        ({"a": ["1,5", "2,25", None]}, True),
        ({"a": ["1.234,5", "7,1"]}, True),
        ({"a": ["1,234", "2,345"]}, False),  # thousands, perhaps
        ({"a": ["1,234", "2,34"]}, True),
        ({"a": ["1,5", "2,5"], "b": ["1.5", "2"]}, False),
        ({"a": ["1,5", "2,5"], "b": ["1.500", "2.125"]}, True),  # of thousands
        ({"m/z": ["608.1286", "610.5"], **{name: ["1,5", "<LOD", "<0,4"] for name in "abcdef"}}, True),  # of another program
        ({"a": ["1", "2"]}, False),
        ({"a": ["x, y", "z"]}, False),
    ],
)
def test_the_comma_is_the_decimal_sign(columns, decimal):
    assert commas.decimal(pd.DataFrame(dict(zip(columns, map(pd.Series, columns.values()), strict=True)))) is decimal


@pytest.mark.parametrize(("cell", "pointed"), [("1.234,5", "1234.5"), ("-0,25", "-0.25"), ("a, b", "a, b"), ("7", "7"), (None, None)])
def test_numbers_are_written_with_a_point(cell, pointed):
    assert commas.pointed(cell) == pointed
