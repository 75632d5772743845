"""Segments become stretches of 10 Mb whose mean is that of their bases, one by one."""

import re

import numpy as np
import pytest

from mmomics.cohort.table import read
from mmomics.config.table import Table
from mmomics.errors import UserError

HEAD = "ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n"
SEGMENTS = [("S1", "1", 1, 15_000_000, 0.5), ("S1", "1", 15_000_001, 20_000_000, -1.0), ("S1", "X", 5, 4_000_004, 2.0),
            ("S2", "1", 30_000_001, 30_000_001, 1.0)]  # fmt: skip


def text(segments):
    return HEAD + "".join(f"{sample}\t{chrom}\t{start}\t{end}\t9\t{mean}\n" for sample, chrom, start, end, mean in segments)


def test_the_mean_of_a_stretch_is_weighted_by_length(tmp_path):
    (tmp_path / "t.seg").write_text(text(SEGMENTS))
    found, _ = read(Table(files="t.seg"), tmp_path)
    assert found.columns.tolist() == ["chr1:0-10Mb", "chr1:10-20Mb", "chr1:20-30Mb", "chr1:30-40Mb", "chrX:0-10Mb"]
    np.testing.assert_array_equal(found.loc["S1"], [0.5, -0.25, np.nan, np.nan, 2])
    np.testing.assert_array_equal(found.loc["S2"], [np.nan, np.nan, np.nan, 1, np.nan])


def test_random_segments_agree_with_a_mean_over_bases(tmp_path, monkeypatch):
    from mmomics.tables import seg

    monkeypatch.setattr(seg, "WIDTH", 10)
    rng = np.random.default_rng(0)
    bases = np.full((2, 100), np.nan)
    segments = []
    for sample in range(2):
        cuts = np.sort(rng.choice(101, 12, replace=False))
        for start, end in zip(cuts[:-1:2], cuts[1::2], strict=True):
            mean = rng.normal()
            bases[sample, start:end] = mean
            segments.append((f"S{sample}", "chr2", start + 1, end, mean))
    (tmp_path / "t.seg").write_text(text(segments))
    found, _ = read(Table(files="t.seg"), tmp_path)
    expected = [[np.nanmean(part) if not np.isnan(part).all() else np.nan for part in row.reshape(-1, 10)] for row in bases]
    np.testing.assert_allclose(found, np.array(expected)[:, : found.shape[1]], rtol=1e-6)
    assert np.isnan(bases[:, 10 * found.shape[1] :]).all()


@pytest.mark.parametrize(
    "head",
    ["Sample,Chromosome,Start,End,Num_Probes,Segment_Mean", "GDC_Aliquot,Chromosome,Start,End,Num_Probes,Segment_Mean",
     "ID;chrom;loc.start;loc.end;num.mark;seg.mean", "sample;chr;start;end;n;mean"],
)  # fmt: skip
def test_usual_spellings(tmp_path, head):
    sign = "," if "," in head else ";"
    (tmp_path / "t.seg").write_text(head + "\n" + sign.join(["S1", "chr23", "1", "10000000", "5", "0.5"]) + "\n")
    found, _ = read(Table(files="t.seg"), tmp_path)
    assert found.to_dict() == {"chrX:0-10Mb": {"S1": 0.5}}


BROKEN = {
    "no mean": (HEAD.replace("seg.mean", "x") + "S1\t1\t1\t2\t1\t0\n", "no column with the mean"),
    "backwards": (text([("S1", "1", 9, 3, 0)]), "row 1: a segment from 9 to 3"),
    "a place beyond any chromosome": (text([("S1", "1", 1, 10**15, 0)]), "row 1: a segment from 1 to 1e+15"),
    "a word": (text([("S1", "1", 1, 2, "up")]), "row 1, column 'seg.mean': 'up' is not a number"),
    "no sample": (text([("", "1", 1, 2, 0)]), "row 1: has no 'ID'"),
    "cut short": (text([("S1", "1", 1, 2, 0)]) + "S1\t1", "line 3: has fewer than 6 cells"),
    "empty": ("", "is empty"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_segments_are_one_line(tmp_path, case):
    content, expected = BROKEN[case]
    (tmp_path / "t.seg").write_text(content)
    with pytest.raises(UserError, match=re.escape(expected)):
        read(Table(files="t.seg"), tmp_path)


def test_segments_of_one_sample_that_overlap_are_told(tmp_path, caplog):
    (tmp_path / "t.seg").write_text(text([*SEGMENTS, ("S1", "1", 15_000_000, 16_000_000, 1)]))
    read(Table(files="t.seg"), tmp_path)
    said = "t.seg: 1 segment of 1 sample overlaps another of the same sample, the first in row 2; where they do, their mean counts"
    assert said in caplog.messages[0]
    caplog.clear()
    other = [(sample, chrom, start, end, mean + 1) for sample, chrom, start, end, mean in SEGMENTS]
    (tmp_path / "t.seg").write_text(text([*SEGMENTS, *other]))
    assert read(Table(files="t.seg"), tmp_path)[0].iloc[0, 0] == 1
    assert "4 segments of 2 samples overlap others of the same sample, the first in row 5; " in caplog.messages[0]
    caplog.clear()
    touching = [("S1", "1", 1, 15_000_000, 0.5), ("S1", "1", 15_000_000, 20_000_000, -1.0), ("S2", "1", 1, 9_000_000, 1.0)]
    (tmp_path / "t.seg").write_text(text(touching))
    read(Table(files="t.seg"), tmp_path)
    assert not caplog.messages
