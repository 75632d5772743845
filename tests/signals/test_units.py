"""Units: known equalities, round trips, and what is not of one dimension."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmomics.errors import UserError
from mmomics.signals._units import DIMENSIONS, convert, convertible, plain

PAIRS = [(one, other) for units in DIMENSIONS.values() for one in units for other in units]


@pytest.mark.parametrize(
    ("value", "have", "want", "right"),
    [
        (5.5, "mmol/L", "mg/dL", 99.1),  # molar mass of glucose 180.16
        (1.0, "g", "m/s2", 9.80665),
        (1000.0, "mg", "g", 1.0),
        (1.0, "mV", "µV", 1000.0),
        (250.0, "μV", "mV", 0.25),  # the other sign for micro
        (1.0, "Hz", "bpm", 60.0),
        (13.332, "kPa", "mmHg", 100.0),
        (120.0, " MMHG ", "mmHg", 120.0),
    ],
)
def test_known_equalities(value, have, want, right):
    assert convert(np.array([value]), have, want, "x")[0] == pytest.approx(right, rel=1e-3)


@given(st.sampled_from(PAIRS), st.floats(-1e6, 1e6))
def test_there_and_back_is_the_same(pair, value):
    one, other = pair
    there = convert(np.array([value]), one, other, "x")
    assert convert(there, other, one, "x")[0] == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(st.sampled_from(PAIRS))
def test_gaps_and_types_stay(pair):
    values = convert(np.array([1, np.nan], dtype=np.float32), *pair, "x")
    assert values.dtype == np.float32 and np.isnan(values).tolist() == [False, True]


def test_the_same_or_no_unit_changes_nothing():
    values = np.array([1.0])
    assert convert(values, "furlong", "Fur long", "x") is values
    assert convert(values, "furlong", "", "x") is values


@pytest.mark.parametrize(("have", "want"), [("mmol/L", "mV"), ("furlong", "g"), ("", "mV")])
def test_what_cannot_be_converted_says_where_and_how_to_mend_it(have, want):
    with pytest.raises(UserError, match=f"a.csv, channel 'x': unit '{have}' is not known to be convertible to {want}; say what it is"):
        convert(np.array([1.0]), have, want, "a.csv, channel 'x'")


def test_no_two_units_are_written_alike():
    units = [plain(unit) for units in DIMENSIONS.values() for unit in units]
    assert len(set(units)) == len(units)


@given(st.sampled_from(PAIRS))
def test_units_of_one_dimension_are_convertible_into_each_other(pair):
    one, other = pair
    assert convertible(other)[one] == pytest.approx(convert(np.array([1.0]), one, other, "x")[0])
    assert not convertible("furlong") and not convertible("")
