"""A record's clock, and the parts that are cut out of it."""

import numpy as np
import pandas as pd
import pytest

from mmomics.devices.record import Record


@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_cutting_moves_no_reading_off_its_minute(minutes):
    n = 3 * 1440 // minutes
    whole = Record(
        np.zeros((n, 1), dtype="float32"), ("glucose",), ("mg/dL",), 1 / (60 * minutes), start=pd.Timestamp("2024-03-01", tz="UTC")
    )
    steps = pd.date_range("2024-03-01", periods=n, freq=f"{minutes}min", tz="UTC")
    assert (whole.clock == steps).all()
    for first in range(1, n, 7):
        assert (whole.between(first * minutes * 60, np.inf).clock == steps[first:]).all()
