"""Times of specimens: zones, daylight saving, and clocks that are ahead."""

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort.specimens import shifts, times
from mmomics.config.modality import Device
from mmomics.config.samples import Samples
from mmomics.errors import UserError


def read(*cells, zone=None, form=None):
    frame = pd.DataFrame({"taken": cells}, index=[f"S{place}" for place in range(len(cells))], dtype=object)
    return times(Samples(files="s.csv", time="taken", time_zone=zone, time_format=form), frame).tolist()


def test_local_times_are_set_in_their_zone_and_a_named_offset_wins():
    berlin, offset, missing = read("2024-07-01 08:00", "2024-07-01 08:00+00:00", np.nan, zone="Europe/Berlin")
    assert berlin == pd.Timestamp("2024-07-01 06:00", tz="UTC")
    assert offset == pd.Timestamp("2024-07-01 08:00", tz="UTC")
    assert missing is None


def test_a_format_reads_every_row_alike():
    assert read("03/04/2024 08:00", "31/03/2024 09:00", form="%d/%m/%Y %H:%M") == [
        pd.Timestamp("2024-04-03 08:00"), pd.Timestamp("2024-03-31 09:00"),
    ]  # fmt: skip
    with pytest.raises(UserError, match=r"'2024-03-31 09:00' is no time of the format"):
        read("2024-03-31 09:00", form="%d/%m/%Y %H:%M")


def test_without_a_column_nothing_is_known():
    assert times(Samples(files="s.csv"), pd.DataFrame(index=["S0"])).tolist() == [None]


@pytest.mark.parametrize(
    ("cells", "zone", "says"),
    [
        (["yesterday"], None, "row 'S0': 'yesterday' is no time of ISO 8601"),
        (["now"], None, "'now' is no time of ISO 8601"),
        (["09:30"], None, "'09:30' is no time of ISO 8601"),
        (["31/03/2024 08:00"], None, "or set `samples.time_format` to '%d/%m/%Y %H:%M'"),
        (["4/1/2016 8:30 AM"], None, "'%d/%m/%Y %I:%M %p' or '%m/%d/%Y %I:%M %p', whichever is meant"),
        (["9999-12-31"], "UTC", "'9999-12-31' is no time"),
        (["0001-01-01"], None, "'0001-01-01' is"),
        (["2024-03-31 02:30"], "Europe/Berlin", "does not exist, or exists twice, in time zone 'Europe/Berlin' (daylight saving)"),
        (["2024-10-27 02:30"], "Europe/Berlin", "does not exist, or exists twice"),
        (["2024-03-31 02:30", "2024-03-31 02:30+01:00"], None, "some times name a time zone and some do not"),
    ],
)
def test_times_that_mean_no_moment_are_one_line(cells, zone, says):
    with pytest.raises(UserError) as error:
        read(*cells, zone=zone)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("form", "cell", "says"),
    [("%m/%d/%Y %H:%M %p", "4/12/2016 8:30 PM", "write %I for %H"), ("%d/%m/%Y %I:%M", "12/4/2016 12:30", "add %p, or write %H for %I")],
)
def test_hours_that_half_a_day_would_be_lost_of_are_refused(form, cell, says):
    with pytest.raises(UserError, match=f"samples.time_format.*{says}"):
        read(cell, form=form)


def test_shifts_of_the_clock():
    frame = pd.DataFrame({"ahead": ["-60", np.nan]}, index=["S0", "S1"], dtype=object)
    device = Device(signal="cgm", files="x.csv", clock_shift="ahead")
    assert shifts(device, frame, "m").tolist() == [-60, 0]
    assert shifts(Device(signal="cgm", files="x.csv"), frame, "m").tolist() == [0, 0]
    with pytest.raises(UserError, match="give seconds, not milliseconds"):
        shifts(device, frame.assign(ahead="1e13"), "m")
    with pytest.raises(UserError, match="'soon' is not a finite number"):
        shifts(device, frame.assign(ahead="soon"), "m")
