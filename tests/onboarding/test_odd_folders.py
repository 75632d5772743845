"""Drafts of what people really have: each passes the check, or says in a remark what is to be settled."""

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.onboarding import clock
from mmomics.onboarding.check import check
from mmomics.onboarding.draft import draft

N = 24
PEOPLE = [f"P{number:03d}" for number in range(1, N + 1)]
RNG = np.random.default_rng(0)


def people(path, **columns):
    """A table of samples with a response, or other columns."""
    columns = columns or {"response": ["yes", "no"] * (N // 2), "age": range(30, 30 + N)}
    pd.DataFrame(columns, index=pd.Index(PEOPLE, name="subject")).to_csv(path / "samples.csv")


def drafted(path):
    """The draft as YAML, its text, and what the check says of it."""
    text = draft(path, "mine")
    (path / "draft.yaml").write_text(text)
    found = check(path / "draft.yaml")
    (path / "draft.yaml").unlink()
    return yaml.safe_load(text), text, found


def german(values):
    return [f"{value:.2f}".replace(".", ",") for value in values]


def test_the_decimal_comma_is_one_of_the_table_whatever_its_other_columns_hold(tmp_path):
    words = {name: ["x", "y, z"] * (N // 2) for name in ("methode", "ort", "charge", "bemerkung")}
    frame = pd.DataFrame(words | {"natrium": german(RNG.normal(140, 3, N))}, index=pd.Index(PEOPLE, name="subject"))
    frame.to_csv(tmp_path / "labor.csv", sep=";")
    people(tmp_path)
    content, _, found = drafted(tmp_path)
    assert content["modalities"]["labor"] == {"kind": "clinical", "files": "labor.csv", "decimal": "comma", "drop": list(words)}
    assert found.errors == []


@pytest.mark.parametrize("cells", [["1,234", "2,345"], ["1,5", "2.5"], ["a,b", "c,d"]])
def test_commas_that_may_be_others_are_no_decimal_signs(tmp_path, cells):
    frame = pd.DataFrame({"what": cells * (N // 2), "number": range(N)}, index=pd.Index(PEOPLE, name="subject"))
    frame.to_csv(tmp_path / "blood.tsv", sep="\t")
    people(tmp_path)
    assert "decimal" not in yaml.safe_load(draft(tmp_path, "mine"))["modalities"]["blood"]


@pytest.mark.parametrize("name", ["/run1/{}_Aligned.sortedByCoord.out.bam", "/run1/{}/Aligned.out.bam", "{}.markdup.bam", "a/{}_L001.bam"])
@pytest.mark.parametrize("known", [True, False])
def test_counts_of_aligned_reads_have_their_samples_in_paths(tmp_path, name, known):
    genes = [f"ENSG{number:011d}" for number in range(30)]
    beside = {"Geneid": genes, "Chr": "chr1;chr1", "Start": "1;3", "End": "2;4", "Strand": "+;+", "Length": range(90, 120)}
    reads = pd.DataFrame(RNG.poisson(90, (30, N)), columns=[name.format(each if known else f"x{each}x") for each in PEOPLE])
    text = pd.concat([pd.DataFrame(beside), reads], axis=1).to_csv(sep="\t", index=False)
    (tmp_path / "counts.txt").write_text('# Program:featureCounts v2.0.1; Command:"featureCounts" "-a" "g.gtf"\n' + text)
    people(tmp_path)
    content, text, found = drafted(tmp_path)
    counts = content["modalities"]["counts"]
    assert (counts["kind"], counts["orientation"], counts["drop"]) == ("rna", "samples_in_columns", list(beside)[1:])
    assert found.errors == [] if known else "# CHOOSE a subject_pattern" in text


def test_a_yes_or_no_is_drafted_before_the_levels_of_a_number(tmp_path):
    people(tmp_path, HbA1c=[5.1, 5.6, 6.2, 7.5] * (N // 4), nyha_class=[1, 2, 3, 4] * (N // 4), diabetes=["yes", "no"] * (N // 2))
    pd.DataFrame(RNG.normal(9, 1, (N, 5)), index=PEOPLE, columns=list("vwxyz")).to_csv(tmp_path / "protein.csv")
    content, text, found = drafted(tmp_path)
    assert content["outcome"] == {"task": "binary", "column": "diabetes", "positive": "yes"}
    assert "outcome: # CHOOSE the column, of diabetes, nyha_class;" in text and found.errors == []


COUNTS = RNG.poisson(3, (10 * N, 8)).astype(np.float32)
SCALED = RNG.normal(size=(10 * N, 6)).astype(np.float32)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({}, {"pool": "sum"}),
        ({"scaled": SCALED, "counts": COUNTS[:, :6]}, {"within": "counts", "pool": "sum"}),
        ({"scaled": SCALED, "raw": COUNTS}, {"within": "raw", "pool": "sum"}),
        ({"scaled": np.abs(SCALED)}, {"values": "log", "pool": "mean"}),
    ],
    ids=["plain", "layer", "raw", "logged"],
)
def test_cells_of_donors_are_pooled_where_their_counts_stand(tmp_path, made, said):
    obs = pd.DataFrame({"donor_id": np.repeat(PEOPLE, 10), "batch": "b"}, index=[f"AAAC{i}-1" for i in range(10 * N)]).astype("category")
    data = anndata.AnnData(made.get("scaled", COUNTS[:, :6]), obs=obs, var=pd.DataFrame(index=list("abcdef")))
    if "counts" in made:
        data.layers["counts"] = made["counts"]
    if "raw" in made:
        data.raw = anndata.AnnData(made["raw"], obs=obs, var=pd.DataFrame(index=list("abcdefgh")))
    data.write_h5ad(tmp_path / "pbmc.h5ad")
    people(tmp_path)
    content, _, found = drafted(tmp_path)
    assert content["modalities"]["pbmc"] == {"kind": "single_cell", "files": "pbmc.h5ad", "index": "donor_id", **said}
    assert found.errors == []


def test_texts_in_a_folder_become_no_assay(tmp_path):
    people(tmp_path)
    pd.DataFrame(RNG.normal(9, 1, (N, 5)), index=PEOPLE, columns=list("vwxyz")).to_csv(tmp_path / "protein.csv")
    (tmp_path / "README.txt").write_text("The study, of 2021\nfiles, 2\ncolumns, 5\n")
    (tmp_path / "LICENSE").write_text("MIT License\n\nPermission is hereby granted, free of charge,\n")
    (tmp_path / "LICENSE.txt").write_text("MIT License\n\nPermission is hereby granted, free of charge,\nto any person\n")
    (tmp_path / "notes.txt").write_text("P003 was drawn late\nP004 refused\nask about the plates\n")
    content, text, found = drafted(tmp_path)
    assert list(content["modalities"]) == ["protein"] and found.errors == [] and "# not used, holds no measurement" in text


def records(path, head, rows):
    """A folder of files, one of each of the first twelve people, whose names are in lower case."""
    (path / "cgm").mkdir()
    for person in PEOPLE[:12]:
        (path / f"cgm/{person.lower()}.csv").write_text(head + "".join(rows))


def test_records_are_drafted_with_their_clock_the_case_of_their_names_and_what_is_to_choose(tmp_path):
    people(tmp_path)
    times = pd.date_range("2021-06-10", periods=2000, freq="5min")
    records(tmp_path, "Timestamp,glucose,glucose\n", [f"{time:%d/%m/%Y %H:%M},{100 + place % 50},5\n" for place, time in enumerate(times)])
    content, text, found = drafted(tmp_path)
    assert content["modalities"]["cgm"] == {
        "signal": "cgm", "files": "cgm/{subject}.csv", "time_format": "%d/%m/%Y %H:%M", "channels": {"glucose": "glucose"},
        "ignore_case": True,
    }  # fmt: skip
    assert "# CHOOSE 'glucose': glucose, glucose (2)" in text and found.errors == []


@pytest.mark.parametrize(
    ("start", "written", "formats"),
    [
        ("2021-06-10", "%Y-%m-%d %H:%M", []),
        ("2021-06-10", "%d/%m/%Y %H:%M", ["%d/%m/%Y %H:%M"]),
        ("2021-06-10", "%m/%d/%Y %I:%M %p", ["%m/%d/%Y %I:%M %p"]),
        ("2021-06-01", "%d.%m.%Y %H:%M:%S", ["%d.%m.%Y %H:%M:%S"]),  # by month and day it would take most of a year
        ("2021-06-06", "%d/%m/%y %H:%M", ["%d/%m/%y %H:%M"]),
    ],
)
def test_the_format_of_times_is_told_by_the_whole_file(tmp_path, start, written, formats):
    times = pd.date_range(start, periods=900, freq="5min").strftime(written)
    pd.DataFrame({"time": times, "glucose": range(900)}).to_csv(tmp_path / "a.csv", index=False)
    assert clock.formats(tmp_path / "a.csv", {}, None) == formats


def test_a_day_that_may_be_a_month_is_left_open(tmp_path):
    pd.DataFrame({"time": [f"03/06/2021 10:{minute:02d}" for minute in range(60)], "hr": range(60)}).to_csv(tmp_path / "a.csv", index=False)
    assert clock.formats(tmp_path / "a.csv", {}, None) == ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]


NPX = [(person, f"OID{10 + place}", f"PROT{place}", "PASS", 0.5, round(5 + RNG.normal(), 4)) for place in range(8) for person in PEOPLE]


@pytest.mark.parametrize("end", ["csv", "parquet"])
@pytest.mark.parametrize("order", ["SampleID", "OlinkID"])
def test_a_long_table_of_npx_is_drafted_as_such(tmp_path, end, order):
    people(tmp_path)
    rows = pd.DataFrame(NPX, columns=["SampleID", "OlinkID", "Assay", "QC_Warning", "LOD", "NPX"]).sort_values(order, kind="stable")
    rows = rows if order == "SampleID" else rows[rows.columns[::-1]]
    rows.to_parquet(tmp_path / "o.parquet", index=False) if end == "parquet" else rows.to_csv(tmp_path / "o.csv", sep=";", index=False)
    content, text, found = drafted(tmp_path)
    index = {} if order == "SampleID" else {"index": "SampleID"}
    assert content["modalities"] == {
        "o": {"kind": "protein", "values": "npx", "files": f"o.{end}", **index, "long": {"feature": "OlinkID", "value": "NPX"}},
    }
    assert found.errors == [] and 'flags: {QC_Warning: "PASS"}' in text and not any("marked" in line for line in found.warnings)
    rows.loc[rows["Assay"] == "PROT3", "QC_Warning"] = "WARN"
    rows.to_parquet(tmp_path / "o.parquet", index=False) if end == "parquet" else rows.to_csv(tmp_path / "o.csv", sep=";", index=False)
    assert any(f"{N} of {8 * N} values are marked ({N} WARN) and kept" in line for line in drafted(tmp_path)[2].warnings)


def test_results_of_a_laboratory_in_long_form_are_drafted_as_such(tmp_path):
    people(tmp_path)
    rows = [(person.lower(), test, 100 + place) for place, person in enumerate(PEOPLE) for test in ("sodium", "iron", "urea")]
    pd.DataFrame(rows, columns=["patient", "test", "result"]).to_csv(tmp_path / "lab.csv", index=False)
    content, _, found = drafted(tmp_path)
    assert content["modalities"]["lab"] == {
        "kind": "clinical", "files": "lab.csv", "long": {"feature": "test", "value": "result"}, "ignore_case": True,
    }  # fmt: skip
    assert found.errors == []


@pytest.mark.parametrize(("time", "event"), [("OS (months)", "Status"), ("OS_MONTHS", "OS_STATUS"), ("Follow-up (days)", "vital_status")])
@pytest.mark.parametrize("words", [("Alive", "Dead"), ("0", "1"), ("LIVING", "DECEASED"), ("0:LIVING", "1:DECEASED")])
def test_a_time_and_a_status_are_survival_however_they_are_called(tmp_path, time, event, words):
    people(tmp_path, **{time: RNG.exponential(20, N).round(1) + 0.1, event: [*words] * (N // 2), "response": ["yes", "no"] * (N // 2)})
    pd.DataFrame(RNG.normal(9, 1, (N, 5)), index=PEOPLE, columns=list("vwxyz")).to_csv(tmp_path / "protein.csv")
    content, _, found = drafted(tmp_path)
    assert content["outcome"] == {"task": "survival", "time": time, "event": event} and found.errors == []


@pytest.mark.parametrize(
    ("form", "doubt"), [("%d.%m.%Y %H:%M", False), ("%d/%m/%Y", True), ("%m/%d/%Y", False), ("%d-%b-%Y %H:%M:%S", False), (None, False)]
)
def test_when_specimens_were_taken_is_found_as_people_write_dates(tmp_path, form, doubt):
    days = pd.date_range("2024-03-01" if doubt else "2024-03-13", periods=12 if doubt else N, freq="D").repeat(2 if doubt else 1)
    people(tmp_path, response=["yes", "no"] * (N // 2), drawn=days.strftime(form or "%Y-%m-%d"), born=days.strftime("%d.%m.%Y"))
    pd.DataFrame(RNG.normal(9, 1, (N, 5)), index=PEOPLE, columns=list("vwxyz")).to_csv(tmp_path / "protein.csv")
    content, _, found = drafted(tmp_path)
    assert content["samples"]["time"] == "drawn" and content["samples"].get("time_format") == form and found.errors == []
    assert any("CHOOSE" in line for line in found.warnings) == doubt


def test_a_file_of_segments_is_of_copy_number(tmp_path):
    people(tmp_path)
    rows = [f"{name}\t1\t{start}\t{start + 9_999_999}\t{RNG.normal():.3f}" for name in PEOPLE for start in (1, 10_000_001)]
    (tmp_path / "cn.seg").write_text("ID\tchrom\tloc.start\tloc.end\tseg.mean\n" + "\n".join(rows) + "\n")
    content, _, found = drafted(tmp_path)
    assert content["modalities"]["cn"] == {"kind": "cnv", "values": "log_ratio", "files": "cn.seg"} and found.errors == []


def test_genes_are_told_by_another_column_where_some_have_no_symbol(tmp_path):
    people(tmp_path)
    genes = pd.DataFrame(RNG.gamma(1, 900, (40, N)).round(2), columns=[f"{each}-01" for each in PEOPLE])
    genes.insert(0, "Entrez_Gene_Id", range(700, 740))
    genes.insert(0, "Hugo_Symbol", [np.nan, np.nan, "A", "A", *[f"S{i}" for i in range(36)]])
    genes.to_csv(tmp_path / "data_mrna_seq_v2_rsem.txt", sep="\t", index=False)
    content, _, found = drafted(tmp_path)
    rsem = content["modalities"]["data_mrna_seq_v2_rsem"]
    assert (rsem["index"], rsem["drop"], rsem["orientation"]) == ("Entrez_Gene_Id", ["Hugo_Symbol"], "samples_in_columns")
    assert "header" not in rsem and found.errors == []


@pytest.mark.parametrize("name", ["all_thresholded.by_genes.txt", "all_data_by_genes.txt"])
@pytest.mark.parametrize("beside", ["Locus ID", "Rank of 3"])
def test_columns_in_front_of_the_samples_describe_genes_though_they_are_numbers(tmp_path, name, beside):
    people(tmp_path)
    values = RNG.integers(-2, 3, (40, N)) if "thresholded" in name else RNG.normal(0, 0.3, (40, N))
    copies = pd.DataFrame(values, columns=[f"{each}-T" for each in PEOPLE])
    copies.insert(0, "Cytoband", "7q11")
    copies.insert(0, beside, range(900, 940))
    copies.insert(0, "Gene Symbol", [f"G{i}" for i in range(40)])
    copies.to_csv(tmp_path / name, sep="\t", index=False)
    content, text, found = drafted(tmp_path)
    (gistic,) = content["modalities"].values()
    assert (gistic["kind"], gistic["values"]) == ("cnv", "gistic" if "thresholded" in name else "log_ratio")
    assert gistic["drop"] == [beside, "Cytoband"] and "# CHOOSE" not in text and found.errors == []


RAW = [rf"D:\raw\2024\2024{month:02d}12_{each}_DIA.raw" for month, each in zip(range(1, N + 1), PEOPLE, strict=True)]
CLADES = [f"k__Bacteria{rest}" for rest in ("", "|p__A", "|p__A|g__C", "|p__B", "|p__B|g__D")]
EXPORTED = {  # file -> what stands above it, above the features, their names, the columns beside them, the samples, and what is drafted
    "report.pg_matrix.tsv": (
        "", "Protein.Group", [f"P{i:05d}" for i in range(40)], {"Genes": "g;h", "First.Protein.Description": np.nan, "N.Sequences": 3}, RAW,
        {"kind": "protein", "values": "intensity"},
    ),
    "feature-table.tsv": (
        "# Constructed from biom file\n", "#OTU ID", [f"ASV{i}" for i in range(40)], {"taxonomy": "d__Bacteria; p__X"},
        [f"{each}.stool" for each in PEOPLE], {"kind": "microbiome", "values": "counts"},
    ),
    "merged_table.txt": (
        "#mpa_v30\n", "clade_name", CLADES, {"NCBI_tax_id": "2|1239"}, [f"{each}_profile" for each in PEOPLE],
        {"kind": "microbiome", "values": "relative"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTED)
def test_exports_tell_their_kind_by_the_columns_beside_their_features(tmp_path, name):
    above, head, features, beside, samples, said = EXPORTED[name]
    values = RNG.poisson(900, (len(features), N)) * (0.125 if said["values"] == "relative" else 1)
    if features is CLADES:  # each the sum of those below
        values[1], values[3] = values[2], values[4]
        values[0] = values[1] + values[3]
    table = pd.DataFrame(values, pd.Index(features, name=head), samples)
    for column, cell in reversed(beside.items()):
        table.insert(0, column, cell)
    (tmp_path / name).write_text(above + table.to_csv(sep="\t"))
    people(tmp_path)
    content, _, found = drafted(tmp_path)
    (drafted_so,) = content["modalities"].values()
    assert said.items() <= drafted_so.items() and drafted_so["orientation"] == "samples_in_columns" and drafted_so["drop"] == list(beside)
    assert drafted_so.get("feature_pattern") == ("g__[^|]*$" if features is CLADES else None) and found.errors == []


@pytest.mark.parametrize("first", ["DSS", "OS"])
def test_an_endpoint_and_its_time_are_survival_and_no_other_endpoint_is_a_covariate(tmp_path, first):
    other = {"OS": "DSS", "DSS": "OS"}[first]
    about = {
        "tumor_status": ["TUMOR FREE", "WITH TUMOR"], "age_at_initial_pathologic_diagnosis": range(N),
        "tumor_stage": ["Stage I", "[Not Available]"],
        first: [0, 1], f"{first}.time": range(50, 50 + N), other: ["0", "[Not Available]"], f"{other}.time": ["#N/A", "61"],
    }  # fmt: skip
    people(tmp_path, **{name: list(cells) * (N // len(cells)) for name, cells in about.items()})
    pd.DataFrame(RNG.normal(9, 1, (N, 5)), index=PEOPLE, columns=list("vwxyz")).to_csv(tmp_path / "protein.csv")
    content, text, found = drafted(tmp_path)
    assert content["outcome"] == {"task": "survival", "time": f"{first}.time", "event": first}
    assert content["covariates"] == ["age_at_initial_pathologic_diagnosis", "tumor_stage"]
    assert "# GUESS, further columns: tumor_status\n" in text and found.errors == []


def test_a_row_per_reading_of_any_kind_as_phones_export_them_is_a_modality_per_kind_of_signal(tmp_path):
    people(tmp_path)
    clock = pd.date_range("2024-03-01", periods=288, freq="5min", tz="Europe/Berlin")
    kinds = {"HeartRate": 60, "RestingHeartRate": 50, "StepCount": 20, "FlightsClimbed": 1}
    rows = [
        pd.DataFrame({"person": each, "type": f"HKQuantityTypeIdentifier{kind}", "startDate": clock, "endDate": clock, "value": low})
        for kind, low in kinds.items()
        for each in PEOPLE[:12]
    ]
    table = pd.concat(rows, ignore_index=True)
    table["value"] += np.arange(len(table)) % 7
    for name in ("startDate", "endDate"):
        table[name] = table[name].dt.strftime("%Y-%m-%d %H:%M:%S %z")
    table.to_csv(tmp_path / "apple_health.csv", index=False)
    content, text, found = drafted(tmp_path)
    common = {"files": "apple_health.csv", "subject": "person", "time": "startDate", "channel": "type", "value": "value"}
    assert content["modalities"] == {
        "apple_health_heart_rate": {"signal": "heart_rate", **common, "channels": {"heart_rate": "HKQuantityTypeIdentifierHeartRate"}},
        "apple_health_activity": {"signal": "activity", **common, "channels": {"activity": "HKQuantityTypeIdentifierStepCount"}},
    }
    assert "# not used: HKQuantityTypeIdentifierRestingHeartRate, HKQuantityTypeIdentifierFlightsClimbed;" in text and found.errors == []


def test_summaries_of_days_are_series_whatever_they_are_of(tmp_path):
    people(tmp_path)
    (tmp_path / "oura").mkdir()
    for each in PEOPLE[:12]:
        days = pd.DataFrame({"summary_date": pd.date_range("2024-01-01", periods=40).astype(str), "hr_lowest": RNG.integers(45, 60, 40)})
        days.to_csv(tmp_path / f"oura/{each}.csv", index=False)
    content, _, found = drafted(tmp_path)
    assert content["modalities"]["oura"] == {
        "signal": "series", "files": "oura/{subject}.csv", "time": "summary_date", "channels": {"hr_lowest": "hr_lowest"},
    }  # fmt: skip
    assert found.errors == []


@pytest.mark.parametrize(
    ("beside", "pattern"),
    [
        ({}, "^(.{12})"),
        ({0: "11", 30: "11"}, "^(.{12}(?:-(?!01).*)?)"),  # the second patient has no tumour
        ({0: "06", 1: "11"}, "^(.{12}(?:-(?!01).*)?)"),
        ({30: "06"}, "^(.{12})"),  # her only tumour
        ({30: "06", 0: "11"}, "^(.{12}(?:-(?!0).*)?)"),
    ],
)
def test_barcodes_are_of_tumours_alone_where_other_tissues_stand_beside_them(tmp_path, beside, pattern):
    patients = [f"TCGA-AB-{number:04d}" for number in range(40)]
    pd.DataFrame({"diagnosis": ["a", "b"] * 20}, pd.Index(patients, name="patient")).to_csv(tmp_path / "clinical.csv")
    tumours = {f"{each}-01A-11R" for place, each in enumerate(patients) if place != 30}
    names = sorted(tumours) + [f"{patients[place]}-{code}A-11R" for place, code in beside.items()]
    genes = [f"ENSG{number:011d}" for number in range(30)]
    pd.DataFrame(RNG.poisson(90, (30, len(names))), genes, names).to_csv(tmp_path / "rna_counts.tsv", sep="\t")
    content, _, found = drafted(tmp_path)
    assert content["modalities"]["rna_counts"]["subject_pattern"] == pattern and found.errors == []
    assert not any("told apart" in str(warning) for warning in found.warnings)


def quantified(path):
    """A folder of each person with a table of transcripts."""
    for person in PEOPLE:
        (path / person).mkdir()
        table = pd.DataFrame({"length": 900, "est_counts": RNG.poisson(9, 30), "tpm": 1.5}, index=[f"ENST{i:011d}" for i in range(30)])
        table.rename_axis("target_id").to_csv(path / person / "abundance.tsv", sep="\t")


def test_the_table_whose_ids_are_names_of_folders_is_the_one_of_samples(tmp_path):
    quantified(tmp_path)
    pd.DataFrame({"group": ["a", "b"] * (N // 2)}, index=pd.Index(PEOPLE, name="id")).to_csv(tmp_path / "meta.csv")
    text = draft(tmp_path, "mine")
    content = yaml.safe_load(text)
    assert content["samples"] == {"files": "meta.csv", "index": "id"} and content["outcome"]["column"] == "group"
    assert content["modalities"] is None and text.count("abundance.tsv") == 1 and "in one table: {subject}/abundance.tsv" in text


def test_an_assay_in_a_folder_for_each_centre_is_an_assay(tmp_path):
    for place, centre in enumerate(("site1", "site2", "site3")):
        (tmp_path / centre).mkdir()
        table = pd.DataFrame(RNG.normal(9, 1, (8, 5)), index=PEOPLE[8 * place : 8 * place + 8], columns=list("vwxyz"))
        table.to_csv(tmp_path / centre / "protein.csv")
    people(tmp_path, centre=["site1", "site2", "site3"] * (N // 3), response=["yes", "no"] * (N // 2))
    assert len(drafted(tmp_path)[0]["modalities"]) == 3


def test_of_what_an_e4_exports_the_records_are_modalities_and_no_text_is_the_table_of_samples(tmp_path):
    above = {"HR.csv": "1.0", "EDA.csv": "4.0", "TEMP.csv": "4.0", "IBI.csv": " IBI"}
    for place, person in enumerate(PEOPLE[:6]):
        (tmp_path / person).mkdir()
        for name, rate in above.items():
            rows = [f"{second * 0.85:.6f},0.85" if name == "IBI.csv" else f"{60 + second % 9}.5" for second in range(1, 400)]
            sign = ", " if name == "IBI.csv" else "\n"
            (tmp_path / person / name).write_text("\n".join([f"1714980000.000000{sign}{rate.strip()}", *rows]) + "\n")
        (tmp_path / person / "tags.csv").write_text("" if place % 2 else "1714980060.00\n1714980090.00\n")
        (tmp_path / person / "info.txt").write_text("The archive has files in .csv format:\nThe first row is the initial time\n")
    pd.DataFrame({"group": ["a", "b"] * 3}, index=pd.Index(PEOPLE[:6], name="id")).to_csv(tmp_path / "meta.csv")
    text = draft(tmp_path, "mine")
    content = yaml.safe_load(text)
    assert content["samples"] == {"files": "meta.csv", "index": "id"} and content["outcome"]["column"] == "group"
    assert [each["files"] for each in content["modalities"].values()] == [f"{{subject}}/{name}.csv" for name in ("EDA", "HR", "TEMP")]
    assert all(text.count(name) == 1 for name in ("info.txt", "tags.csv", "IBI.csv"))


@pytest.mark.parametrize("age", [True, False])
def test_a_table_of_people_whose_ids_are_spelled_otherwise_is_the_one_of_samples(tmp_path, age):
    info = pd.DataFrame(
        {"Diagnosis": ["case", "control"] * (N // 2), "age": range(30, 30 + N)}, index=[f"Patient {i + 1}" for i in range(N)]
    )
    (info if age else info[["Diagnosis"]]).rename_axis("Patient").to_csv(tmp_path / "info.csv")
    pd.DataFrame(RNG.normal(9, 1, (N, 5)), index=PEOPLE, columns=list("vwxyz")).to_csv(tmp_path / "metabolites.csv")
    text = draft(tmp_path, "mine")
    content = yaml.safe_load(text)
    assert content["samples"] == {"files": "info.csv", "index": "Patient"} and content["outcome"]["column"] == "Diagnosis"
    assert list(content["modalities"]) == ["metabolites"] and "# CHOOSE a subject_pattern" in text
