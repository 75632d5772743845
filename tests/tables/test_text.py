"""Files under the name of another kind are told for what they are."""

import bz2
import gzip
import lzma

import pyarrow as pa
import pytest

from mmomics.errors import UserError
from mmomics.tables._text import text

PLAIN = b"id,a,b\ns1,1,2\n"
PACKED = {
    ".gz": gzip.compress(PLAIN), ".bz2": bz2.compress(PLAIN), ".xz": lzma.compress(PLAIN),
    ".zst": pa.compress(PLAIN, codec="zstd", asbytes=True),
}  # fmt: skip
OTHER = {
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(9), ".xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), "PDF": b"%PDF-1.7\n",
    "parquet": b"PAR1" + bytes(9), "zip": b"PK\x03\x04" + bytes(9),
}  # fmt: skip


def read(path, content):
    path.write_bytes(content)
    with text(path) as stream:
        return stream.read()


@pytest.mark.parametrize("end", PACKED)
def test_a_packed_file_is_read_by_its_name_and_told_under_another(tmp_path, end):
    assert read(tmp_path / f"x.csv{end}", PACKED[end]).encode() == PLAIN
    with pytest.raises(UserError, match=f"x.csv: is a \\w+ file under the name of a text; rename it to end in {end}"):
        read(tmp_path / "x.csv", PACKED[end])
    with pytest.raises(UserError, match=f"is no packed file, though its name ends in {end}; take {end} off its name"):
        read(tmp_path / f"x.csv{end}", PLAIN)


@pytest.mark.parametrize("kind", OTHER)
def test_other_kinds_of_files_are_told_by_their_first_bytes(tmp_path, kind):
    with pytest.raises(UserError, match=rf"x.csv: is an? .*{kind}.* under the name of a text"):
        read(tmp_path / "x.csv", OTHER[kind])


def test_a_column_that_is_called_as_a_packed_file_begins_is_none(tmp_path):
    assert read(tmp_path / "x.csv", b"BZh,PDF,xz\n1,2,3\n").startswith("BZh")
