"""The embedding of an ensemble: one matrix, whatever assays a subject has."""

import numpy as np

from mmomics.training.embed import embedding
from mmomics.training.predictor import Predictor
from tests.contract.test_bundles import as_data, trained


def test_members_are_joined_by_their_principal_components():
    found, fold, obs = trained("hierarchical")
    predictor = Predictor.of(found, "hierarchical")
    z = embedding(predictor, as_data(fold, obs))
    assert z.shape == (150, predictor.network.method.n_latent) and np.isfinite(z).all()
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-4)
    spread = z.var(0)
    assert (np.diff(spread) <= 1e-6).all()  # the largest first
    covariance = np.cov(z, rowvar=False)
    np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=1e-4 * spread[0])
    np.testing.assert_array_equal(z, embedding(predictor, as_data(fold, obs)))


def test_a_baseline_has_none():
    found, fold, obs = trained("late_linear")
    assert embedding(Predictor.of(found, "late_linear"), as_data(fold, obs)) is None
