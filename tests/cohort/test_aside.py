"""Columns that say how or of whom was measured are told by name, however they are written, and measurements are not."""

import re

import pytest

from mmomics.cohort.aside import aside, batch, others, quantities

TECHNICAL = [
    "Batch", "batch_id", "Plate", "Plate1", "plate no.", "Injection Order", "InjectionOrder", "run_order", "Run ID", "Acquisition Date",
    "Sample Type", "Sample_Plate", "Sample_Well", "Dilution.Factor", "Sentrix_ID", "Sentrix Position", "inj_no", "MS batch", "QC", "Slide",
]  # fmt: skip
PERSONAL = ["Age", "age (years)", "AgeAtDiagnosis", "Sex", "gender", "BMI"]
MEASURED = [
    "TP53", "AGER", "CLASP1", "BMI1", "RUNX1", "CHIPS", "SITE1", "ORDER1", "platelets", "Plate count", "NO", "PC ae C38:5", "101.0001@0.25",
    "Sequence1", "batchelor", "Glucose", "AGE-RAGE", "CENTRIN", "time",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["metabolome", "rna", "clinical"])
def test_what_goes_with_a_measurement_is_told_from_what_is_measured(kind):
    told = TECHNICAL if kind == "clinical" else TECHNICAL + PERSONAL
    assert aside([*TECHNICAL, *PERSONAL, *MEASURED], kind) == told


def test_a_batch_is_what_was_measured_together():
    assert batch(["Injection Order", "Age", "Sample_Plate", "Batch"]) == "Sample_Plate"
    assert batch([*PERSONAL, *MEASURED, "Injection Order", "Dilution"]) is None


@pytest.mark.parametrize(
    ("endings", "several"),
    [
        ([".AVG_Beta", ".Detection Pval"], True), (["_LFQ intensity", "_Peptides"], True), (["_1", "_2"], False), (["a", "b"], False),
        (["_rep1", "_rep2"], False), (["_baseline", "_week 4"], False), (["_AVG_Beta"], False),
    ],
)  # fmt: skip
def test_two_quantities_of_a_sample_are_told_from_two_samples(endings, several):
    subjects = [f"P{k:02d}" for k in range(20) for _ in endings]
    samples = [subject + ending for subject, ending in zip(subjects, endings * 20, strict=True)]
    assert bool(quantities(samples, subjects)) == several


@pytest.mark.parametrize(
    ("endings", "apart"),
    [
        (["_tumor", "_normal"], ["tumor", "normal"]), (["-T1", "-T2"], []), ([".D01", ".D07"], []), (["_D0", "_D28"], ["d0", "d28"]),
        (["_M6", "_M12"], ["m6", "m12"]), (["_V1", "_V2"], []),
        (["_baseline", "_week 4"], ["baseline", "week 4"]),
        (["_pre", "_post"], ["pre", "post"]), (["_1", "_2"], []), (["_rep1", "_rep2"], []), (["a", "b"], []),
        (["_tumor_1", "_tumor_2"], []),
    ],
)  # fmt: skip
def test_tissues_and_times_are_told_from_replicates(endings, apart):
    subjects = [f"P{k:02d}" for k in range(20) for _ in endings]
    assert others([subject + ending for subject, ending in zip(subjects, endings * 20, strict=True)], subjects) == apart


def test_a_barcode_says_its_tissue():
    subjects = ["TCGA-OR-A5J1", "TCGA-OR-A5J2", "TCGA-OR-A5J2", "TCGA-OR-A5J3", "TCGA-OR-A5J3"]
    codes = ["-01A-11R", "-01A-11R", "-11A-11R", "-01A", "-01B"]
    samples = [subject + code for subject, code in zip(subjects, codes, strict=True)]
    assert others(samples, subjects) == ["01", "11"] and others(samples[3:], subjects[3:]) == []
    pairs = [f"TCGA-OR-A5J{k}-{code}A" for k in range(4) for code in (11, "01")]
    assert others(pairs, [name[:12] for name in pairs]) == ["01", "11"]  # as often, and later in the file
    ours = [re.search("^(.{12}(?:-(?!01).*)?)", sample)[1] for sample in samples]
    assert ours == [*subjects[:2], samples[2], *subjects[3:]]  # as the warning says
