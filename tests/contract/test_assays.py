"""What every assay kind keeps: its checks bite, and its normalisations look at one sample at a time."""

import numpy as np
import pandas as pd
import pytest

from mmomics import plugins
from mmomics.assays.contract import check, scale
from mmomics.errors import UserError

KINDS = plugins.names("assays")
SCALES = [(kind, name) for kind in KINDS for name in plugins.load("assays", kind).SCALES]


def draw(scale, n_obs=6, n_vars=8, seed=0):
    """Values within the range of a scale, some missing, with both ends of the range among them."""
    rng = np.random.default_rng(seed)
    low, high = np.clip([scale.low, scale.high], -1000, 1000)
    x = rng.uniform(low, high, (n_obs, n_vars))
    x[0, :2] = low, high
    x = np.rint(x) if scale.whole else x
    x[rng.random(x.shape) < 0.1] = np.nan
    return pd.DataFrame(x.astype("float32"), index=[f"S{i}" for i in range(n_obs)], columns=[f"g{i}" for i in range(n_vars)])


@pytest.mark.parametrize("kind", KINDS)
def test_default_is_one_of_the_scales(kind):
    module = plugins.load("assays", kind)
    assert scale(kind, None, "here") == (module.DEFAULT, module.SCALES[module.DEFAULT])


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_scale_is_refused_with_the_choices(kind):
    with pytest.raises(UserError, match=f"'{kind}' has no scale 'furlong'"):
        scale(kind, "furlong", "modality x")


@pytest.mark.parametrize(("kind", "name"), SCALES)
def test_values_in_range_pass_and_normalise_sample_by_sample(kind, name):
    chosen = scale(kind, name, "here")[1]
    frame = draw(chosen)
    check(chosen, frame, "here")
    x = frame.to_numpy()
    before = x.copy()
    normal = chosen.normalise(x)
    np.testing.assert_array_equal(x, before)  # the argument is left alone
    assert normal.shape == x.shape
    assert not np.isinf(normal).any()
    assert np.isnan(normal[np.isnan(x)]).all()
    alone = np.concatenate([chosen.normalise(x[[i]]) for i in range(len(x))])
    np.testing.assert_allclose(normal, alone, rtol=1e-5)  # nothing is learned across samples


@pytest.mark.parametrize(("kind", "name"), SCALES)
def test_a_normalisation_keeps_the_order_within_a_sample(kind, name):
    chosen = scale(kind, name, "here")[1]
    for measured, normal in zip(draw(chosen).to_numpy(), chosen.normalise(draw(chosen).to_numpy()), strict=True):
        both = ~np.isnan(measured) & ~np.isnan(normal)
        order = np.argsort(measured[both], kind="stable")
        assert (np.diff(normal[both][order]) >= -1e-6).all()


@pytest.mark.parametrize(("kind", "name"), SCALES)
def test_a_value_out_of_range_is_counted_and_named(kind, name):
    chosen = scale(kind, name, "here")[1]
    wrong = [np.inf, -np.inf]
    wrong += [chosen.low - 1] if np.isfinite(chosen.low) else []
    wrong += [chosen.high + 1] if np.isfinite(chosen.high) else []
    wrong += [0.5] if chosen.whole else []
    for value in wrong:
        frame = draw(chosen)
        frame.iloc[2, 3] = frame.iloc[4, 1] = value
        with pytest.raises(UserError, match=r"^modality x: 2 of 48 values.*feature 'g3', sample 'S2'"):
            check(chosen, frame, "modality x")
