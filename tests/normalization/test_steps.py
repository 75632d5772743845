"""The formulas, against their definitions and other implementations."""

import numpy as np
import pytest
from scipy import stats

from mmomics.errors import UserError
from mmomics.normalization import acosh, centred_log_ratio, contract, detected, library_size, log1p, m_value, median, rank, upper_quartile


@pytest.fixture
def counts():
    x = np.random.default_rng(0).poisson(50, (5, 40)).astype("float32")
    x[:, 0] = 0
    return x


def test_counts_per_million_are_those_of_scanpy(counts):
    import anndata
    import scanpy

    table = anndata.AnnData(counts.copy())
    scanpy.pp.normalize_total(table, target_sum=1e6)
    np.testing.assert_allclose(library_size.normalize(counts), table.X, rtol=1e-6)
    scanpy.pp.log1p(table)
    np.testing.assert_allclose(contract.apply(["library_size", "log1p"], counts, "x"), table.X, rtol=1e-5)


def test_counts_per_million_do_not_depend_on_depth(counts):
    depth = np.array([[1], [2], [5], [10], [100]], dtype="float32")
    np.testing.assert_allclose(library_size.normalize(counts * depth), library_size.normalize(counts), rtol=1e-5)
    np.testing.assert_allclose(library_size.normalize(counts).sum(axis=1), 1e6, rtol=1e-5)


def test_a_missing_count_takes_no_part(counts):
    holed = counts.copy()
    holed[1, 3] = np.nan
    for step in (library_size, upper_quartile, median, centred_log_ratio):
        without = step.normalize(np.delete(holed, 3, axis=1))
        np.testing.assert_allclose(np.delete(step.normalize(holed), 3, axis=1)[1], without[1], rtol=1e-5, err_msg=step.__name__)


def test_log1p_undoes_expm1():
    x = np.linspace(0, 12, 50)[None]
    np.testing.assert_allclose(log1p.normalize(np.expm1(x)), x, rtol=1e-12)


def test_m_value_is_the_logit_to_base_2_and_odd_about_one_half():
    beta = np.linspace(0.05, 0.95, 91)[None]
    np.testing.assert_allclose(m_value.normalize(beta), np.log2(beta / (1 - beta)), atol=0.03)
    ends = np.linspace(0, 1, 101)[None]
    np.testing.assert_allclose(m_value.normalize(ends), -m_value.normalize(1 - ends), atol=1e-9)
    ratio = 2 ** m_value.normalize(ends)
    np.testing.assert_allclose((ratio * (1 + m_value.OFFSET) - m_value.OFFSET) / (1 + ratio), ends, atol=1e-12)


def test_centred_log_ratio_is_over_the_geometric_mean(counts):
    positive = counts.astype(float) + 1
    expected = np.log(positive / stats.gmean(positive, axis=1)[:, None])
    np.testing.assert_allclose(centred_log_ratio.normalize(positive), expected, atol=1e-12)
    np.testing.assert_allclose(centred_log_ratio.normalize(positive * 7), expected, atol=1e-12)


def test_a_zero_is_the_smallest_part_and_nothing_at_all_is_missing(counts):
    counts[4] = 0
    normal = centred_log_ratio.normalize(counts)
    assert (normal[:4].argmin(axis=1) == 0).all()
    np.testing.assert_allclose(normal[:4].mean(axis=1), 0, atol=1e-5)
    assert np.isnan(normal[4]).all()


def test_not_detected_is_missing():
    np.testing.assert_array_equal(detected.normalize(np.array([[0, 1, 8, np.nan]], dtype="float32")), [[np.nan, 1, 8, np.nan]])
    np.testing.assert_array_equal(contract.apply(["detected", "log2"], np.array([[0, 1, 8.0]]), "x"), [[np.nan, 0, 3]])


def test_median_takes_off_what_a_whole_sample_is_shifted_by():
    x = np.random.default_rng(1).normal(size=(4, 31))
    x[0, :5] = np.nan
    shifted = x + np.array([[0.0], [2.0], [-3.0], [50.0]])
    np.testing.assert_allclose(median.normalize(shifted), median.normalize(x), atol=1e-12)
    np.testing.assert_allclose(np.nanmedian(median.normalize(x), axis=1), 0, atol=1e-12)


def test_upper_quartile_is_1000_whatever_the_depth_and_the_zeros(counts):
    normal = upper_quartile.normalize(counts * np.arange(1, 6, dtype="float32")[:, None])
    for sample in normal:
        assert np.quantile(sample[sample > 0], 0.75) == pytest.approx(1000, rel=1e-5)
    np.testing.assert_array_equal(upper_quartile.normalize(np.zeros((1, 3))), 0)


def test_acosh_evens_out_the_variance_of_overdispersed_counts():
    rng = np.random.default_rng(2)
    a = acosh.OVERDISPERSION
    for mean in (20, 200, 2000):
        drawn = rng.negative_binomial(1 / a, 1 / (1 + a * mean), (1, 20_000)).astype(float)
        assert acosh.normalize(drawn).var() == pytest.approx(1, rel=0.1)


def test_ranks_are_those_of_scipy_over_what_was_measured():
    x = np.array([[3.0, 1, 1, np.nan, 7]])
    np.testing.assert_allclose(rank.normalize(x), [[2.5 / 4, 1 / 4, 1 / 4, np.nan, 3.5 / 4]])
    y = np.random.default_rng(3).normal(size=(1, 30))
    np.testing.assert_allclose(rank.normalize(np.exp(y)), rank.normalize(y))


def test_blocks_of_samples_leave_no_seam(counts, monkeypatch):
    whole = contract.apply(["library_size", "log1p"], counts, "x")
    monkeypatch.setattr(contract, "BLOCK", 80)  # two samples at a time
    np.testing.assert_array_equal(contract.apply(["library_size", "log1p"], counts, "x"), whole)
    counts[[1, 4], 3] = -5, -7
    with pytest.raises(UserError, match="2 of 200 are not \\(the first is -5\\)"):
        contract.apply(["log1p"], counts, "x")


@pytest.mark.parametrize(
    ("steps", "x", "expected"),
    [
        (["lgo2"], [[1.0]], "modality p: normalize: there is no step 'lgo2'; did you mean 'log2'?"),
        (["contract"], [[1.0]], "there is no step 'contract'"),
        (["log2"], [[0.0, 4]], "step 'log2' needs values > 0, but 1 of 2 are not (the first is 0); put `detected` before it"),
        (["log1p"], [[-2.0, 4]], "step 'log1p' needs values >= 0, but 1 of 2 are not (the first is -2)"),
        (["m_value", "m_value"], [[0.1, 0.9]], "step 'm_value' needs values in 0..1"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused(steps, x, expected):
    with pytest.raises(UserError) as error:
        contract.apply(steps, np.array(x), "modality p")
    assert expected in str(error.value)
