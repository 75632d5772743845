"""Levels that are written in several ways are told."""

import pandas as pd
import pytest

from mmomics.onboarding import levels


def test_levels_in_several_ways_are_told():
    (line,) = levels.spellings("sex", pd.Series(["M", "m", "F", "f", "f ", None, "other"], dtype=object))
    assert line == "covariates: 'sex' writes 2 levels in several ways (F/f/f , M/m); write each in one way"


@pytest.mark.parametrize("cells", [["II", "III", "iv"], ["M", "F"], [], [1.0, 2.0], [None, "a"]])
def test_levels_that_differ_are_not(cells):
    assert list(levels.spellings("x", pd.Series(cells))) == []
