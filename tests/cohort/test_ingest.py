"""From native files to samples with subjects."""

import gzip

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort import quality
from mmomics.cohort.ingest import ingest
from mmomics.cohort.normalize import normalize
from mmomics.config.modality import Assay
from mmomics.errors import UserError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "t.csv").write_text("id,g1,g2,g3,g4\nP1-a,1,5,0,\nP1-b,3,5,2,\nP2-a,4,5,,\n")
    return tmp_path


def modality(**given):
    return Assay(**{"kind": "rna", "values": "counts", "files": "t.csv", "subject_pattern": "^(..)-", **given})


def test_samples_know_their_subject(folder):
    assay = ingest("rna", modality(), folder)
    assert assay.obs["subject"].to_dict() == {"P1-a": "P1", "P1-b": "P1", "P2-a": "P2"}
    assert assay.X.dtype == np.float32
    assert (assay.uns["kind"], assay.uns["values"]) == ("rna", "counts")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"subject_pattern": "^(Q.)"}, "modality rna: 3 of 3 sample ids do not match `subject_pattern` (P1-a, P1-b, P2-a)"),
        ({"subject_pattern": "^(..)-a"}, "1 of 3 sample ids do not match `subject_pattern` (P1-b)"),
        ({"subject_pattern": "^(g.)"}, "the features match it: change `orientation`"),
        ({"values": "cuonts"}, "did you mean 'counts'?"),
        (
            {"kind": "methylation", "values": "beta"},
            "of 12 values are not finite numbers in 0..1, the first is 5 (feature 'g2', sample 'P1-a')",
        ),
    ],
)
def test_a_wrong_setting_is_one_line(folder, given, expected):
    with pytest.raises(UserError) as error:
        ingest("rna", modality(**given), folder)
    assert expected in str(error.value)


@pytest.mark.parametrize("kind", ["rna", "microbiome"])
def test_a_library_that_failed_was_not_measured(tmp_path, caplog, kind):
    (tmp_path / "t.csv").write_text("id,g1,g2\nP1,1,5\nP2,0,0\nP3,0,\nP4,,\nP5,2,0\n")
    assay = ingest("counts", Assay(kind=kind, values="counts", files="t.csv"), tmp_path)
    np.testing.assert_array_equal(assay.X, [[1, 5], [np.nan] * 2, [np.nan] * 2, [np.nan] * 2, [2, 0]])
    assert "counts: 2 samples of which nothing was counted count as not measured" in caplog.messages


def test_sums_over_reads_of_no_gene_are_told_and_left_out(tmp_path, caplog):
    sums = "__no_feature\t900\t800\n__ambiguous\t5\t6\n__too_low_aQual\t0\t0\n__not_aligned\t70\t80\n__alignment_not_unique\t9\t8\n"
    (tmp_path / "htseq.tsv").write_text(f"gene\tP1\tP2\nENSG1\t1\t2\n__init__\t3\t4\n{sums}")
    found = ingest("rna", modality(files="htseq.tsv", orientation="samples_in_columns", subject_pattern=None), tmp_path)
    assert found.var_names.tolist() == ["ENSG1", "__init__"] and found.X.tolist() == [[1, 3], [2, 4]]
    assert any("rna: 5 sums over reads of no gene are left out (__no_feature, " in message for message in caplog.messages)


def test_normalising_keeps_the_measured_values(folder):
    assay = ingest("rna", modality(), folder)
    normal = normalize(assay)
    np.testing.assert_array_equal(normal.layers["measured"], assay.X)
    np.testing.assert_array_equal(np.isnan(normal.X), np.isnan(assay.X))
    assert not np.shares_memory(normal.X, normal.layers["measured"])


def test_the_embedded_assays_hold_the_values_of_their_files(study):
    settings = study("acc")
    for name, chosen in settings.cohort.modalities.items():
        with gzip.open(f"{settings.folder}/{chosen.files}", "rt") as file:
            expected = pd.read_csv(file, sep="\t", index_col=0).T
        assay = ingest(name, chosen, settings.folder)
        np.testing.assert_allclose(assay.to_df(), expected, rtol=1e-6)
        assert assay.obs_names.tolist() == expected.index.tolist()
        assert (assay.obs["subject"] == [sample[:12] for sample in expected.index]).all()


METAPHLAN = ["k__B", "k__B|p__F", "k__B|p__F|g__L", "k__B|p__F|g__L|s__L_a", "k__B|p__F|g__L|s__L_b", "k__B|p__F|g__L|s__L_b|t__S1"]


def named(tmp_path, features, kind="microbiome", values="relative", **keys):
    """What has parts by its name is what they add up to, and one more."""
    sums = np.array([1 + sum(other.startswith((f"{name}|", f"{name};")) for other in features) for name in features])
    pd.DataFrame({"P1": sums, "P2": 2 * sums}, index=features).to_csv(tmp_path / "t.tsv", sep="\t", index_label="feature")
    return ingest("x", Assay(kind=kind, values=values, files="t.tsv", orientation="samples_in_columns", **keys), tmp_path)


@pytest.mark.parametrize(
    ("features", "kind", "kept"),
    [
        (METAPHLAN, "microbiome", METAPHLAN[3:5]),
        (METAPHLAN, "generic", METAPHLAN[3:5]),
        ([name.replace("|", "; ") for name in METAPHLAN[:4]], "microbiome", ["k__B; p__F; g__L; s__L_a"]),
        (["PWY-1: x", "PWY-1: x|g__L.s__a", "PWY-1: x|unclassified", "PWY-2: y"], "microbiome", ["PWY-1: x", "PWY-2: y"]),
        (["A", "A;B", "A;B;C", "A;B;D", "A;E", "A;E;F"], "microbiome", ["A;B;C", "A;B;D", "A;E;F"]),
    ],
)
def test_levels_that_are_summed_over_one_another_are_told_and_one_is_kept(tmp_path, caplog, features, kind, kept):
    values = "relative" if kind == "microbiome" else None
    assert named(tmp_path, features, kind, values).n_vars == len(features)
    (said,) = caplog.messages
    assert f" of {len(features)} features are parts of others by their names" in said
    caplog.clear()
    pattern = said.rpartition("set `feature_pattern: '")[2].removesuffix("'`")
    assert named(tmp_path, features, kind, values, feature_pattern=pattern).var_names.tolist() == kept and not caplog.messages


def test_what_was_classified_no_further_has_no_parts(tmp_path, caplog):
    table = pd.DataFrame({"P1": [9, 40, 50], "P2": [30, 0, 31], "P3": [4, 8, 0]}, index=["k__B;f__F", "k__B;f__F;g__G", "k__B;f__F;g__H"])
    table.to_csv(tmp_path / "t.tsv", sep="\t", index_label="feature")
    ingest("x", Assay(kind="microbiome", values="counts", files="t.tsv", orientation="samples_in_columns"), tmp_path)
    shares = pd.DataFrame({"P1": [80.0, 15, 5], "P2": [90.0, 0, 10]}, index=table.index)  # all there is: none counts twice
    shares.to_csv(tmp_path / "t.tsv", sep="\t", index_label="feature")
    ingest("x", Assay(kind="microbiome", values="relative", files="t.tsv", orientation="samples_in_columns"), tmp_path)
    assert not caplog.messages


@pytest.mark.parametrize(
    ("added", "usual", "kind"),
    [
        (["ERCC-00002", "ERCC-00171"], ["ERCC1", "ERCC2", "TP53", "KRAS"], "rna"),
        (
            ["PC 15:0_18:1(d7)", "Cholesterol-d7", "Cer d18:1-d7/15:0", "SPLASH TG", "ISTD_1", "CE (IS)"],
            ["SM d18:1/16:0", "PC 34:1", "Cer_d18:1/16:0", *"abcdef"],
            "lipidome",
        ),
        (["[13C6]-glucose"], ["prostaglandin d2", "vitamin d3", "IS", "glucose"], "metabolome"),
        (["CON__P00761", "REV__P1"], ["P1", "P2;P3", "P4", "CONA_2"], "protein"),
    ],
)
def test_standards_and_controls_among_features_are_told_and_can_be_left_out(tmp_path, caplog, added, usual, kind):
    named(tmp_path, [*usual, *added], kind, "log2")
    (said,) = caplog.messages
    assert said.startswith(f"x: {len(added)} feature") and said.count("feature_pattern") == 1
    caplog.clear()
    pattern = said.rpartition("set `feature_pattern: '")[2].removesuffix("'`")
    assert named(tmp_path, [*usual, *added], kind, "log2", feature_pattern=pattern).var_names.tolist() == usual and not caplog.messages


def test_a_pattern_that_finds_no_feature_is_refused(folder):
    with pytest.raises(UserError, match=r"modality rna: no feature matches `feature_pattern` \(they are g1, g2, g3, g4\)"):
        ingest("rna", modality(feature_pattern="^h"), folder)
    with pytest.raises(ValueError, match="expected a regular expression"):
        modality(feature_pattern="(")


@pytest.mark.parametrize(
    ("end", "keys", "trailing", "suspected"),
    [
        ("csv", {}, True, True),  # 1.230 may be 1230
        ("csv", {}, False, False),  # and 1.23 cannot
        ("tsv", {"decimal": "comma"}, True, True),
        ("tsv", {"decimal": "comma"}, False, False),
        ("csv.gz", {}, False, False),
        ("parquet", {}, False, False),  # a number is what it is
    ],
)
def test_a_point_between_thousands_is_suspected_where_no_number_of_the_text_has_other_than_three_decimals(
    tmp_path, end, keys, trailing, suspected
):
    values = pd.DataFrame(np.random.default_rng(0).uniform(1, 99, (30, 6)).round(3), [f"P{i}" for i in range(30)], list("abcdef"))
    if end == "parquet":
        values.to_parquet(tmp_path / "t.parquet")
    else:
        signs = {"sep": "\t", "decimal": ","} if keys else {}
        values.to_csv(tmp_path / f"t.{end}", float_format="%.3f" if trailing else None, **signs)
    assay = normalize(ingest("x", Assay(kind="generic", files=f"t.{end}", **keys), tmp_path))
    assert ("looks_grouped" in quality.checks("x", assay)["check"].tolist()) == suspected


def test_a_feature_that_is_a_row_is_left_out_by_its_name_as_the_complaint_says(tmp_path):
    with pytest.raises(UserError, match=r"no column 'b\.1' for `drop`; .*; a feature that is a row is left out by") as error:
        named(tmp_path, ["a", "b.1", "c"], "generic", None, drop=["b.1"])
    pattern = str(error.value).rpartition("`feature_pattern: '")[2].removesuffix("'`")
    assert named(tmp_path, ["a", "b.1", "c"], "generic", None, feature_pattern=pattern).var_names.tolist() == ["a", "c"]
