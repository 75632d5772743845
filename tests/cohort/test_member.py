"""What is said of samples that are flagged and left out."""

import anndata
import numpy as np
import pandas as pd
import pytest

from mmomics.cohort.member import _nothing
from mmomics.cohort.records import STATUS
from mmomics.config.modality import Device
from mmomics.onboarding.joined import flagged


def flags(*dropped):
    names = [f"S{place}" for place in range(len(dropped))]
    return pd.DataFrame({"modality": "cgm", "sample": names, "flag": "impossible", "dropped": dropped})


def test_a_modality_of_which_all_is_dropped_names_the_setting_that_dropped_it():
    obs = pd.DataFrame({**dict.fromkeys(STATUS, 0), STATUS[-1]: "ok"}, index=["S0", "S1", "S2"])
    given = anndata.AnnData(np.ones((3, 1), dtype=np.float32), obs=obs)
    device = Device(signal="cgm", files="x.csv")
    problem, cure = _nothing(given, flags(True, True, True), device)
    assert "`drop_flagged` leaves out 3 of 3 samples (impossible: 3)" in problem and "`drop_flagged`" in cure
    assert "min_coverage" in _nothing(given, flags()[:0], device)[1]


@pytest.mark.parametrize(
    ("dropped", "end"),
    [
        ((False, False), "look at them, `drop_flagged` leaves them out"),
        ((True, True), "they are left out by `drop_flagged`"),
        ((True, False), "1 of them is left out by `drop_flagged`"),
    ],
)
def test_a_flag_that_is_dropped_already_is_not_advised_to_be(dropped, end):
    (line,) = flagged(flags(*dropped))
    assert line.startswith("2 samples are flagged `impossible`") and line.endswith(f"; {end}")
