"""A torn line is named by its number in the file, whatever stands above it."""

import pytest

from mmomics.config.modality import Device
from mmomics.errors import UserError
from mmomics.tables import _torn
from mmomics.tables._head import head


@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("skip", [0, 2])
def test_remarks_count_among_the_lines(tmp_path, quoted, skip):
    name = '"b, c"' if quoted else "b"
    rows = ["a title", "", f"% made by hand\n% today\nid,{name},d", "s1,1,2", "% a remark", "", "s2,3,4", "% and more", "s3,5", "s4,6,7"]
    text = "\n".join(rows[2 - skip :]) + "\n"
    (tmp_path / "x.csv").write_text(text)
    device = Device(signal="cgm", files="x", comment="%", skip_rows=skip)
    number = text.splitlines().index("s3,5") + 1
    with pytest.raises(UserError, match=f"x.csv line {number}: has fewer than 3 cells"):
        _torn.refuse(tmp_path / "x.csv", device, head(tmp_path / "x.csv", device), 3)
    (tmp_path / "x.csv").write_text(text.replace("s3,5\n", ""))
    _torn.refuse(tmp_path / "x.csv", device, head(tmp_path / "x.csv", device), 3)
