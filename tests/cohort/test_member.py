"""What is said of samples that are flagged and left out."""

import anndata
import numpy as np
import pandas as pd
import pytest

from mmomics.cohort.align import align
from mmomics.cohort.member import _nothing
from mmomics.cohort.records import STATUS
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Device
from mmomics.config.protocol import Prepare, Split
from mmomics.onboarding.joined import flagged


def flags(*dropped):
    names = [f"S{place}" for place in range(len(dropped))]
    return pd.DataFrame({"modality": "cgm", "sample": names, "flag": "impossible", "dropped": dropped})


def test_a_modality_of_which_all_is_dropped_names_the_setting_that_dropped_it():
    obs = pd.DataFrame({**dict.fromkeys(STATUS, 0), STATUS[-1]: "ok"}, index=["S0", "S1", "S2"])
    given = anndata.AnnData(np.ones((3, 1), dtype=np.float32), obs=obs)
    device = Device(signal="cgm", files="x.csv")
    problem, cure = _nothing(given, flags(True, True, True), device)
    assert "`drop_flagged` leaves out 3 of 3 samples (impossible: 3)" in problem and "`drop_flagged`" in cure
    assert "min_coverage" in _nothing(given, flags()[:0], device)[1]


@pytest.mark.parametrize(
    ("dropped", "end"),
    [
        ((False, False), "look at them, `drop_flagged` leaves them out"),
        ((True, True), "they are left out by `drop_flagged`"),
        ((True, False), "1 of them is left out by `drop_flagged`"),
    ],
)
def test_a_flag_that_is_dropped_already_is_not_advised_to_be(dropped, end):
    (line,) = flagged(flags(*dropped))
    assert line.startswith("2 samples are flagged `impossible`") and line.endswith(f"; {end}")


@pytest.mark.parametrize(("own", "run", "word"), [(None, None, "can take"), (None, "combat", "takes"), ("combat", None, "can take")])
def test_a_batch_is_told_as_the_run_treats_it(own, run, word):
    rng = np.random.default_rng(0)
    names = [f"S{number:02d}" for number in range(40)]
    x = rng.normal(9, 1, (40, 30)).astype(np.float32) + np.repeat([0, 3], 20)[:, None]
    assay = anndata.AnnData(x, pd.DataFrame({"subject": names}, index=names), uns={"kind": "rna", "values": "log2"}, layers={"measured": x})
    samples = pd.DataFrame({"y": ["a", "b"] * 20, "site": np.repeat(["p", "q"], 20)}, index=names)
    settings = {
        "title": "t", "folder": ".", "samples": {"files": "s.csv"}, "outcome": {"task": "binary", "column": "y", "positive": "a"},
        "modalities": {"rna": {"kind": "rna", "values": "log2", "files": "x.csv"}}, "batch": "site", "prepare": {"batch": own},
    }  # fmt: skip
    found = align(Cohort.model_validate(settings), Split(), {"rna": assay}, samples, {"rna": Prepare(batch=run)}).quality
    (told,) = found.loc[found["check"] == "batch", "explanation"]
    assert told.endswith(f"`prepare.batch` {word} it out")


def test_samples_of_nobody_are_not_looked_at():
    rng = np.random.default_rng(0)
    names = [*(f"S{number:02d}" for number in range(60)), "QC_1", "QC_2", "Blank"]
    x = rng.normal(9, 1, (63, 60)).astype(np.float32)
    x[60:62], x[62] = x[60] + rng.normal(0, 1e-4, (2, 60)), 40 * rng.normal(size=60)  # two of the same, and one far from all
    assay = anndata.AnnData(x, pd.DataFrame({"subject": names}, index=names), uns={"kind": "rna", "values": "log2"}, layers={"measured": x})
    settings = {
        "title": "t", "folder": ".", "samples": {"files": "s.csv"}, "outcome": {"task": "binary", "column": "y", "positive": "a"},
        "modalities": {"rna": {"kind": "rna", "values": "log2", "files": "x.csv"}},
    }  # fmt: skip
    cohort = Cohort.model_validate(settings)

    def found(of):
        one = align(cohort, Split(), {"rna": assay}, pd.DataFrame({"y": (["a", "b"] * 32)[: len(of)]}, index=of))
        return set(one.flags["sample"]), set(one.unmatched.loc[one.unmatched["found"] == "in the modality only", "id"])

    assert found(names)[0] >= set(names[60:])  # as people they would be flagged
    assert found(names[:60]) == (set(), set(names[60:]))
