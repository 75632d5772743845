"""Matrices of cells, a folder or a name per donor, are one modality whose cells are pooled."""

import gzip
import io
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import io as scipy_io
from scipy import sparse

from mmomics.cohort.table import read
from mmomics.config.modality import Assay
from mmomics.onboarding.check import check
from mmomics.onboarding.draft import draft

PEOPLE = [f"HC-{number:03d}" for number in range(1, 25)]


def matrix(place, prefix="", seed=0):
    """A matrix of 12 cells x 6 genes with its neighbours; the sum of its counts."""
    place.mkdir(parents=True, exist_ok=True)
    stream = io.BytesIO()
    values = np.random.default_rng(seed).poisson(2, (6, 12))
    scipy_io.mmwrite(stream, sparse.coo_matrix(values))
    genes = "".join(f"ENSG{i}\tG{i}\tGene Expression\n" for i in range(6))
    barcodes = "".join(f"ACGT{i}-1\n" for i in range(12))
    for name, content in (("matrix.mtx", stream.getvalue()), ("features.tsv", genes.encode()), ("barcodes.tsv", barcodes.encode())):
        (place / f"{prefix}{name}.gz").write_bytes(gzip.compress(content))
    return values.sum()


@pytest.fixture
def folder(tmp_path):
    clinic = {"response": ["yes", "no"] * 12, "age": range(30, 54)}
    pd.DataFrame(clinic, index=pd.Index(PEOPLE, name="subject")).to_csv(tmp_path / "clinical.csv")
    return tmp_path


def read_assay(folder, about):
    """What its lines read, by donor."""
    assay = Assay.model_validate(about)
    return read(assay, folder, owner=lambda names: [re.search(assay.subject_pattern, name)[1] for name in names])


def drafted(folder):
    text = draft(folder, "mine")
    (folder / "c.yaml").write_text(text)
    return yaml.safe_load(text), check(folder / "c.yaml")


LAYOUTS = {
    "folders": ("10x/{}", ""), "within folders": ("10x/{}/outs/filtered_feature_bc_matrix", ""), "names": ("geo", "{}_"),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("runs", [("",), ("_a", "_b")])
def test_a_matrix_per_donor_or_several_are_summed_by_donor(folder, layout, runs):
    place, prefix = LAYOUTS[layout]
    counts = []
    for number, name in enumerate(person + run for person in PEOPLE for run in runs):
        counts.append(matrix(folder / place.format(name), prefix.format(name), number))
        if "filtered" in place:
            matrix(folder / place.format(name).replace("filtered", "raw"), seed=number)
    content, found = drafted(folder)
    cells = content["modalities"].pop("cells")
    assert content["modalities"] == {} and content["samples"] == {"files": "clinical.csv", "index": "subject"}
    assert cells["kind"] == "single_cell" and cells["pool"] == "sum" and cells["number_rows"] is True
    assert set(cells["files"]) == {person + run for person in PEOPLE for run in runs}
    summed, _ = read_assay(folder, cells)
    assert list(summed.index) == PEOPLE and summed.to_numpy().sum() == sum(counts)
    assert (
        found.errors == []
        and not any("CHOOSE" in line for line in found.warnings)
        and not any("samples table" in line for line in found.warnings)
    )


def test_of_a_single_matrix_it_is_asked_whose_its_barcodes_are(folder):
    matrix(folder / "10x")
    content = yaml.safe_load(text := draft(folder, "mine"))
    assert content["modalities"] == {"cells": {"kind": "single_cell", "files": "10x/matrix.mtx.gz", "pool": "sum"}}
    assert "# CHOOSE whose each barcode is" in text
