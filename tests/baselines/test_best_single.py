"""The best single modality: found where there is one, and no better than it is where there is none."""

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from mmomics.baselines import best_single
from mmomics.baselines.contract import TrainingRows
from tests.folds import make_fold


def fitted(fold):
    has = fold.has
    rows = TrainingRows(
        {name: part[has] for name, part in fold.x.items()}, {name: part[has] for name, part in fold.seen.items()},
        fold.y[has], fold.inner[has], fold.head, 0,
    )  # fmt: skip
    model = best_single.Baseline(None, "binary")
    return model, model.fit(rows), rows


def test_of_modalities_that_say_nothing_the_luckiest_is_not_believed():
    """Chosen and scored on the same rows, the best of eight has an area under the curve of 0.6 on average."""
    lucky, found = [], []
    for seed in range(25):
        fold, _ = make_fold(n_obs=100, sizes=(15,) * 8, missing=0.0, signal=0.0, seed=seed)
        model, oof, rows = fitted(fold)
        chosen = list(rows.x)[int(model.position)]
        lucky.append(roc_auc_score(rows.y[:, 0], rows.ridges[chosen].oof[:, 0]))
        found.append(roc_auc_score(rows.y[:, 0], oof[:, 0]))
    assert np.mean(lucky) > 0.59 and np.mean(found) < np.mean(lucky) - 0.03  # what is left is the choice of each one's penalty


def test_what_nobody_with_an_outcome_has_is_not_chosen_where_nothing_is_better_than_the_average():
    """Subjects without the first outcome may have one of the further ones (`also`), and an assay of their own."""
    fold, _ = make_fold(n_obs=100, sizes=(15, 15, 15), missing=0.0, signal=0.0)
    for name in ("m0", "m2"):
        fold.seen[name], fold.x[name] = ~fold.has, fold.x[name] * ~fold.has[:, None]
    model, oof, _ = fitted(fold)
    assert int(model.position) == 1 and oof.isfinite().all()


def test_what_is_strongest_is_chosen_by_every_inner_fold():
    fold, _ = make_fold(n_obs=200, sizes=(10, 10, 10), missing=0.2)
    for name in ("m0", "m2"):
        fold.x[name] = torch.randn(fold.x[name].shape, generator=torch.Generator().manual_seed(1)) * fold.seen[name][:, None]
    model, oof, rows = fitted(fold)
    assert int(model.position) == 1
    own = rows.seen["m1"]
    torch.testing.assert_close(oof[own], rows.ridges["m1"].oof)
    assert oof[~own].isnan().all()
