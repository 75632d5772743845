"""Settings of devices that would do nothing, or nothing that can be, are refused with the cure."""

import pytest

from mmomics.config.check import check, problems
from mmomics.config.modality import Align, Assay, Device
from mmomics.errors import UserError

CGM = {"signal": "cgm", "files": "cgm/{subject}.csv"}
WINDOWS = {"seconds": 4, "fs": 40}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"align": {"length": "1 d", "gap": "2 h"}}, "`length` has no effect where `window` is 'whole': set `window` to before or after"),
        ({"align": {"length": "7 d"}}, "`length` has no effect"),  # even if it is the default: whoever writes it means something
        ({"align": {"window": "around", "gap": "2 h"}}, "`gap` has no effect where `window` is 'around'"),
        ({"align": {"window": "before", "tolerance": "2 h"}}, "set `window` to nearest, or take `tolerance` out"),
        ({"align": {"window": "nearest", "length": "2 h"}}, "`length` has no effect where `window` is 'nearest'"),
        ({"align": {"window": "before", "length": "0 d"}}, "align.length: expected a length of time above 0, found '0 d'"),
        (
            {"kind": "rna"},
            "has both `kind: rna` and `signal: cgm`: keep `signal` if its files are records over time, or `kind` if they are a table",
        ),
        ({"decimal": "comma", "thousands": "comma"}, "`thousands` and `decimal` are both comma: change one of them"),
        ({"step": "0 min"}, "step: expected a length of time above 0, found '0 min'"),
        (
            {"align": {"window": "before", "length": "7 days"}},
            "align.length: expected a length of time such as 7 d, 12 h, 30 min or 10 s, found '7 days'",
        ),
        ({"windows": {**WINDOWS, "low": 15, "high": 15}}, "`low` (15 Hz) must be below `high` (15 Hz)"),
        ({"windows": {**WINDOWS, "seconds": 1e6}}, "40,000,000 samples of every subject, more than 10,000,000"),
        ({"windows": {**WINDOWS, "count": 100_000}}, "16,000,000 samples of every subject"),
    ],
)
def test_what_has_no_effect_or_cannot_be_is_refused(given, says):
    with pytest.raises(UserError) as caught:
        check(Device, {**CGM, **given}, "c.yaml")
    assert says in str(caught.value)
    (problem,) = problems(Device, {**CGM, **given}, "c.yaml")
    assert says in str(problem)


@pytest.mark.parametrize(
    "align",
    [
        {}, {"window": "whole", "combine": "longest"}, {"window": "nearest", "tolerance": "0 s"}, {"window": "around", "length": "2 d"},
        {"window": "after", "length": "0.5 h", "gap": "0 s"},
    ],
)  # fmt: skip
def test_settings_that_mean_something_are_read_again_as_they_were_written(align):
    device = Device.model_validate({**CGM, "align": align, "windows": {**WINDOWS, "low": 0.5, "high": 15}})
    written = device.model_dump(mode="json")
    assert Device.model_validate(written) == device
    assert Align.model_validate(written["align"]).model_fields_set == set(align)


def test_a_point_between_thousands_means_a_decimal_comma_also_when_written_out_and_read_again():
    table = Assay(kind="generic", files="a.csv", thousands="point")
    assert table.decimal_sign == "," and Assay.model_validate_json(table.model_dump_json()) == table
    assert Assay(kind="generic", files="a.csv", thousands="comma").decimal_sign == "."
