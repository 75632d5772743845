"""What every assay kind and every step keeps: checks bite, and normalisation looks at one sample at a time."""

import numpy as np
import pandas as pd
import pytest

from mmomics import plugins
from mmomics.assays.contract import Scale, check, scale
from mmomics.config.check import check as settings
from mmomics.config.protocol import Prepare
from mmomics.errors import UserError
from mmomics.normalization.contract import apply

KINDS = plugins.names("assays")
SCALES = [(kind, name) for kind in KINDS for name in plugins.load("assays", kind).SCALES]
STEPS = plugins.names("normalization")


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


def kept(recipe, x):
    """Shape, missing values, the argument and the samples' independence."""
    before = x.copy()
    normal = apply(recipe, x, "here")
    np.testing.assert_array_equal(x, before)  # the argument is left alone
    assert normal.shape == x.shape
    assert normal.dtype == np.float32
    assert not np.isinf(normal).any()
    assert np.isnan(normal[np.isnan(x)]).all()
    alone = np.concatenate([apply(recipe, x[[i]], "here") for i in range(len(x))])
    np.testing.assert_allclose(normal, alone, rtol=1e-5, atol=1e-6)  # nothing is learned across samples
    for measured, values in zip(x, normal, strict=True):
        both = ~np.isnan(measured) & ~np.isnan(values)
        order = np.argsort(measured[both], kind="stable")
        assert (np.diff(values[both][order]) >= -1e-6).all()  # what was more stays more


@pytest.mark.parametrize(("kind", "name"), SCALES)
def test_values_in_range_pass_and_normalise_sample_by_sample(kind, name):
    chosen = scale(kind, name, "here")[1]
    frame = draw(chosen)
    check(chosen, frame, "here")
    kept(chosen.recipe, frame.to_numpy())


@pytest.mark.parametrize("step", STEPS)
def test_a_step_looks_at_one_sample_and_keeps_its_order(step):
    needs = plugins.load("normalization", step).NEEDS
    x = draw(Scale(low=needs.low, high=needs.high)).to_numpy()
    x[x == 0] = 1e-3 if needs.above else 0
    x[3] = np.nan  # a sample that was not measured
    kept([step], x)
    assert np.isnan(apply([step], x, "here")[3]).all()


@pytest.mark.parametrize("step", STEPS)
def test_a_step_says_what_it_cannot_take(step):
    needs = plugins.load("normalization", step).NEEDS
    for value in [needs.low - 1, needs.high + 1, *([needs.low] if needs.above else [])]:
        if np.isfinite(value):
            with pytest.raises(UserError, match=f"modality x: normalize: step '{step}' needs values .* 1 of 4 are not"):
                apply([step], np.array([[0.5, 0.25], [0.75, value]]), "modality x")


@pytest.mark.parametrize(("kind", "name"), SCALES)
def test_defaults_of_the_preprocessing_are_settings_with_a_reason(kind, name):
    chosen = scale(kind, name, "here")[1]
    settings(Prepare, dict(chosen.prepare), "here")
    assert bool(chosen.prepare) == bool(chosen.because)
    for key in chosen.prepare.keys() & {"reference", "transform", "batch", "select", "fill", "scale"}:
        assert chosen.prepare[key] in plugins.names(f"preparation/{key}")


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
