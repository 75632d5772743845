"""A torn line is named by its number in the file, whatever stands above it."""

import pytest

from mmomics.config.modality import Device
from mmomics.config.table import Table
from mmomics.devices import timeseries
from mmomics.errors import UserError
from mmomics.onboarding.sniff import sniff
from mmomics.tables import _torn, delimited
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


@pytest.mark.parametrize("title", ["", "My study\n", "My study,,\n", "Device 3\n\nexported; in May\n"])
@pytest.mark.parametrize("odd", ["2024-01-01 10:00,10", "2024-01-01 10:00,", "2024-01", "2024-01-01 10:00,10,1,2024-01-01 10:05,11,1"])
@pytest.mark.parametrize("above", [0, 1, 20, 37, 38, 45])
def test_an_odd_line_is_named_below_a_title_too(tmp_path, title, odd, above):
    rows = [f"2024-01-01 {row // 12:02d}:{row % 12 * 5:02d},{100 + row},1" for row in range(60)]
    rows.insert(above, odd)
    (tmp_path / "x.csv").write_text(f"{title}time,glucose,steps\n" + "\n".join(rows) + "\n")
    with pytest.raises(UserError, match=rf"x\.csv line {title.count(chr(10)) + above + 2}: has "):
        list(timeseries.read(tmp_path / "x.csv", Device(signal="cgm", files="x")))


@pytest.mark.parametrize("quoted", [True, False])
def test_a_line_that_runs_into_the_next_is_named_in_tables_below_remarks(tmp_path, quoted):
    name = '"b, c"' if quoted else "b"
    (tmp_path / "x.csv").write_text(f"% made by hand\nid,{name},d\ns1,1,2\n% a remark\ns2,3,4,s3,5,6\ns4,6,7\n")
    with pytest.raises(UserError, match=r"x\.csv line 5: has 6 cells, the header has 3; mend the line"):
        delimited.read(tmp_path / "x.csv", Table(files="x.csv", comment="%"), None, True)


def test_remarks_with_cells_above_a_header_are_still_asked_about(tmp_path):
    text = "Device,G6,serial\nName,John\ntime,glucose,steps\n" + "".join(f"2024-01-01 00:{m:02d},{m},1\n" for m in range(30))
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(UserError, match=r"x\.csv: the table seems to begin in line \d, below"):
        list(timeseries.read(tmp_path / "x.csv", Device(signal="cgm", files="x")))


def test_the_last_line_of_a_series_matrix_is_a_remark(tmp_path):
    names = [f"GSM{place}" for place in range(8)]
    rows = ["\t".join([f"{row}_at", *(f"{row}.{place}" for place in range(8))]) for row in range(50)]
    about = ["!Series_title\tx", "\t".join(["!Sample_title", *names]), "!series_matrix_table_begin"]
    lines = [*about, "\t".join(["ID_REF", *names]), *rows, "!series_matrix_table_end"]
    (tmp_path / "x.txt").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r'line 4, below 9 names of columns; set `comment: "!"`$'):
        delimited.read(tmp_path / "x.txt", Table(files="x.txt"), None, True)
    with pytest.raises(UserError, match=r'line 55: has fewer than 9 cells; set `comment: "!"` if it is a remark$'):
        delimited.read(tmp_path / "x.txt", Table(files="x.txt", skip_rows=3), None, True)
    assert delimited.read(tmp_path / "x.txt", Table(files="x.txt", comment="!"), None, True).shape == (50, 8)
    assert sniff({"row": tmp_path / "x.txt"}).keys == {"comment": "!"}
