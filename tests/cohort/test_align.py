"""Assays and samples table join by subject; what does not match is counted or refused."""

import logging
import warnings

import mudata
import numpy as np
import pandas as pd
import pytest

from mmomics.cohort import samples
from mmomics.cohort.align import align
from mmomics.cohort.data import from_mudata, read_cohort, write_cohort
from mmomics.cohort.ingest import ingest
from mmomics.cohort.normalize import normalize
from mmomics.cohort.outcome import further
from mmomics.config.cohort import Cohort
from mmomics.config.protocol import Split
from mmomics.errors import UserError

WHO = {"files": "s.csv", "subject": "who"}
TABLE = "id,died,days,age,sex/gender,site\nP1,1,10,50,f,A\nP2,0,20,,m,B\nP3,1,30,70,,A\nP4,0,0,60,f,\n"
RNA = "id,g1,g2\nP1-a,1,2\nP1-b,3,6\nP3-a,5,5\nP9-a,7,7\n"
PROTEIN = "id,g1,q\nP4,1,0.5\nP3,,1\n"


@pytest.fixture
def cohort(tmp_path):
    """Build a cohort in memory from texts; keys given replace those of the cohort file."""

    def make(table=TABLE, rna=RNA, protein=PROTEIN, split=None, replicates=None, pattern="^(..)", kind=("rna", "log2"), **given):
        for name, text in {"s.csv": table, "rna.csv": rna, "protein.csv": protein}.items():
            (tmp_path / name).write_text(text)
        rna_settings = {"kind": kind[0], "values": kind[1], "files": "rna.csv", "subject_pattern": pattern, "replicates": replicates}
        settings = {
            "title": "t", "folder": str(tmp_path), "samples": {"files": "s.csv"},
            "outcome": {"task": "survival", "time": "days", "event": "died"},
            "modalities": {"rna": rna_settings, "protein": {"kind": "protein", "files": "protein.csv"}},
        }  # fmt: skip
        parsed = Cohort.model_validate({**settings, **given})
        assays = {name: normalize(ingest(name, modality, tmp_path)) for name, modality in parsed.modalities.items()}
        found = align(parsed, split or Split(), assays, samples.read(parsed.samples, tmp_path))
        return found.cohort, found.joins.set_index("modality")

    return make


def test_what_matched_is_counted(cohort, caplog):
    with caplog.at_level(logging.WARNING):
        _, joins = cohort(covariates=["age"])
    assert joins.loc["rna"].tolist() == [4, 3, 1, "mean", 2, 1, 2]
    assert joins.loc["protein"].tolist() == [2, 2, 0, "", 2, 0, 1]
    assert joins.loc["clinical"].tolist() == [4, 3, 0, "", 3, 0, 2]
    assert joins.loc["outcome"].tolist() == [4, 4, 0, "", 4, 0, 2]
    assert "rna: 1 of 3 subjects are not in the samples table and are left out" in caplog.messages
    assert not any(f"P{i}" in message for message in caplog.messages for i in range(10))  # counts, no ids


def test_a_missing_assay_is_absent(cohort):
    joined, _ = cohort()
    assert {name: set(modality.obs_names) for name, modality in joined.mod.items()} == {"rna": {"P1", "P3"}, "protein": {"P3", "P4"}}
    data = from_mudata(joined)
    assert dict(zip(data.subjects, data.seen["rna"], strict=True)) == {"P1": True, "P3": True, "P4": False}
    assert np.isnan(data.values["rna"][~data.seen["rna"]]).all()


@pytest.mark.parametrize(("replicates", "expected"), [(None, [2, 4]), ("mean", [2, 4]), ("max", [3, 6]), ("first", [1, 2])])
def test_replicates(cohort, replicates, expected):
    joined, joins = cohort(replicates=replicates)
    assert joins["merged_by"].to_dict() == {"rna": replicates or "mean", "protein": "", "outcome": ""}
    assert joined["rna"]["P1"].X.ravel().tolist() == expected
    assert joined["rna"]["P1"].layers["measured"].ravel().tolist() == expected
    assert joined["rna"]["P3"].X.ravel().tolist() == [5, 5]


@pytest.mark.parametrize(("kind", "values"), [("mutation", None), ("mutation", "binary"), ("microbiome", "presence")])
def test_what_one_of_several_samples_has_is_present(cohort, kind, values):
    table = "id,a,b,c,d\nP1-a,1,0,,\nP1-b,0,0,1,\nP3-a,0,1,,0\n"
    joined, joins = cohort(rna=table, kind=(kind, values))
    np.testing.assert_array_equal(joined["rna"]["P1"].X.ravel(), [1, 0, 1, np.nan])
    assert joins.loc["rna", "merged_by"] == "max"
    joined, _ = cohort(rna=table, kind=(kind, values), replicates="mean")
    np.testing.assert_array_equal(joined["rna"]["P1"].X.ravel(), [0.5, 0, 1, np.nan])


def test_values_and_their_p_values_are_no_replicates(cohort, caplog):
    cohort(rna="id,g1,g2\nP1.AVG_Beta,0.1,0.2\nP1.Detection Pval,0,0.01\nP3.AVG_Beta,0.3,0.2\nP3.Detection Pval,0,0.02\n")
    assert "told apart by 'avg beta', 'detection pval'" in caplog.text and "not like replicates" in caplog.text


def test_a_tumour_and_what_lies_beside_it_are_no_replicates(cohort, caplog):
    cohort(rna="id,g1,g2\nP1_tumor,0.1,0.2\nP1_normal,0,0.01\nP3_tumor,0.3,0.2\n")
    assert "told apart by 'tumor', 'normal'" in caplog.text and "not like replicates" in caplog.text


def test_replicates_may_be_refused(cohort):
    with pytest.raises(UserError, match="modality rna: 1 subjects have several samples, the first is 'P1'"):
        cohort(replicates="error")


def test_covariates_become_a_modality(cohort):
    joined, _ = cohort(covariates=["age", "sex/gender"])
    table = pd.DataFrame(joined["clinical"].X, joined["clinical"].obs_names, joined["clinical"].var["feature"])
    assert table.columns.tolist() == ["age", "sex/gender=f", "sex/gender=m"]
    assert table.loc["P1"].tolist() == [50, 1, 0]
    assert table.loc["P2"].isna().tolist() == [True, False, False]
    assert table.loc["P3"].isna().tolist() == [False, True, True]
    assert "P2" in joined.obs_names  # no assay, but covariates
    assert joined.obs.loc["P1", "sex_gender"] == "f"


def test_the_samples_table_may_know_the_subjects(cohort):
    table = "sample,died,days,who\nP1-a,1,10,A\nP1-b,1,10,A\nP3-a,0,30,C\nP4,1,5,D\nP3,0,30,C\n"
    joined, joins = cohort(table=table, samples=WHO, pattern=None)
    assert set(joined["rna"].obs_names) == {"A", "C"}
    assert joins.loc["rna", ["n_samples", "n_subjects", "n_not_in_samples_table"]].tolist() == [4, 3, 1]
    assert joins.loc["outcome"].tolist() == [5, 3, 2, "", 3, 0, 3]


def test_columns_for_splits_and_batches(cohort):
    joined, _ = cohort(split=Split(group="site", scheme="preset", column="sex/gender", test="f"), batch="site", covariates=["age"])
    assert joined.obs.loc["P1", ["group", "batch", "part"]].tolist() == ["A", "A", "f"]
    assert joined.obs["group"].isna().sum() == 1


def test_strata_may_be_numbers_and_may_be_unknown(cohort):
    table = "id,died,days,centre\nP1,1,10,1\nP3,1,30,2\nP4,0,3,\n"
    joined, _ = cohort(table=table, strata="centre")
    assert joined.obs["stratum"].dropna().to_dict() == {"P1": "1", "P3": "2"}


def test_a_preset_column_may_hold_numbers(cohort):
    table = "id,died,days,train\nP1,1,10,1.0\nP3,1,30,0.0\nP4,0,3,\n"
    joined, _ = cohort(table=table, split=Split(scheme="preset", column="train", test="0"))
    assert joined.obs["part"].dropna().to_dict() == {"P1": "1", "P3": "0"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"covariates": ["agee"]}, "no column 'agee'; did you mean 'age'?"),
        ({"batch": "plate"}, "no column 'plate'"),
        ({"strata": "centre"}, "no column 'centre'"),
        ({"rna": "id,g1\nX1,1\nX2,2\n"}, "modality rna: no subject is in the samples table (the assay has 'X1', the table 'P1')"),
        ({"rna": "id,P1,P2\ng1,1,2\ng2,3,4\n"}, "its features are subjects: mend `orientation`"),
        ({"table": "id,who,died,days\nP1,A,1,5\nP3,A,1,6\n", "samples": WHO}, "disagree, the first is 'A'"),
        ({"table": "id,who,died,days,bmi\nP1,A,1,5,20\nP3,A,1,5,21\n", "samples": WHO,
          "also": {"weight": {"task": "regression", "column": "bmi"}}}, "samples, column 'bmi'"),
        ({"table": "id,who,died,days\nP1,A,1,5\nP3,,1,6\n", "samples": WHO}, "1 row has no subject"),
        ({"outcome": {"task": "regression", "column": "agee"}}, "no column 'agee'"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_one_line(cohort, given, expected):
    with pytest.raises(UserError) as error:
        cohort(**given)
    assert expected in str(error.value)


@pytest.mark.parametrize("name", ["acc", "rosmap", "brca", "kipan"])
def test_a_cohort_survives_its_file(aligned, tmp_path, name):
    joined = aligned(name).cohort
    before = from_mudata(joined)
    write_cohort(tmp_path / "c.h5mu", joined)
    after = read_cohort(tmp_path / "c.h5mu")
    pd.testing.assert_frame_equal(before.obs, after.obs, check_names=False)
    assert before.outcome == after.outcome
    assert before.values.keys() == after.values.keys()
    for modality in before.values:
        np.testing.assert_array_equal(before.values[modality], after.values[modality])
        np.testing.assert_array_equal(before.seen[modality], after.seen[modality])
        np.testing.assert_array_equal(before.features[modality], after.features[modality])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mudata.read_h5mu(tmp_path / "c.h5mu")


def test_a_file_that_is_no_cohort(tmp_path):
    (tmp_path / "c.h5mu").write_text("no")
    for path in (tmp_path / "c.h5mu", tmp_path / "absent.h5mu"):
        with pytest.raises(UserError, match="no cohort file"):
            read_cohort(path)


def test_acc_has_the_patients_of_its_provenance(aligned, study):
    joined, joins = aligned("acc").cohort, aligned("acc").joins.set_index("modality")
    assert joins.loc[["rna", "mirna", "protein", "cnv", "mutation"], "n_in_samples_table"].tolist() == [79, 80, 46, 90, 90]
    assert joined.n_obs == 92
    table = pd.read_csv(f"{study('acc').folder}/clinical.tsv", sep="\t", index_col="subject")
    usable = table[table["os_days"] > 0]
    obs = joined.obs.loc[usable.index]
    np.testing.assert_array_equal(obs["time"], usable["os_days"])
    np.testing.assert_array_equal(obs["event"], usable["os_event"] == 1)
    assert joined.obs["time"].isna().sum() == len(table) - len(usable)


def test_kipan_drops_exactly_the_rows_without_usable_outcome(aligned, shared):
    joined, joins = aligned("kipan").cohort, aligned("kipan").joins.set_index("modality")
    table = pd.read_csv(shared / "tcga_kipan_survival" / "clinical.csv", index_col="sample_id")
    unusable = set(table.index[~(table["os_time_days"] > 0)])
    assert len(unusable) == 6
    assert set(joined.obs_names[joined.obs["time"].isna()]) == unusable
    assert joins.loc["outcome", "n_with_outcome"] == 652


def test_kipan_is_scored_within_the_histology_that_its_features_were_chosen_by(aligned):
    assert aligned("kipan").cohort.obs["stratum"].value_counts().tolist() == [318, 274, 66]


def test_rosmap_rows_without_ids_stay_together(aligned, shared):
    data = from_mudata(aligned("rosmap").cohort)
    assert data.outcome["classes"] == ["control", "Alzheimer's"]
    for part, short, n in (("train", "tr", 245), ("test", "te", 106)):
        rows = (data.obs["part"] == part).to_numpy()
        assert rows.sum() == n
        labels = np.loadtxt(shared / "mogonet_rosmap" / f"labels_{short}.csv")
        np.testing.assert_array_equal(data.obs.loc[rows, "outcome"] == "Alzheimer's", labels == 1)
        for i, name in enumerate(("rna", "meth", "mirna"), 1):
            native = np.loadtxt(shared / "mogonet_rosmap" / f"{i}_{short}.csv.gz", delimiter=",")
            np.testing.assert_allclose(data.values[name][rows], native, rtol=1e-6)


def test_an_empty_row_was_not_measured(cohort, caplog):
    joined, joins = cohort(protein="id,g1,q\nP1,,\nP4,1,0.5\nP3,,1\n")
    assert sorted(joined["protein"].obs_names) == ["P3", "P4"]
    assert not from_mudata(joined).seen["protein"][list(joined.obs_names).index("P1")]
    assert joins.loc["protein", "n_samples"] == 2 and joins.loc["protein", "n_replicates"] == 0
    assert "1 of 3 samples hold no value" in caplog.text
    with pytest.raises(UserError, match="holds no value at all"):
        cohort(protein="id,g1,q\nP1,,\nP4,,\n")


def test_further_outcomes_travel_with_the_cohort(cohort, tmp_path):
    also = {
        "age": {"task": "regression", "column": "age", "unit": "years"},
        "sex": {"task": "binary", "column": "sex/gender", "labels": {"f": "female", "m": "male"}, "positive": "male"},
        "death": {"task": "survival", "time": "days", "event": "died"},
    }
    outcome = {"task": "binary", "column": "died", "labels": {"0": "no", "1": "yes"}, "positive": "yes"}
    joined, _ = cohort(also=also, outcome=outcome)
    write_cohort(tmp_path / "cohort.h5mu", joined)
    data = read_cohort(tmp_path / "cohort.h5mu")
    assert data.also["age"] == {"task": "regression", "unit": "years", "classes": []}
    assert data.also["sex"]["classes"] == ["female", "male"]
    assert further(data.obs, "age")["outcome"].loc["P1"] == 50
    assert further(data.obs, "sex")["outcome"].loc[["P1", "P4"]].tolist() == ["female", "female"]
    assert further(data.obs, "sex")["outcome"].isna().loc["P3"]
    assert further(data.obs, "death")["event"].loc[["P1", "P4"]].tolist() == [True, False]
    with pytest.raises(ValueError, match="'age' is an outcome of `also`"):
        cohort(also=also, outcome=outcome, covariates=["age"])
    for name in ("rna", "clinical"):
        with pytest.raises(ValueError, match=f"also: '{name}' is the name of a modality"):
            cohort(also={name: also["age"]}, outcome=outcome)


def test_a_samples_table_may_have_decimal_commas_and_stray_spaces(cohort, tmp_path):
    table = "id;died;days;age;sex\nP1;1;10,5;50,5;f \nP2;0;20;41; m\nP3;1;30;70,25;f\nP4;0;0;60;m\n"
    joined, _ = cohort(table=table, samples={"files": "s.csv", "decimal": "comma"}, covariates=["age", "sex"])
    assert joined.obs["time"].loc["P1"] == 10.5
    clinical = joined["clinical"]
    assert list(clinical.var_names.str.removeprefix("clinical:")) == ["age", "sex=f", "sex=m"]
    assert clinical["P3"].X[0, 0] == 70.25
    with pytest.raises(UserError, match=r"'10,5' is not a finite number; set `samples.decimal: comma`"):
        cohort(table=table, covariates=["age"])
    with pytest.raises(UserError, match=r"column 'age': '50,5' has a comma; set `samples.decimal: comma`"):
        cohort(table=table.replace("10,5", "10"), covariates=["age"])
    with pytest.raises(UserError, match=r"column 'age': '70,25' has a comma; write a point, as others have"):
        cohort(table=table.replace("10,5", "10").replace("50,5", "50.5"), covariates=["age"])


def test_a_samples_table_may_separate_thousands(cohort):
    table = "id;died;days;age;sex\nP1;1;1,234.5;50;f\nP2;0;20;1,041;m\nP3;1;30;70;f\nP4;0;1,200;60;m\n"
    joined, _ = cohort(table=table)
    assert joined.obs["time"].loc[["P1", "P4"]].tolist() == [1234.5, 1200]
    with pytest.raises(UserError, match=r"'1,041' has a comma; set `samples.thousands: comma` if .* set `samples.decimal: comma`"):
        cohort(table=table, covariates=["age"])
    joined, _ = cohort(table=table, samples={"files": "s.csv", "thousands": "comma"}, covariates=["age"])
    assert joined["clinical"]["P2"].X[0, 0] == 1041


def test_a_batch_that_is_the_outcome_is_told_and_never_taken_out(cohort, caplog):
    outcome = {"task": "binary", "column": "died", "labels": {"0": "no", "1": "yes"}, "positive": "yes"}
    table = TABLE.replace("B\n", "C\n").replace("f,\n", "f,C\n")
    with caplog.at_level(logging.WARNING):
        cohort(table=table, outcome=outcome, batch="site")
    assert any("every batch holds one class of the outcome only" in message for message in caplog.messages)
    with pytest.raises(UserError, match=r"take `prepare\.batch` out"):
        cohort(table=table, outcome=outcome, batch="site", prepare={"batch": "combat"})
    caplog.clear()
    cohort(table=TABLE.replace("B\n", "A\n"), outcome=outcome, batch="site")
    assert not any("every batch" in message for message in caplog.messages)


def test_codes_of_what_is_missing_are_told_of_covariates_and_outcomes(cohort, caplog):
    table = "id;died;days;age;sex\n" + "".join(f"P{i};{i % 2};{i if i < 9 else 9999};{40 + i if i > 1 else -99};f\n" for i in range(1, 10))
    with caplog.at_level(logging.WARNING):
        cohort(table=table, covariates=["age"])
    for told in ("covariates: 'age' is -99 for 1 row", "outcome: 'time' is 9999 for 1 row"):
        assert any(message.startswith(told) and "`samples.na_values: [" in message for message in caplog.messages)
    caplog.clear()
    cohort(table=table, covariates=["age"], samples={"files": "s.csv", "na_values": [-99, 9999]})
    assert not any("code" in message for message in caplog.messages)


def test_covariates_that_differ_between_merged_rows_are_told(cohort, caplog):
    table = "row,who,died,days,age,sex,crp\nv2,P1,1,10,50,f,3\nv1,P1,1,10,50.0,f,1\nv3,P3,1,30,70,,\nv4,P3,1,30,70,m,2\n"
    with caplog.at_level(logging.WARNING):
        joined, _ = cohort(table, covariates=["age", "sex", "crp"], samples=WHO)
        told = [message for message in caplog.messages if "covariates" in message]
        assert len(told) == 1 and told[0].startswith("covariates: 'crp' differs between the rows of 1 subject, and the first counts")
        assert joined.obs["crp"].tolist() == [3, 2]  # missing is no difference
        caplog.clear()
        cohort(table, covariates=["crp"], samples=WHO | {"visits": "keep"})
    assert not [message for message in caplog.messages if "differs" in message]
