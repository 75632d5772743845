"""A table of RNA is drafted on the scale that its values, or the name of its file, clearly tell, and the check finds it so."""

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics import plugins
from mmomics.onboarding.check import check
from mmomics.onboarding.draft import draft
from mmomics.onboarding.expression import WORDS, scale

SAMPLES, GENES = [f"S{i:03d}" for i in range(30)], [f"ENSG{i:011d}" for i in range(600)]


def tables():
    """One experiment on every scale, samples x genes."""
    rng = np.random.default_rng(0)
    depth, length = rng.uniform(0.5, 2, (30, 1)), rng.uniform(0.5, 10, 600)
    counts = rng.negative_binomial(2, 2 / (2 + depth * rng.lognormal(4, 2, 600))).astype(float)
    shared = rng.random(600) < 0.4  # genes some of whose reads fit others, too
    expected = (counts + shared * rng.uniform(0, 1, counts.shape) * (counts > 0)).round(2)
    fpkm = counts / length / counts.sum(axis=1, keepdims=True) * 1e6
    tpm = fpkm / fpkm.sum(axis=1, keepdims=True) * 1e6
    logged = np.log2(tpm + 1)
    told = logged[:, logged.std(axis=0) > 0]
    values = {
        "counts": counts, "expected": expected, "tpm": tpm.round(2), "fpkm": fpkm.round(4),
        "rsem": (counts / np.quantile(counts, 0.75, axis=1, keepdims=True) * 1000).round(4), "log2": logged.round(4),
        "logarithms below zero": np.log2(tpm + 0.001).round(4), "zscore": ((told - told.mean(axis=0)) / told.std(axis=0)).round(4),
    }  # fmt: skip
    return {name: pd.DataFrame(x, index=SAMPLES, columns=GENES[: x.shape[1]]) for name, x in values.items()}


TABLES = tables()


def drafted(tmp_path, table, file, orientation):
    folder = tmp_path / "mine"
    folder.mkdir()
    clinic = pd.DataFrame({"age": np.arange(30) + 40, "relapse_status": [0, 1] * 15}, index=pd.Index(SAMPLES, name="patient"))
    clinic.to_csv(folder / "clinical.csv")
    (table if orientation == "rows" else table.T).to_csv(folder / file, sep="\t")
    text = draft(folder, "mine")
    (tmp_path / "mine.yaml").write_text(text)
    return yaml.safe_load(text)["modalities"]["rna"]["values"]


@pytest.mark.parametrize("orientation", ["rows", "columns"])
@pytest.mark.parametrize(
    ("name", "values"),
    [("counts", "counts"), ("expected", "counts"), ("tpm", "tpm"), ("rsem", "rsem"), ("log2", "log2"),
     ("logarithms below zero", "log2"), ("zscore", "zscore")],
)  # fmt: skip
def test_values_tell_the_scale(tmp_path, name, values, orientation):
    assert drafted(tmp_path, TABLES[name], "rna.tsv", orientation) == values
    if orientation == "columns":
        return
    told = check(tmp_path / "mine.yaml")
    assert told.errors == [] and not [line for line in told.warnings if "looks" in line or "set `values" in line or "million" in line]


@pytest.mark.parametrize(
    ("name", "file", "values"),
    [("fpkm", "rna_fpkm.tsv", "fpkm"), ("tpm", "rna_cpm.tsv", "tpm"), ("counts", "rna.rsem.tsv", "counts"),
     ("rsem", "rna.rsem.tsv", "rsem"), ("expected", "rna.rsem.tsv", "counts"), ("tpm", "rna.rsem.tpm.tsv", "tpm"),
     ("log2", "rna_log2tpm.tsv", "log2"), ("fpkm", "rna_expected_counts.tsv", "counts"), ("zscore", "rna_rsem_zscores.tsv", "zscore")],
)  # fmt: skip
def test_the_name_of_a_file_tells_what_values_may_not(name, file, values):
    assert scale("rna", TABLES[name].to_numpy(), file, lambda: None)[0] == values


def test_only_a_table_that_nothing_else_tells_is_read_whole():
    def never():
        raise AssertionError

    for name in ("counts", "expected", "log2", "logarithms below zero", "zscore"):
        scale("rna", TABLES[name].to_numpy(), "rna.tsv", never)
    assert scale("mirna", TABLES["tpm"].to_numpy(), "mirna.tsv", lambda: np.full(30, 1e6)) == ("cpm", "the samples add up to a million")


def test_every_word_means_a_scale_that_the_kind_has():
    for place, kind in enumerate(("rna", "mirna")):
        assert {scales[place] for scales in WORDS.values()} <= {*plugins.load("assays", kind).SCALES, None}
