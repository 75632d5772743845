"""Gene sets are read as their providers write them; what is no gene set is refused in one line."""

import gzip

import pytest

from mmomics.errors import UserError
from mmomics.priors.gene_sets import members, read

COUNTS = {"h.all.v7.1.symbols.gmt": 50, "ReactomePathways_2024-09-18.gmt": 2694, "GO_Biological_Process_2021.gmt.gz": 6036}


@pytest.mark.parametrize("name", COUNTS)
def test_public_collections_are_read_whole(shared, name):
    sets = read(shared / "genesets" / name)
    assert len(sets) == COUNTS[name] and all(sets.values())
    if name.startswith("h."):
        assert all(len(own) <= 200 for own in sets.values()) and "JUNB" in sets["HALLMARK_TNFA_SIGNALING_VIA_NFKB"]


def test_sets_hold_the_features_of_their_genes(tmp_path):
    with gzip.open(tmp_path / "sets.gmt.gz", "wt", newline="") as file:
        file.write("growth\t\tEGFR,1.0\tERBB2\tERBB2\r\n\r\nimmune\thttp://x\tHLA-A\r\nnone\tx\tTTN\r\n")
    sets = read(tmp_path / "sets.gmt.gz")
    assert sets == {"growth": ("EGFR", "ERBB2"), "immune": ("HLA-A",), "none": ("TTN",)}
    assert members(sets, ["erbb2_2064", "HLA.A", "EGFR_pY1068", "EGFR_pS1070", "cg0001"]) == {"growth": (0, 2, 3), "immune": (1,)}
    assert members(sets, ["x"]) == {} and members(sets, []) == {}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("a\tb\tEGFR\nc EGFR ERBB2\n", r"line 2: is no gene set \(1 cells"),
        ("a\tb\n", r"line 1: is no gene set \(2 cells"),
        ("a\tb\tEGFR\na\tb\tERBB2\n", "line 2: the set 'a' stands in the file twice"),
        ("\n\n", "is empty"),
        ("a\tb\tEGFR\0\n", "NUL"),
        ("a\tb\tEGFR\n\xff\tb\tX\n", r"line 2: is not UTF-8 text \(byte 0xff\)"),
    ],
)
def test_what_is_no_gmt_file_is_one_line(tmp_path, content, complaint):
    (tmp_path / "sets.gmt").write_bytes(content.encode("latin-1"))
    with pytest.raises(UserError, match=complaint) as caught:
        read(tmp_path / "sets.gmt")
    assert "sets.gmt" in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_or_damaged_file_is_one_line(tmp_path):
    (tmp_path / "sets.gmt").write_text("a\tb\tEGFR\n")
    with pytest.raises(UserError, match=r"there is no such file; did you mean 'sets.gmt'"):
        read(tmp_path / "set.gmt")
    (tmp_path / "cut.gmt.gz").write_bytes(gzip.compress(b"a\tb\tEGFR\n" * 50)[:-12])
    with pytest.raises(UserError, match="damaged or cut short"):
        read(tmp_path / "cut.gmt.gz")
