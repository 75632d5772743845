"""A draft is a cohort file that works, or says where a choice is open."""

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics import plugins
from mmomics.__main__ import main
from mmomics.cohort.clinical import encode, raw
from mmomics.config.check import check as parse
from mmomics.config.cohort import Cohort
from mmomics.errors import UserError
from mmomics.onboarding import guess
from mmomics.onboarding.check import check
from mmomics.onboarding.draft import draft


@pytest.fixture
def folder(tmp_path):
    """RNA counts in columns with barcodes, beta values in rows, clinic with a survival outcome, one glucose file per subject."""
    rng = np.random.default_rng(0)
    subjects = [f"TCGA-AB-{number:04d}" for number in range(40)]
    place = tmp_path / "mine"
    (place / "cgm").mkdir(parents=True)
    counts = pd.DataFrame(rng.poisson(200, (30, 40)), index=[f"g{i}" for i in range(30)], columns=[f"{name}-01A" for name in subjects])
    counts.to_csv(place / "rna_counts.tsv.gz", sep="\t")
    pd.DataFrame(rng.beta(2, 5, (35, 20)), index=subjects[:35], columns=[f"cg{i}" for i in range(20)]).to_parquet(
        place / "methylation.parquet"
    )
    clinic = {
        "os_days": rng.integers(10, 3000, 40),
        "os_event": rng.integers(0, 2, 40),
        "age": rng.integers(30, 80, 40),
        "sex": ["f", "m"] * 20,
    }
    pd.DataFrame(clinic, index=pd.Index(subjects, name="patient")).to_csv(place / "clinical.csv")
    return place


def test_the_draft_of_usual_files_passes_the_check_as_it_is(folder, tmp_path):
    text = draft(folder, "mine")
    content = yaml.safe_load(text)
    assert content["outcome"] == {"task": "survival", "time": "os_days", "event": "os_event"}
    assert content["covariates"] == ["age", "sex"]
    assert content["modalities"]["rna_counts"] == {
        "kind": "rna", "values": "counts", "files": "rna_counts.tsv.gz", "orientation": "samples_in_columns", "subject_pattern": "^(.{12})",
    }  # fmt: skip
    assert content["modalities"]["methylation"] == {"kind": "methylation", "values": "beta", "files": "methylation.parquet"}
    (tmp_path / "mine.yaml").write_text(text)
    assert check(tmp_path / "mine.yaml").errors == []


def test_the_verb_writes_once_and_never_over_a_file(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", str(folder)]) == 0
    written = tmp_path / "config/cohorts/mine.yaml"
    assert written.read_text() == draft(folder, "mine")
    assert main(["init", str(folder)]) == 2
    assert main(["init", str(folder), "--output", "-"]) == 0
    assert capsys.readouterr().out == written.read_text()


def test_decimal_commas_encodings_and_unreadable_files_are_said(folder):
    (folder / "protein.csv").write_bytes("id;a;ß\nTCGA-AB-0001;1,5;2,25\nTCGA-AB-0002;0,5;3,75\n".encode("latin-1"))
    (folder / "broken.csv").write_text("")
    text = draft(folder, "mine")
    content = yaml.safe_load(text)
    assert content["modalities"]["protein"]["decimal"] == "comma"
    assert content["modalities"]["protein"]["encoding"] == "latin-1"
    assert "# not read: " in text and "broken.csv" in text


def test_columns_of_one_name_are_dropped_and_lists_of_features_are_no_assay(folder):
    (folder / "blood.csv").write_text("patient,Time (t),Time (t),iron\nTCGA-AB-0001,1,2,3\nTCGA-AB-0002,1,2,4\n")
    (folder / "probes.csv").write_text("probe,gene\n" + "".join(f"cg{i},S{i}\n" for i in range(20)))
    (folder / "weekly.csv").write_text("patient,day,mass\n" + "".join(f"TCGA-AB-0001,{i},{i * 2}\n" for i in range(9)))
    text = draft(folder, "mine")
    modalities = yaml.safe_load(text)["modalities"]
    assert modalities["blood"]["drop"] == ["Time (t)"]
    assert "probes" not in modalities and "# not used, describes features: probes.csv" in text
    assert modalities["weekly"] == {
        "signal": "series", "files": "weekly.csv", "subject": "patient", "time": "day", "time_format": "d", "channels": {"mass": "mass"},
    }  # fmt: skip


def test_parts_are_stacked_and_wide_tables_are_read(tmp_path):
    names = [f"cg{i:07d}" for i in range(20_000)]  # a header of 200,000 characters
    for part, rows in (("train", ["A", "B", "C"]), ("test", ["D", "E"])):
        pd.DataFrame(0.5, index=rows, columns=names).to_csv(tmp_path / f"meth_{part}.csv")
        pd.DataFrame({"sex": ["f", "m", "f"][: len(rows)], "label": range(len(rows))}, index=rows).to_csv(tmp_path / f"clinical_{part}.csv")
    content = yaml.safe_load(draft(tmp_path, "mine"))
    assert content["samples"]["files"] == {"train": "clinical_train.csv", "test": "clinical_test.csv"}
    assert content["modalities"]["meth"] == {
        "kind": "methylation", "values": "beta", "files": {"train": "meth_train.csv", "test": "meth_test.csv"},
    }  # fmt: skip


@pytest.mark.parametrize("cohort", ["tcga_acc_mini", "tcga_luad_survival"])
def test_drafts_of_usual_cohorts_pass_the_check_as_they_are(shared, tmp_path, cohort):
    (tmp_path / "c.yaml").write_text(draft(shared / cohort, cohort))
    assert check(tmp_path / "c.yaml").errors == []


PLAIN = [str(101 + i) for i in range(24)]
ZEROS = [f"{i + 1:03d}" for i in range(24)]
GENES = pd.Index([f"ENSG{i:011d}" for i in range(30)], name="gene_id")


def people(ids, name="id"):
    rng = np.random.default_rng(1)
    return pd.DataFrame({"diagnosis": ["case", "control"] * 12, "age": rng.integers(30, 80, 24)}, index=pd.Index(ids, name=name))


def reads(ids, **beside):
    table = pd.DataFrame(np.random.default_rng(2).poisson(100, (30, 24)), index=GENES, columns=ids)
    for name, values in reversed(beside.items()):
        table.insert(0, name, values)
    return table.to_csv(sep="\t")


def feature_counts(ids):
    beside = {"Chr": "chr1;chr1", "Start": "1;5", "End": range(30), "Strand": "+;+", "Length": range(100, 130)}
    return '# Program:featureCounts v2.0.3; Command:"featureCounts" "-a" "x.gtf"\n' + reads([f"bam/{each}.bam" for each in ids], **beside)


ABOUT = {"gene_name": "MARCHF1", "description": "some words, here", "length": range(30)}
COLUMNS = {"kind": "rna", "values": "counts", "orientation": "samples_in_columns"}
ODD = {
    "whole numbers": (people(PLAIN), reads(PLAIN), {}, COLUMNS),
    "numbers and nothing above them": (people(PLAIN, None), reads(PLAIN).replace("gene_id", "", 1), {}, COLUMNS),
    "names beside the ids of genes": (
        people([f"S {each}" for each in PLAIN]), reads([f"S {each}" for each in PLAIN], **ABOUT), {}, {**COLUMNS, "drop": [*ABOUT]},
    ),
    "zeros in the samples table": (people(ZEROS), reads([each.lstrip("0") for each in ZEROS]), {"subject_pattern": r"^0*(\d+)$"}, COLUMNS),
    "zeros in the assay": (
        people([each.lstrip("0") for each in ZEROS]), reads(ZEROS), {}, {**COLUMNS, "subject_pattern": r"^0*(\d+)$"},
    ),
    "ids in another column": (
        people(PLAIN, "patient_id").reset_index().set_index("diagnosis"), reads(PLAIN), {"index": "patient_id"}, COLUMNS,
    ),
    "numbered rows": (people(PLAIN, "patient").reset_index(), reads(PLAIN), {"index": "patient", "drop": [""]}, COLUMNS),
    "featureCounts": (
        people(PLAIN), feature_counts(PLAIN), {},
        {**COLUMNS, "drop": ["Chr", "Start", "End", "Strand", "Length"], "subject_pattern": r"([^/]+?)(?:\.sorted)?\.bam$"},
    ),
    "lines above": (people(PLAIN), "Lab;of many\nplate;7;x\n\n" + reads(PLAIN).replace("\t", ";"), {}, {**COLUMNS, "skip_rows": 3}),
    "another case": (people([f"S{each}" for each in PLAIN]), reads([f"s{each}" for each in PLAIN]), {}, {**COLUMNS, "ignore_case": True}),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_odd_ids_and_layouts_are_guessed_so_that_the_check_passes(tmp_path, case):
    table, text, samples, assay = ODD[case]
    table.to_csv(tmp_path / "clinical.csv")
    (tmp_path / "matrix.txt").write_text(text)
    (tmp_path / "c.yaml").write_text(draft(tmp_path, "mine"))
    content = yaml.safe_load((tmp_path / "c.yaml").read_text())
    index = {"index": table.index.name} if table.index.name and "index" not in samples else {}
    assert content["samples"] == {"files": "clinical.csv", **index, **samples}
    assert content["modalities"] == {"matrix": {"files": "matrix.txt", **assay}}
    found = check(tmp_path / "c.yaml")
    assert found.errors == [] and not any("samples table" in line or "CHOOSE" in line for line in found.warnings)


def test_ids_that_differ_in_their_signs_are_left_to_the_user_in_one_line(tmp_path):
    people([f"S {each}" for each in PLAIN]).to_csv(tmp_path / "clinical.csv")
    (tmp_path / "matrix.txt").write_text(reads([f"S_{each}" for each in PLAIN]))
    (tmp_path / "c.yaml").write_text(draft(tmp_path, "mine"))
    assert (
        "# CHOOSE: ids differ in their signs, 'S_101' here, 'S 101' in the table of samples: see `ids`" in (tmp_path / "c.yaml").read_text()
    )
    assert sum("the draft left a choice open (CHOOSE)" in line for line in check(tmp_path / "c.yaml").warnings) == 1


def test_a_header_that_is_missing_is_told_from_one_of_numbers(tmp_path):
    people(PLAIN).to_csv(tmp_path / "clinical.csv")
    values = pd.DataFrame(np.random.default_rng(0).normal(size=(24, 5)).round(3), index=PLAIN)
    values.to_csv(tmp_path / "named.csv", header=False)
    values.set_axis([f"S{each}" for each in PLAIN]).to_csv(tmp_path / "words.csv", header=False)
    content = yaml.safe_load(draft(tmp_path, "mine"))
    modalities = content["modalities"]
    assert content["samples"] == {"files": "clinical.csv", "index": "id"}
    assert modalities["named"].get("header") is False and modalities["words"]["header"] is False
    assert "number_rows" not in modalities["words"]


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_to_draft_from_is_one_line(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=name):
        draft(tmp_path / name, name)


@pytest.mark.parametrize(
    ("cohort", "task", "modalities"),
    [
        ("cll_block_missing", "survival", {"genetics", "drug_auc", "drug_viability", "proteomics_log2", "seahorse_bioenergetics"}),
        ("tcga_kipan_survival", "survival", {"rna", "meth", "mirna"}),
        ("tcga_luad_survival", "survival", {"rna_zscore", "cnv", "mutation"}),
        ("tcga_acc_mini", "survival", {"rna_rsem_normalized", "mirna_counts", "protein_rppa", "cnv_gistic", "mutations"}),
        ("motrpac_rat_wat", "multiclass", {"rna_counts", "proteomics_log2ratio", "device_vo2max_treadmill", "device_weekly_measures_long"}),
        ("cgmacros", None, {"microbes", "cgmacros", "gut_health_test"}),
        ("mogonet_rosmap", "binary", {"m_1", "m_2", "m_3"}),
        ("onset_of_labor", "regression", {"proteomics", "cytof"}),
    ],
)
def test_drafts_of_real_folders_are_cohort_files(shared, cohort, task, modalities):
    content = yaml.safe_load(draft(shared / cohort, cohort))
    found = parse(Cohort, content, cohort)
    assert modalities <= set(found.modalities)
    assert task is None or found.outcome.task == task


@pytest.mark.parametrize(
    ("levels", "positive"),
    [
        (["case", "control"], "case"),
        (["0", "1"], "1"),
        (["no", "yes"], "yes"),
        (["SED", "T"], "T"),
        (["a", "b"], "b"),
        (["healthy", "ill"], "ill"),
        (["ja", "nein"], "ja"),
    ],
)
def test_scores_speak_for_the_case_not_for_the_control(levels, positive):
    assert guess.positive(levels) == positive


def test_columns_and_names_of_cbioportal_and_logged_values_are_known():
    assert guess.BESIDE.fullmatch("Entrez_Gene_Id") and guess.BESIDE.fullmatch("Hugo_Symbol")
    assert guess.kind("data_cna.txt") == "cnv"
    assert guess.kind("metabric_expression.txt") == "rna" and guess.kind("metabolites_metabric.txt") == "metabolome"
    values = np.array([[0.0, 3.25], [12.5, 7.75]])
    assert guess.scale("rna", values, "expression_log2tpm.csv")[0] == "log2"
    assert guess.scale("rna", 100 * values, "expression_tpm.csv")[0] == "tpm"


def test_series_in_one_file_are_drafted_with_the_signs_of_their_numbers(folder):
    rows = "".join(f"TCGA-AB-{who:04d};{day};{80 + day},3\n" for who in range(6) for day in range(8))
    (folder / "weight.csv").write_text("patient;day;weight\n" + rows)
    assert yaml.safe_load(draft(folder, "t"))["modalities"]["weight"]["decimal"] == "comma"


def test_two_numbers_of_an_event_are_drafted_with_what_they_mean(folder, tmp_path):
    for words, expected in ((["1", "2"], {"1": "censored", "2": "event"}), (["0:LIVING", "1:DECEASED"], None)):
        given = pd.read_csv(folder / "clinical.csv").assign(os_event=words * 20)
        given.to_csv(folder / "clinical.csv", index=False)
        (tmp_path / "mine.yaml").write_text(draft(folder, "mine"))
        drafted = yaml.safe_load((tmp_path / "mine.yaml").read_text())["outcome"]
        assert drafted["task"] == "survival" and drafted.get("labels") == expected
        assert check(tmp_path / "mine.yaml").errors == []


def test_the_draft_of_a_simulated_cohort_takes_whole_ids(tmp_path):
    from mmomics.simulation.plan import Plan
    from mmomics.simulation.write import write

    write(Plan(n_subjects=40), tmp_path / "simulated")
    content = yaml.safe_load(draft(tmp_path / "simulated", "simulated"))
    assert {content["modalities"][name]["files"] for name in ("band", "cgm", "ecg", "eeg")} == {
        "band/{subject}.csv", "cgm/{subject}.csv", "ecg/{subject}.hea", "eeg/{subject}.edf",
    }  # fmt: skip
    assert content["modalities"]["rna_counts"]["subject_pattern"] == "^(.+)[-_.][^-_.]+$"
    assert content["outcome"]["positive"] == "case"


def fitbit(**columns):
    """Two days of minutes, or of hours, with the times as Fitabase writes them."""
    n = len(next(iter(columns.values())))
    clock = pd.date_range("2016-04-12", periods=n, freq="2D" if n == 1 else pd.Timedelta(days=2) / n)
    hour = [f"{each.month}/{each.day}/{each.year} {each.hour % 12 or 12}:{each:%M:%S %p}" for each in clock]
    return pd.DataFrame({"ActivityHour" if n < 99 else "ActivityMinute": hour, **columns})


def test_every_signal_of_a_table_is_drafted_and_the_check_reads_them(folder, tmp_path):
    rng = np.random.default_rng(0)
    for number in (1, 2, 3):
        steps = rng.poisson(20, 2880) * (np.arange(2880) % 1440 > 480)
        several = {"Steps": steps, "METs": 1 + steps / 9, "Heart rate": 60 + steps, "Skin": 30.5, "Note": "-"}
        minutes = {f"Steps{minute:02d}": steps.reshape(48, 60)[:, minute] for minute in range(60)}
        for name, columns in (("min", several), ("wide", minutes), ("day", {"StepTotal": steps.reshape(48, 60).sum(axis=1)})):
            (folder / name).mkdir(exist_ok=True)
            fitbit(**columns).to_csv(folder / f"{name}/TCGA-AB-000{number}.csv", index=False)
        (folder / "hr").mkdir(exist_ok=True)
        fitbit(Value=60 + steps).rename(columns={"ActivityMinute": "Time"}).to_csv(folder / f"hr/TCGA-AB-000{number}.csv", index=False)
    text = draft(folder, "mine")
    content = yaml.safe_load(text)["modalities"]
    found = {(about["files"].split("/")[0], about["signal"]) for about in content.values() if "signal" in about}
    one = {("wide", "activity"), ("day", "activity"), ("hr", "heart_rate")}
    assert found == one | {("min", "activity"), ("min", "energy"), ("min", "heart_rate")}
    assert "# not used: Skin; a modality of `signal: series`" in text and "Note" not in text
    (tmp_path / "mine.yaml").write_text(text)
    assert check(tmp_path / "mine.yaml").errors == []


@pytest.mark.parametrize(("unit", "told"), [(1, None), (10, {"scale": 10})])
def test_mets_in_tenths_are_drafted_as_such_in_a_file_of_all_and_in_one_of_each(folder, tmp_path, unit, told):
    (folder / "met").mkdir()
    every = []
    for number in (1, 2, 3):
        mets = np.where(np.arange(2880) % 1440 > 480, 1 + np.arange(2880) % 5, 1.0) * unit
        own = fitbit(METs=mets.astype(int))
        own.to_csv(folder / f"met/TCGA-AB-000{number}.csv", index=False)
        every.append(own.assign(Id=f"TCGA-AB-000{number}")[["Id", *own.columns]])
    pd.concat(every).to_csv(folder / "minuteMETsNarrow_merged.csv", index=False)
    text = draft(folder, "mine")
    found = [about for about in yaml.safe_load(text)["modalities"].values() if about.get("signal") == "energy"]
    assert [about.get("params") for about in found] == [told, told]
    (tmp_path / "mine.yaml").write_text(text)
    assert check(tmp_path / "mine.yaml").errors == []


LIBRE = "Glucose Data,Generated on,06-20-2021\nDevice,Serial Number,Device Timestamp,Record Type,Historic Glucose mg/dL\n"
CLARITY = "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Glucose Value (mg/dL)\n"
CARELINK = "Last Name,First Name\nIndex;Date;Time;Sensor Glucose (mg/dL)\n"


@pytest.mark.parametrize(
    ("head", "row", "names"),
    [
        (LIBRE, "Libre,1,2021-06-14 {:%H:%M},0,{}\n", ["cgm/TCGA-AB-0001.csv", "cgm/TCGA-AB-0002.csv", "cgm/TCGA-AB-0003.csv"]),
        (CLARITY, "1,2021-06-14T{:%H:%M:%S},EGV,{}\n", ["cgm/TCGA-AB-0001.csv", "cgm/TCGA-AB-0002.csv"]),
        (CARELINK, "1;2021/06/14;{:%H:%M:%S};{}\n", ["cgm/TCGA-AB-0001.csv"]),
    ],
)
def test_exports_of_glucose_monitors_are_drafted_as_such_and_pass_the_check(folder, tmp_path, head, row, names):
    rows = [row.format(stamp, 100 + place % 50) for place, stamp in enumerate(pd.date_range("2021-06-14", periods=288, freq="5min"))]
    for name in names:
        (folder / name).write_text(head + "".join(rows))
    text = draft(folder, "mine")
    (about,) = [each for each in yaml.safe_load(text)["modalities"].values() if each.get("signal")]
    assert (about["signal"], about["format"]) == ("cgm", "glucose")
    (tmp_path / "mine.yaml").write_text(text)
    assert check(tmp_path / "mine.yaml").errors == []


def test_each_sheet_of_a_workbook_is_drafted(folder):
    table = pd.DataFrame(np.random.default_rng(0).normal(9, 1, (5, 3)), [f"TCGA-AB-000{i}" for i in range(5)], ["a", "b", "c"])
    with pd.ExcelWriter(folder / "proteins.xlsx") as book:
        table.to_excel(book, sheet_name="plasma")
        table.to_excel(book, sheet_name="urine")
    text = draft(folder, "mine")
    for name in ("plasma", "urine"):
        about = yaml.safe_load(text)["modalities"][name]
        assert (about["kind"], about["files"], about["within"]) == ("protein", "proteins.xlsx", name)
    assert "# not read" not in text


def test_when_specimens_were_taken_is_offered_and_how_to_align_with_it(folder, tmp_path):
    clinic = pd.read_csv(folder / "clinical.csv", index_col=0)
    clinic.assign(date_of_birth="1970-01-01", visit="2021-06-15", drawn="2021-06-15 08:00").to_csv(folder / "clinical.csv")
    clock = pd.date_range("2021-06-14 00:00", periods=288, freq="5min")
    for number in range(3):
        pd.DataFrame({"time": clock, "glucose": 120 + number}).to_csv(folder / f"cgm/TCGA-AB-{number:04d}.csv", index=False)
    text = draft(folder, "mine")
    assert yaml.safe_load(text)["samples"]["time"] == "drawn"
    line = "    # align: {window: before, length: 1 d}"
    assert line in text
    (tmp_path / "mine.yaml").write_text(text.replace(line, line.replace("# ", "")))
    assert check(tmp_path / "mine.yaml").errors == []


def test_a_date_of_birth_is_no_time_of_a_specimen():
    dates = pd.DataFrame({"date_of_birth": ["1970-01-01"], "collected": ["2021-06-15"], "age": ["50"], "words": ["2021-06 or so"]})
    assert list(guess.moments(dates)) == ["collected"]


def test_numbers_that_no_logarithm_reaches_are_not_guessed_to_be_logarithms():
    values = np.array([[0.06, 3.5], [121704.2, 12.0]])
    assert guess.scale("rna", values, "rna.tsv")[0] == "rsem" and guess.scale("mirna", values, "expected_counts.tsv")[0] == "counts"
    assert guess.scale("rna", values / 1e4, "rna.tsv")[0] == "log2"
    assert guess.scale("protein", values / 1e3, "proteins.csv")[0] == "intensity"
    assert guess.scale("protein", values / 1e4 + 15, "proteins.csv")[0] == "log2"
    for kind in ("rna", "mirna", "single_cell", "protein", "phospho", "metabolome", "lipidome"):
        scales = plugins.load("assays", kind).SCALES
        assert {guess.scale(kind, each)[0] for each in (values, values / 1e4, np.rint(values), values / 1e4 - 3)} <= {*scales, None}


def test_mutations_under_the_name_of_a_text_are_told_to_be_renamed(tmp_path):
    rows = [f"TP53\tMissense_Mutation\tP{n}\n" for n in range(4)]
    (tmp_path / "data_mutations.txt").write_text(
        "#version 2.4\nHugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n" + "".join(rows)
    )
    (tmp_path / "clinical.csv").write_text("id,age,group\n" + "".join(f"P{n},{20 + n},{'ab'[n % 2]}\n" for n in range(4)))
    text = draft(tmp_path, "x")
    assert "# not used, a list of mutations: rename it to end in .maf: data_mutations.txt" in text and "data_mutations:" not in text
    (tmp_path / "data_mutations.txt").rename(tmp_path / "data.maf")
    assert "rename" not in draft(tmp_path, "x") and "files: data.maf" in draft(tmp_path, "x")


def test_what_a_core_writes_beside_its_measurements_is_dropped_and_told_where_it_is_not(folder, tmp_path):
    rng = np.random.default_rng(0)
    ids = [f"TCGA-AB-{number:04d}" for number in range(40)]
    beside = {"Sample Type": "Sample", "Batch": [1, 2] * 20, "Injection Order": range(1, 41)}
    peaks = {f"{100 + i}.01@{i}": rng.lognormal(9, 1, 40).round(1) for i in range(30)}
    pd.DataFrame({"Sample ID": ids} | beside | peaks).to_csv(folder / "metabolomics.csv", index=False)
    text = draft(folder, "mine")
    assert "drop: [Sample Type, Batch, Injection Order] #" in text and "# Batch says what was measured together" in text
    (tmp_path / "mine.yaml").write_text(text.replace("[Sample Type, Batch, Injection Order]", "[Sample Type]"))
    found = check(tmp_path / "mine.yaml")
    told = [line for line in found.warnings if "called like what is no measurement" in line]
    assert found.errors == [] and len(told) == 1 and "(Batch, Injection Order)" in told[0]
    (tmp_path / "mine.yaml").write_text(text)
    assert not [line for line in check(tmp_path / "mine.yaml").warnings if "no measurement" in line]


def test_a_batch_of_the_samples_table_is_offered(folder):
    clinic = pd.read_csv(folder / "clinical.csv", index_col=0)
    clinic.assign(Plate=["P1", "P2"] * 20).to_csv(folder / "clinical.csv")
    assert "# batch: Plate #" in draft(folder, "mine")


@pytest.fixture
def redcap(folder):
    """A clinic whose people have a row per event, and the sheet of a scanner beside it."""
    ids = [f"TCGA-AB-{number:04d}" for number in range(40)]
    (folder / "clinical.csv").unlink()
    first = {"redcap_event_name": "baseline_arm_1", "age": 50, "sex": [1, 2] * 20, "relapse": [0, 0, 1, 1] * 10, "crp": np.nan}
    later = {"redcap_event_name": "followup_arm_1", "crp": np.arange(40) / 4}
    events = pd.concat([pd.DataFrame({"record_id": ids} | each) for each in (first, later)])
    events.to_csv(folder / "Study_DATA_2024-05-02.csv", index=False)
    sheet = "".join(f"{name},A{i % 12 + 1},Plate{i // 20},{204379120001 + i // 8},R0{i % 8 + 1}C01\n" for i, name in enumerate(ids))
    head = "[Header],,,,\nInvestigator Name,Core,,,\n,,,,\n[Data],,,,\nSample_Name,Sample_Well,Sample_Plate,Sentrix_ID,Sentrix_Position\n"
    (folder / "SampleSheet.csv").write_text(head + sheet)
    return folder


def test_events_of_people_are_the_samples_table_and_a_sheet_of_a_scanner_is_not(redcap, tmp_path):
    text = draft(redcap, "mine")
    samples = yaml.safe_load(text)["samples"]
    assert samples == {"files": "Study_DATA_2024-05-02.csv", "number_rows": True, "subject": "record_id"}
    assert "# not used, holds no measurement (see `samples.join`): SampleSheet.csv" in text
    (tmp_path / "mine.yaml").write_text(text)
    assert check(tmp_path / "mine.yaml").errors == []


def test_ids_that_repeat_in_the_samples_table_are_told_with_what_merges_them(redcap, tmp_path):
    text = draft(redcap, "mine").replace("  number_rows: true\n", "").replace("  subject:", "  index:")
    (tmp_path / "mine.yaml").write_text(text)
    (told,) = check(tmp_path / "mine.yaml").errors
    assert "40 sample ids repeated" in told and "set `number_rows: true` and `subject: 'record_id'` in place of `index`" in told


@pytest.mark.parametrize("words", [("False", "True"), ("FALSE", "TRUE"), ("no", "yes")])
def test_two_words_are_two_values_of_an_outcome_a_covariate_and_an_assay(tmp_path, words):
    rng, place = np.random.default_rng(0), tmp_path / "mine"
    place.mkdir()
    ids = pd.Index([f"S{i:03d}" for i in range(40)], name="patient")

    def told(share):
        return np.array(words)[(rng.random(40) < share).astype(int)]

    clinic = pd.DataFrame({"age": rng.integers(30, 80, 40), "smoker": told(0.3), "relapse_status": told(0.5)}, index=ids)
    clinic.to_csv(place / "clinical.csv")
    pd.DataFrame({"crp": rng.lognormal(1, 1, 40).round(2), "diabetic": told(0.4)}, index=ids).to_csv(place / "labs.csv")
    pd.DataFrame({f"G{i}": told(0.3) for i in range(6)}, index=ids).to_csv(place / "mutation.csv")
    text = draft(place, "mine")
    (tmp_path / "mine.yaml").write_text(text)
    assert check(tmp_path / "mine.yaml").errors == []
    drafted = yaml.safe_load(text)
    assert drafted["outcome"] == {"task": "binary", "column": "relapse_status", "positive": words[1]}
    assert drafted["covariates"] == ["age", "smoker"]
    assert drafted["modalities"]["mutation"]["values"] == "binary" and "drop" not in drafted["modalities"]["labs"]
    encoded = encode(raw(pd.read_csv(place / "clinical.csv", index_col=0, dtype=str), ["smoker"]))
    assert encoded.columns.tolist() == [f"smoker={word}" for word in words] and (encoded.sum(axis=1) == 1).all()


def test_ids_of_olink_say_that_features_are_proteins():
    assert guess.kind("plasma.csv", [f"OID{number:05d}" for number in range(471, 563)]) == "protein"


def test_what_features_are_called_tells_more_than_what_stands_beside_them(tmp_path):
    genes = [f"ENSG{number:011d}" for number in range(40)]
    table = pd.DataFrame(np.random.default_rng(0).poisson(90, (40, 12)), genes, [f"P{number:02d}" for number in range(12)])
    table.insert(0, "uniprot_id", [f"P{number:05d}" for number in range(40)])
    table.to_csv(tmp_path / "matrix.csv", index_label="id")
    pd.DataFrame({"y": ["a", "b"] * 6}, [f"P{number:02d}" for number in range(12)]).to_csv(tmp_path / "samples.csv", index_label="id")
    (matrix,) = yaml.safe_load(draft(tmp_path, "mine"))["modalities"].values()
    assert (matrix["kind"], matrix["values"]) == ("rna", "counts")
