"""Learn the preprocessing of one modality on its training rows, step by step.

The order: drop features of no use, bring samples to a reference, take out batches, choose features, bring features to an even shape,
fill what is missing, scale, cut. Features are chosen before the transform: normal scores all have one variance, so afterwards there
would be nothing to choose by, and a shape would be learned for thousands of features that are thrown away.
Fill and scale are both learned on measured values only.
"""

from __future__ import annotations

import numpy as np

from mmomics import plugins
from mmomics.config.protocol import Prepare
from mmomics.preparation.contract import Obs, Step, step
from mmomics.preparation.fitted import Fitted
from mmomics.preparation.moments import Columns, spread
from mmomics.preparation.useful import useful


def fit(x: Columns, features: np.ndarray, settings: Prepare, obs: Obs, nothing: Columns | None = None) -> Fitted | None:
    """Fit every step that the settings name.

    Parameters
    ----------
    x : Columns (n_rows, n_vars)
        Normalised values of the training rows that have the modality; NaN = missing.
    features : array of str (n_vars,)
    settings : Prepare
    obs : Obs (n_rows rows)
        Of the same rows.
    nothing : Columns (n_rows, n_vars), optional
        Where nought was measured, if `x` does not say.

    Returns
    -------
    Fitted or None
        None if no feature is of use.
    """
    kept, sd = useful(x, settings.max_missing, settings.min_prevalence, nothing)
    if not len(kept):
        return None
    x, basis = x.part(kept), features[kept]
    reference, x = _before("reference", settings.reference, x, obs)
    batch, x = _before("batch", settings.batch, x, obs)
    if reference or batch:
        sd = spread(x)
    chosen = plugins.load("preparation/select", settings.select, "prepare.select").choose(x, sd, obs, settings.n_features)
    if not len(chosen):
        return None
    train, transform = x.part(chosen).copy(), None
    if settings.transform:
        transform = step("transform", settings.transform).fit(train, obs)
        train = transform.apply(train, obs)
    center, scale = plugins.load("preparation/scale", settings.scale, "prepare.scale").measure(train)
    return Fitted(
        basis[chosen], center.astype(np.float32), np.where(scale > 0, scale, 1).astype(np.float32), settings.clip,
        reference=reference, batch=batch.part(chosen) if batch else None, transform=transform,
        fill=step("fill", settings.fill).fit(train, obs), basis=basis if reference else None,
    )  # fmt: skip


def _before(place: str, name: str | None, x: Columns, obs: Obs) -> tuple[Step | None, Columns]:
    """A step that looks at every useful feature, if there is one, and the values after it."""
    if name is None:
        return None, x
    fitted = step(place, name).fit(x.copy(), obs)
    return fitted, Columns(fitted.apply(x.copy(), obs))
