"""The variational autoencoders weigh the divergence as they say, however many features are kept."""

import pytest
import torch
from torch.distributions import Normal

from mmomics.fusion.generative import mopoe_vae, poe_vae
from mmomics.nn.experts import product
from mmomics.nn.streams import Streams


def terms(module, n_features, **params):
    x = {"a": torch.randn(2, 30, n_features, generator=torch.Generator().manual_seed(0))}
    seen = {"a": torch.ones(2, 30, dtype=torch.bool)}
    method = module.Method({"a": n_features}, module.Params(**params), Streams([0, 1])).eval()
    with torch.no_grad():
        mean, sd = product(*method.experts(x, seen))
        kl = torch.distributions.kl_divergence(Normal(mean, sd), Normal(0.0, 1.0)).sum(-1).mean(-1)
        nll = -Normal(*method.decode(mean)["a"]).log_prob(x["a"]).sum(-1).mean(-1)  # decoders start at nought, whatever is drawn
        found = method.step(x, seen, seen)[1]
    return found, kl, nll


@pytest.mark.parametrize("module", [poe_vae, mopoe_vae])
@pytest.mark.parametrize("n_features", [640, 3000])
@pytest.mark.parametrize("n_latent", [4, 32])
def test_the_objective_is_the_evidence_bound_with_the_divergence_times_beta_over_the_features(module, n_features, n_latent):
    found, kl, nll = terms(module, n_features, n_latent=n_latent, beta=1.5, reconstruction=0.7)
    torch.testing.assert_close(found["reconstruction"], 0.7 * nll / n_features)
    torch.testing.assert_close(found["divergence"], 0.7 * 1.5 * kl / n_features)


@pytest.mark.parametrize("module", [poe_vae, mopoe_vae])
def test_of_few_features_the_divergence_weighs_in_proportion_less(module):
    found, kl, nll = terms(module, 64, reconstruction=1.0)
    torch.testing.assert_close(found["reconstruction"], nll / 64)
    torch.testing.assert_close(found["divergence"] / found["reconstruction"], 2.0 * 0.1 * kl / nll)
