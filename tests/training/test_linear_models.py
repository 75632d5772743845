"""The linear models of a fold: fitted once, out-of-fold where they were learned, and the better start of two."""

from dataclasses import fields, replace

import pytest
import torch

from mmomics.baselines import late_linear
from mmomics.baselines.contract import TrainingRows
from mmomics.errors import UserError
from mmomics.nn import trust
from mmomics.nn.cross_fit import CrossFit, beside, better
from mmomics.nn.trust import LITTLE
from mmomics.training import linear_models, linear_path
from tests.folds import TASKS, make_fold


def eta(fold, found, joint):
    path = linear_path.LinearPath(1, len(fold.x)).begin(found.log_trust, torch.tensor([joint]))
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
    models = linear_models.fit(fold)
    found = linear_path.fit(fold, models)
    assert models["m0"].telling and sum(models[name].telling for name in fold.x) <= 2
    start = eta(fold, found, float(found.joint))
    own = fold.x["m0"] @ models["m0"].bagged[0] + models["m0"].bagged[1]
    assert torch.corrcoef(torch.stack([start[fold.test, 0], fold.x["m0"][fold.test, 0]]))[0, 1] > 0.95
    rows = TrainingRows(
        *({name: part[fold.has] for name, part in whole.items()} for whole in (fold.x, fold.seen)),
        fold.y[fold.has],
        fold.inner[fold.has],
        fold.head,
        0,
    )
    late = late_linear.Baseline(None, "regression")
    late.fit(rows)
    assert torch.corrcoef(torch.stack([late(fold.x, fold.seen)[fold.test, 0], own[fold.test, 0]]))[0, 1] > 0.95


def test_a_modality_that_says_nothing_is_asked_about_subjects_who_have_no_other():
    scores = torch.tensor([[[1.0], [3.0]]]).repeat(3, 1, 1)
    seen = torch.tensor([[True, True], [False, True], [False, False]])
    torch.testing.assert_close(
        trust.mean(scores, seen, torch.tensor([0.0, LITTLE]))[:, 0], torch.tensor([1.0, 3.0, 0.0]), atol=1e-3, rtol=0
    )
    both = trust.mean(scores, seen, torch.tensor([LITTLE, LITTLE]))[:, 0]
    torch.testing.assert_close(both, torch.tensor([2.0, 3.0, 0.0]))


def test_of_a_single_fold_nothing_is_said_to_be_better():
    fold, _ = make_fold("binary")
    y, one = fold.y[fold.has], torch.zeros(int(fold.has.sum()))
    assert not better(fold.head, 9 * (2 * y - 1), torch.zeros_like(y), y, one, 1.0)
    assert better(fold.head, 9 * (2 * y - 1), torch.zeros_like(y), y, torch.arange(len(y)) % 3, 1.0)


def test_how_rare_an_outcome_is_tells_nothing():
    """With one in ten affected, always saying so is far better than even odds, and no reason to trust an assay of noise."""
    trusted = []
    for seed in range(6):
        fold, _ = make_fold("binary", n_obs=200, sizes=(30, 30), seed=seed, missing=0.0, signal=0.0)
        rare = torch.rand(len(fold.y), 1, generator=torch.Generator().manual_seed(seed)) < 0.1
        fold.y = rare.float() * fold.has[:, None]
        trusted += [found.telling for name, found in linear_models.fit(fold).items() if name in fold.x]
    assert sum(trusted) <= 4


def test_where_nothing_is_to_be_found_the_mean_is_kept():
    starts = [make_fold("binary", n_obs=120, sizes=(60, 60, 60), seed=seed, missing=0.0, signal=0.0)[0] for seed in range(5)]
    assert sum(linear_path.fit(fold, linear_models.fit(fold)).joint for fold in starts) <= 1


def test_models_are_read_as_they_were_written_and_not_fitted_again(tmp_path):
    fold, _ = make_fold("multiclass")
    models = linear_models.fit(fold)
    linear_models.save(tmp_path / "models.safetensors", {(0, 3): models}, {(0, 3): fold.digests})
    read = linear_models.known(tmp_path / "models.safetensors", {(0, 3): fold})[0, 3]
    assert set(read) == set(models)
    for name, found in models.items():
        for part in fields(CrossFit):
            torch.testing.assert_close(torch.as_tensor(getattr(read[name], part.name)), torch.as_tensor(getattr(found, part.name)))
    assert linear_models.fit(fold, read)["m0"] is read["m0"]
    (tmp_path / "models.safetensors").write_bytes(b"no such thing")
    with pytest.raises(UserError, match="mmomics linear"):
        linear_models.load(tmp_path / "models.safetensors")


@pytest.mark.parametrize("changed", ["inner", "has", "y", "x", "seen"])
def test_models_of_other_splits_outcomes_or_features_are_refused(tmp_path, changed):
    """Of the same subjects, split in another way: they would have seen the rows that are tested. Or scaled by others."""
    fold, _ = make_fold()
    linear_models.save(tmp_path / "models.safetensors", {(0, 0): linear_models.fit(fold)}, {(0, 0): fold.digests})
    now = getattr(fold, changed)
    other = replace(fold, **{changed: {**now, "m1": now["m1"].roll(1, 0)} if isinstance(now, dict) else now.roll(1, 0)})
    with pytest.raises(UserError, match="was fitted on other splits, outcomes or features than those given; make it anew"):
        linear_models.known(tmp_path / "models.safetensors", {(0, 0): other})
    less = replace(other, x={"m0": fold.x["m0"]}, seen={"m0": fold.seen["m0"]})
    if changed in ("x", "seen"):  # what the model does not look at may be another
        assert linear_models.known(tmp_path / "models.safetensors", {(0, 0): less})
