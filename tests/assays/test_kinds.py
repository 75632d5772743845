"""Kinds of assays: their recipes, their preprocessing defaults, and values that look odd."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmomics import plugins
from mmomics.assays import _codes, contract
from mmomics.assays import _suspicions as odd
from mmomics.errors import UserError

RNG = np.random.default_rng(0)


def test_samples_without_counts_failed_and_tables_of_them_are_refused():
    counts = RNG.poisson(50, (5, 40)).astype("float32")
    counts[1], counts[3] = np.nan, 0
    contract.check(contract.COUNTS, pd.DataFrame(counts), "modality x")
    assert contract.failed(counts).tolist() == [False, False, False, True, False]
    with pytest.raises(UserError, match="all 5 samples add up to 0"):
        contract.check(contract.COUNTS, pd.DataFrame(np.zeros_like(counts)), "modality x")


def test_no_kind_imports_scanpy_or_torch_before_it_counts():
    code = "import sys; from mmomics import plugins; [plugins.load('assays', kind) for kind in plugins.names('assays')]; "
    code += "[plugins.load('normalization', step) for step in plugins.names('normalization')]; "
    code += "import mmomics.cohort.normalize, mmomics.cohort.split; print({'scanpy', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


@pytest.mark.parametrize("package", ["assays", "normalization"])
def test_every_file_has_its_own_summary(package):
    summaries = [plugins.summary(package, name) for name in plugins.names(package)]
    assert all(summaries)
    assert len(set(summaries)) == len(summaries)


def test_the_users_steps_go_over_those_of_the_scale():
    assert contract.recipe("rna", "counts", None, "x") == ("library_size", "log1p")
    assert contract.recipe("rna", "counts", ["upper_quartile", "acosh"], "x") == ("upper_quartile", "acosh")
    assert contract.recipe("rna", "counts", [], "x") == ()
    with pytest.raises(UserError, match=r"f.yaml: modalities.rna: normalize: there is no step 'log1'; did you mean 'log1p'\?"):
        contract.recipe("rna", "counts", ["log1"], "f.yaml: modalities.rna")


def test_features_of_device_records_stay_as_they_are():
    assert contract.recipe("ecg", contract.RECORD, None, "x") == ()


MICROBES = contract.scale("microbiome", "counts", "x")[1]
SHARES = RNG.dirichlet(np.full(50, 0.3), 4).astype("float32")
SHARES[0, 0] = 0
SHARES[0] /= SHARES[0].sum()  # the test hides that value
SUSPECT = {
    "counts with points between thousands": (contract.COUNTS, np.round(RNG.uniform(1, 999, (4, 50)), 3), "looks_grouped", True),
    "measurements with points between thousands": (contract.NUMERIC, np.round(RNG.uniform(1, 999, (4, 50)), 3), "looks_grouped", True),
    "intensities with points between thousands": (contract.INTENSITY, np.round(RNG.uniform(1, 999, (4, 50)), 3), "looks_grouped", True),
    "shares as counts": (MICROBES, SHARES, "looks_relative", True),
    "per cent as counts": (MICROBES, 100 * SHARES, "looks_relative", True),
    "logged taxa": (MICROBES, RNG.uniform(0, 18, (4, 50)), "looks_logged", True),
    "logged counts": (contract.COUNTS, RNG.uniform(0, 18, (4, 50)), "looks_logged", True),
    "expected counts": (contract.COUNTS, RNG.uniform(0, 9000, (4, 50)), "fractional", False),
    "raw intensities as log2": (contract.LOG_INTENSITY, RNG.lognormal(12, 2, (4, 50)), "looks_raw", True),
    "fpkm as tpm": (contract.PER_MILLION, RNG.uniform(0, 500, (4, 50)), "total", False),
    "more than a million": (contract.PER_MILLION, RNG.uniform(0, 1e6, (4, 50)), "total", True),
    "beta as m": (contract.scale("methylation", "m_value", "x")[1], RNG.uniform(0, 1, (4, 50)), "looks_beta", True),
    "no mutation": (contract.scale("mutation", "binary", "x")[1], np.zeros((4, 50)), "all_zero", True),
    "silent reference": (contract.ZSCORE, RNG.normal(size=(4, 50)) + np.eye(4, 50) * 7000, "heavy_tails", True),
    "per cent": (contract.scale("drug_response", "viability", "x")[1], RNG.uniform(0, 110, (4, 50)), "looks_per_cent", False),
}


@pytest.mark.parametrize("case", SUSPECT)
def test_values_that_are_possible_and_odd_are_said(case):
    scale, x, name, flagged = SUSPECT[case]
    x = x.astype("float32")
    x[0, 0] = np.nan
    contract.check(scale, pd.DataFrame(x), "legal")
    found = {each.name: each for test in scale.suspicions if (each := test(x))}
    assert found[name].flagged == flagged
    assert found[name].explanation


@pytest.mark.parametrize("kind", plugins.names("assays"))
def test_a_scale_that_is_suggested_is_one_of_the_kind(kind):
    module = plugins.load("assays", kind)
    tried = [x for _, x, _, _ in SUSPECT.values()] + [np.full((4, 9), 0.2), RNG.lognormal(12, 2, (4, 9))]
    for scale in module.SCALES.values():
        told = " ".join(each.explanation for test in scale.suspicions for x in tried if (each := test(x.astype("float32"))))
        assert set(re.findall(r"`values: (\w+)`", told)) <= set(module.SCALES)


USUAL = {
    "expected counts of three digits": (
        replace(contract.COUNTS, suspicions=(odd.grouped,)),
        np.round(RNG.lognormal(3, 2, (4, 50)), 3),
    ),
    "taxa": (MICROBES, RNG.negative_binomial(1, 0.01, (4, 50))),
    "counts": (contract.COUNTS, RNG.negative_binomial(2, 0.01, (4, 50))),
    "few counts": (contract.COUNTS, RNG.poisson(2, (4, 50))),
    "log2": (contract.LOG, RNG.normal(8, 3, (4, 50))),
    "tpm": (contract.PER_MILLION, RNG.dirichlet(np.full(50, 0.3), 4) * 1e6),
    "numbers of three decimals": (contract.NUMERIC, np.round(RNG.lognormal(0, 1, (4, 50)), 3)),
    "numbers of two decimals": (contract.MEASURED, np.round(RNG.uniform(1, 99, (4, 50)), 2)),
    "m": (contract.scale("methylation", "m_value", "x")[1], RNG.normal(0, 3, (4, 50))),
    "z": (contract.ZSCORE, RNG.standard_t(4, (4, 50))),
    "mutation": (contract.scale("mutation", "binary", "x")[1], np.eye(4, 50)),
    "viability": (contract.scale("drug_response", "viability", "x")[1], RNG.uniform(0, 1.2, (4, 50))),
    "nothing measured": (contract.LOG, np.full((4, 50), np.nan)),
}


@pytest.mark.parametrize("case", USUAL)
def test_usual_values_are_not_suspected(case):
    scale, x = USUAL[case]
    assert [test(x.astype("float32")) for test in scale.suspicions if test(x.astype("float32"))] == []


AGES = RNG.integers(30, 95, 40).astype(float)
LEVELS = RNG.normal(50, 5, 40)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.r_[AGES, 999, 999], (999, 2)), (np.r_[AGES, -9], (-9, 1)), (np.r_[LEVELS, -99, np.nan], (-99, 1)),
        (np.r_[RNG.normal(0, 1, 40), -9, -9], (-9, 2)), (np.r_[AGES, 99, 99], None), (np.r_[RNG.integers(0, 3000, 40), 999], None),
        (np.r_[-5 * AGES, -99], None), (np.r_[1, 2, 999], None), (np.full(9, np.nan), None), (np.full(9, 999.0), None),
    ],
)  # fmt: skip
def test_codes_of_what_is_missing_stand_apart_from_the_other_values(values, expected):
    assert _codes.code(values) == expected


def test_real_z_scores_that_reach_thousands_are_ranked(shared):
    rna = pd.read_csv(shared / "tcga_luad_survival/rna_zscore.csv.gz", index_col=0).to_numpy()
    scale = contract.scale("rna", "zscore", "x")[1]
    found = odd.heavy_tails(rna)
    assert found is not None and found.value > 7000
    assert scale.prepare["transform"] in plugins.names("preparation/transform")


def test_missing_proteins_are_rather_the_scarce_ones(shared):
    """Why `fill: minimum`: the less of a protein there is, the more often it is missing; against a reference channel, not so."""
    from scipy import stats

    cll = pd.read_csv(shared / "cll_block_missing/proteomics_log2.csv.gz", index_col=0)
    assert stats.spearmanr(cll.mean(), cll.isna().mean()).statistic < -0.5
    rats = pd.read_csv(shared / "motrpac_rat_wat/proteomics_log2ratio.csv.gz", index_col=0, nrows=60)
    assert abs(stats.spearmanr(rats.mean(), rats.isna().mean()).statistic) < 0.1
    assert contract.scale("protein", "log2", "x")[1].prepare == {"fill": "minimum"}
    assert contract.scale("protein", "log2ratio", "x")[1].prepare == {}
