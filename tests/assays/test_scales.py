"""The formulas, against their definitions."""

import subprocess
import sys

import numpy as np
import pytest

from mmomics import plugins
from mmomics.assays import contract
from mmomics.assays.methylation import OFFSET, m_value
from mmomics.assays.microbiome import centred_log_ratio
from mmomics.errors import UserError


@pytest.fixture
def counts():
    x = np.random.default_rng(0).poisson(50, (5, 40)).astype("float32")
    x[:, 0] = 0
    return x


def test_counts_per_million_do_not_depend_on_depth(counts):
    depth = np.array([[1], [2], [5], [10], [100]], dtype="float32")
    np.testing.assert_allclose(contract.counts_per_million(counts * depth), contract.counts_per_million(counts), rtol=1e-5)
    np.testing.assert_allclose(np.expm1(contract.counts_per_million(counts).astype(float)).sum(axis=1), 1e6, rtol=1e-4)


def test_a_missing_count_takes_no_part(counts):
    holed = counts.copy()
    holed[1, 3] = np.nan
    left = np.delete(holed, 3, axis=1)
    np.testing.assert_allclose(np.delete(contract.counts_per_million(holed), 3, axis=1)[1], contract.counts_per_million(left)[1], rtol=1e-6)


def test_m_value_inverts_to_beta_and_is_odd_about_one_half():
    beta = np.linspace(0, 1, 101)
    ratio = 2 ** m_value(beta)
    np.testing.assert_allclose((ratio * (1 + OFFSET) - OFFSET) / (1 + ratio), beta, atol=1e-12)
    np.testing.assert_allclose(m_value(beta), -m_value(1 - beta), atol=1e-9)


def test_centred_log_ratio_depends_on_ratios_only(counts):
    positive = counts + 1
    np.testing.assert_allclose(centred_log_ratio(positive), centred_log_ratio(positive * 7), atol=1e-5)
    np.testing.assert_allclose(centred_log_ratio(counts).mean(axis=1), 0, atol=1e-5)
    assert (centred_log_ratio(counts).argmin(axis=1) == 0).all()  # the zero is the smallest part


def test_an_intensity_of_zero_is_missing():
    np.testing.assert_array_equal(contract.log2_detected(np.array([[0, 1, 8]], dtype="float32")), [[np.nan, 0, 3]])


def test_a_sample_without_counts_is_refused(counts):
    import pandas as pd

    counts[3] = 0
    with pytest.raises(UserError, match="1 samples add up to 0, the first is '3'"):
        contract.check(contract.COUNTS, pd.DataFrame(counts), "modality x")


def test_no_kind_imports_scanpy_or_torch_before_it_counts():
    code = "import sys; from mmomics import plugins; [plugins.load('assays', kind) for kind in plugins.names('assays')]; "
    code += "import mmomics.cohort.new, mmomics.cohort.split, mmomics.cohort.prepare; print({'scanpy', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


def test_every_kind_has_its_own_summary():
    summaries = [plugins.summary("assays", kind) for kind in plugins.names("assays")]
    assert all(summaries)
    assert len(set(summaries)) == len(summaries)
