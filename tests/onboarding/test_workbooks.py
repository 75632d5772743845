"""Every sheet of a workbook is looked at, whatever the first one holds, and every modality of an h5mu."""

import warnings

import anndata
import mudata
import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.onboarding.check import check
from mmomics.onboarding.draft import draft

IDS = pd.Index([f"HC-{number:03d}" for number in range(1, 25)], name="Subject ID")
RNG = np.random.default_rng(0)
CLINIC = pd.DataFrame({"Sex": ["F", "M"] * 12, "BMI": RNG.normal(26, 3, 24).round(1), "Responder": ["Y", "N", "N"] * 8}, index=IDS)
LABS = pd.DataFrame(RNG.gamma(3, 5, (24, 4)).round(2), index=IDS, columns=["CRP mg/L", "LDL", "HDL", "ALT"])
LEGEND = pd.DataFrame({"meaning": ["sex at birth", "body mass index"]}, index=pd.Index(["Sex", "BMI"], name="word"))


def drafted(folder, **sheets):
    with pd.ExcelWriter(folder / "export.xlsx") as book:
        for name, table in sheets.items():
            table.to_excel(book, sheet_name=name)
    text = draft(folder, "mine")
    (folder / "c.yaml").write_text(text)
    return yaml.safe_load(text), text, check(folder / "c.yaml")


@pytest.mark.parametrize("order", [("Legend", "Baseline", "Labs"), ("Labs", "Baseline", "Legend"), ("Empty", "Labs", "Legend", "Baseline")])
def test_samples_and_assays_are_found_on_their_sheets(tmp_path, order):
    sheets = {"Legend": LEGEND, "Baseline": CLINIC, "Labs": LABS, "Empty": pd.DataFrame()}
    content, text, found = drafted(tmp_path, **{name: sheets[name] for name in order})
    assert content["samples"] == {"files": "export.xlsx", "index": "Subject ID", "within": "Baseline"}
    assert content["modalities"] == {"labs": {"kind": "clinical", "files": "export.xlsx", "within": "Labs"}}
    assert "# not used, describes features: export.xlsx, sheet 'Legend'" in text
    assert "Empty" not in text and found.errors == []


def test_a_sheet_of_remarks_costs_no_assay_and_thousands_of_text_are_numbers(tmp_path):
    CLINIC.to_csv(tmp_path / "clinical.csv")
    german = LABS.mul(1000).map(lambda value: f"{value:,.2f}".translate(str.maketrans(",.", ".,")))
    notes = pd.DataFrame({"Notiz": ["alle Werte", "in pg/ml", "HC-007 fehlt"]}).set_index("Notiz")
    content, text, found = drafted(tmp_path, Info=notes, Proteine=german)
    assert content["modalities"]["proteine"] == {
        "kind": "protein", "values": "intensity", "files": "export.xlsx", "within": "Proteine", "decimal": "comma",
    }  # fmt: skip
    assert "# not used, a list or remarks: export.xlsx, sheet 'Info'" in text and found.errors == []


def test_records_on_a_sheet_are_a_modality(tmp_path):
    days = pd.DataFrame({"Date": pd.date_range("2024-01-01", periods=5).repeat(24), "Weight": 80.5}, index=IDS.repeat(5))
    content, _, found = drafted(tmp_path, Baseline=CLINIC, Labs=LABS, Scale=days)
    scale = content["modalities"]["scale"]
    assert (scale["signal"], scale["subject"], scale["time"], scale["within"]) == ("series", "Subject ID", "Date", "Scale")
    assert found.errors == []


@pytest.mark.parametrize("told", [True, False], ids=["samples within", "samples beside"])
def test_each_modality_of_an_h5mu_is_drafted_with_its_counts(tmp_path, told):
    def part(values, **layers):
        names = [f"f{i}" for i in range(values.shape[1])]
        return anndata.AnnData(values.astype(np.float32), CLINIC[[]].copy(), pd.DataFrame(index=names), layers=layers)

    counts = RNG.poisson(90, (24, 12)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a later version will do
        data = mudata.MuData({"rna": part(np.log1p(counts), counts=counts), "prot": part(RNG.normal(0, 2, (24, 8)))})
        data.obs = data.obs.join(CLINIC) if told else data.obs
        data.write(tmp_path / "omics.h5mu")
    if not told:
        CLINIC.to_csv(tmp_path / "clinical.csv")
    text = draft(tmp_path, "mine")
    (tmp_path / "c.yaml").write_text(text)
    content = yaml.safe_load(text)
    assert content["samples"]["files"] == ("omics.h5mu" if told else "clinical.csv")
    assert content["modalities"] == {
        "prot": {"kind": "protein", "values": "log2", "files": "omics.h5mu", "within": "prot"},
        "rna": {"kind": "rna", "values": "counts", "files": "omics.h5mu", "within": "rna/counts"},
    }
    assert "# a modality of prot, rna" in text and check(tmp_path / "c.yaml").errors == []


@pytest.mark.parametrize("titles", [1, 2])
def test_a_sheet_below_titles_and_names_of_groups_of_columns_is_the_table_of_samples(tmp_path, titles):
    head = [["Study HC: clinical data"], ["Patient", None, "Baseline", None]]
    rows = [*head[-titles:], ["ID", *CLINIC.columns], *map(list, CLINIC.reset_index().to_numpy())]
    pd.DataFrame(rows).to_excel(tmp_path / "export.xlsx", header=False, index=False)
    lipids = pd.DataFrame(RNG.gamma(3, 900, (40, 24)).round(2), [f"PC {i}:0" for i in range(40)], IDS).rename_axis("Lipid")
    lipids.insert(0, "Class", ["PC", "SM"] * 20)
    lipids.to_csv(tmp_path / "lipidomics.csv")
    text = draft(tmp_path, "mine")
    (tmp_path / "c.yaml").write_text(text)
    content = yaml.safe_load(text)
    assert content["samples"] == {"files": "export.xlsx", "index": "ID", "skip_rows": titles}
    assert content["outcome"]["column"] == "Responder"
    assert content["modalities"]["lipidomics"]["orientation"] == "samples_in_columns" and check(tmp_path / "c.yaml").errors == []


def test_a_table_that_shares_no_id_with_another_is_none_of_samples(tmp_path):
    for name, unit in (("lipidomics", "PC"), ("metabolites", "HMDB")):
        table = pd.DataFrame(RNG.gamma(3, 900, (40, 24)).round(2), [f"{unit} {i}:0" for i in range(40)], IDS).rename_axis("Compound")
        table.insert(0, "Class", ["PC", "SM"] * 20)
        table.to_csv(tmp_path / f"{name}.csv")
    text = draft(tmp_path, "mine")
    assert "samples: # CHOOSE: no table of samples was found" in text
    assert set(yaml.safe_load(text)["modalities"]) == {
        "lipidomics",
        "metabolites",
    }


@pytest.mark.parametrize("words", [("yes", "no"), ("TRUE", "FALSE"), (True, False), (1, 0)], ids=str)
@pytest.mark.parametrize("end", ["csv", "xlsx", "parquet"])
def test_answers_are_classes_as_they_stand_in_a_file_though_its_readers_count_them(tmp_path, words, end):
    clinic = pd.DataFrame({"CRP": range(24), "Response": [*words] * 12, "smoker": [words[0], words[1], None] * 8}, index=IDS)
    write = {"csv": clinic.to_csv, "xlsx": clinic.to_excel, "parquet": clinic.to_parquet}[end]
    write(tmp_path / f"clinical.{end}")
    LABS.to_csv(tmp_path / "labs.csv")
    text = draft(tmp_path, "mine")
    (tmp_path / "c.yaml").write_text(text)
    content = yaml.safe_load(text)
    assert content["outcome"]["column"] == "Response" and content["outcome"]["positive"].upper() == str(words[0]).upper()
    assert "smoker" in content["covariates"] and check(tmp_path / "c.yaml").errors == []
