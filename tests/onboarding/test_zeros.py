"""Ids that a spreadsheet took for numbers: what the check says mends them."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.cohort.member import _without_zeros
from mmomics.onboarding.check import check

IDS = [f"{number:03d}" for number in range(1, 25)]


@pytest.mark.parametrize("lost", ["samples", "assay"])
@pytest.mark.parametrize("form", ["xlsx", "csv", "parquet"])
def test_zeros_in_front_that_were_lost_are_mended_as_the_check_says(tmp_path, form, lost):
    plain = [name.lstrip("0") + ".0" * (form == "csv") for name in IDS]
    there, here = (plain, IDS) if lost == "samples" else (IDS, plain)
    clinic = {"response": ["yes", "no"] * 12}
    pd.DataFrame(clinic, index=pd.Index(there, name="id")).to_csv(tmp_path / "clinical.csv")
    values = pd.DataFrame(np.random.default_rng(0).normal(9, 1, (24, 4)), columns=list("abcd"))
    index = pd.Index(here, name="id") if lost == "samples" or form == "csv" else pd.RangeIndex(1, 25, name="id")
    table = values.set_axis(index)
    {"xlsx": table.to_excel, "csv": table.to_csv, "parquet": table.to_parquet}[form](tmp_path / f"x.{form}")
    study = {
        "title": "t", "folder": str(tmp_path), "samples": {"files": "clinical.csv", "index": "id"},
        "outcome": {"task": "binary", "column": "response", "positive": "yes"},
        "modalities": {"x": {"kind": "protein", "files": f"x.{form}"}},
    }  # fmt: skip
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(study))
    found = check(tmp_path / "c.yaml")
    (line,) = found.errors
    pattern = re.search(r"`subject_pattern: '(.+)'` in (`samples`|this modality)", line)
    assert pattern and "zeros in front" in line
    for place, about in (("`samples`", study["samples"]), ("this modality", study["modalities"]["x"])):
        about |= {"subject_pattern": pattern[1]} if place in line[pattern.start(2) :].partition("\n")[0] else {}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(study))
    mended = check(tmp_path / "c.yaml")
    assert mended.errors == [] and not any("samples table" in line for line in mended.warnings)


def test_ids_that_are_no_numbers_keep_what_they_are_and_others_are_not_advised():
    told = _without_zeros(["7", "K07"], ["007", "K07"])
    pattern = re.search(r"'(.+)'", told)[1]
    assert [re.search(pattern, name)[1] for name in ("007", "K07", "70", "000", "7.0")] == ["7", "K07", "70", "0", "7"]
    assert _without_zeros(["8", "K8"], ["007", "K07"]) is None
