"""The linear models of a fold: fitted once, out-of-fold where they were learned, and the better start of two."""

from dataclasses import fields

import pytest
import torch

from mmomics.errors import UserError
from mmomics.nn.cross_fit import CrossFit, beside
from mmomics.training import linear_models, linear_path
from tests.folds import TASKS, make_fold


def eta(fold, found, joint):
    path = linear_path.LinearPath(1, fold.n_vars).begin(torch.tensor([joint]))
    with torch.no_grad():
        return path(found.scores[None], torch.stack(list(fold.seen.values()), dim=-1)[None])[0]


@pytest.mark.parametrize("task", TASKS)
def test_the_joint_models_parts_add_up_to_its_prediction(task):
    fold, _ = make_fold(task)
    models = linear_models.fit(fold)
    found = linear_path.fit(fold, models)
    whole, has = models[beside(fold.x)], fold.has
    torch.testing.assert_close(eta(fold, found, 1.0)[has], whole.oof, atol=1e-4, rtol=1e-4)
    coef, intercept = whole.bagged
    new = ~has
    torch.testing.assert_close(
        eta(fold, found, 1.0)[new], (torch.cat(list(fold.x.values()), 1) @ coef + intercept)[new], atol=1e-4, rtol=1e-4
    )
    hidden = {name: values * (name != "m0") for name, values in fold.x.items()}
    torch.testing.assert_close(found.start.scores(hidden)[new, len(fold.x)], torch.zeros(int(new.sum()), fold.head.n_out))


def test_a_strong_modality_among_weak_ones_is_not_dragged_along():
    fold, _ = make_fold("regression", n_obs=300, sizes=(20, 20, 20, 20, 20), missing=0.0)
    fold.x = {
        name: values if name == "m0" else torch.randn(values.shape, generator=torch.Generator().manual_seed(1))
        for name, values in fold.x.items()
    }
    fold.y = fold.x["m0"][:, :1] * fold.has[:, None]
    assert linear_path.fit(fold, linear_models.fit(fold)).joint


def test_where_nothing_is_to_be_found_the_mean_is_kept():
    starts = [make_fold("binary", n_obs=120, sizes=(60, 60, 60), seed=seed, missing=0.0, signal=0.0)[0] for seed in range(5)]
    assert sum(linear_path.fit(fold, linear_models.fit(fold)).joint for fold in starts) <= 1


def test_models_are_read_as_they_were_written_and_not_fitted_again(tmp_path):
    fold, _ = make_fold("multiclass")
    models = linear_models.fit(fold)
    linear_models.save(tmp_path / "models.safetensors", {(0, 3): models})
    read = linear_models.load(tmp_path / "models.safetensors")[0, 3]
    assert set(read) == set(models)
    for name, found in models.items():
        for part in fields(CrossFit):
            torch.testing.assert_close(torch.as_tensor(getattr(read[name], part.name)), torch.as_tensor(getattr(found, part.name)))
    assert linear_models.fit(fold, read)["m0"] is read["m0"]
    (tmp_path / "models.safetensors").write_bytes(b"no such thing")
    with pytest.raises(UserError, match="mmomics linear"):
        linear_models.load(tmp_path / "models.safetensors")
