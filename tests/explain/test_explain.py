"""Attributions add up to the prediction, find the planted features and modalities, and know when nothing is there."""

import pytest
import torch

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.explain.attributions import attribute, features_table
from mmomics.explain.contributions import modalities_table
from mmomics.training.fit import fit
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit
from tests.folds import make_fold

SETTINGS = Training(members=3, epochs=10, batch_size=32)


def explained(method, task="regression", **options):
    fold, _ = make_fold(task, n_obs=300, missing=0.1, **options)
    (found,) = fit(Model(method=method), {(0, 0): fold}, [Unit(0, 0, 0)], SETTINGS)
    predictor = Predictor.of(found, method)
    return predictor, fold, attribute(predictor, fold.x, fold.seen)


@pytest.mark.parametrize("method", ["linear", "hierarchical", "transformer", "poe_vae"])
@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_attributions_add_up_to_the_change_of_the_prediction(method, task):
    predictor, fold, attributions = explained(method, task)
    rows = torch.arange(len(fold.y))
    wide, seen = predictor.widened(fold.x, rows), predictor.widened(fold.seen, rows)
    with torch.no_grad():
        change = predictor.member_eta(wide, seen) - predictor.member_eta({k: torch.zeros_like(v) for k, v in wide.items()}, seen)
    total = sum(parts.sum(-1) for parts in attributions.values()).permute(1, 2, 0)  # (n_members, n_obs, n_out)
    assert float((total - change).abs().mean()) < 0.01 * float(change.abs().mean())


@pytest.mark.parametrize("method", ["linear", "hierarchical", "poe_vae", "contrastive", "fused_graph"])
def test_planted_features_come_first(method):
    predictor, fold, attributions = explained(method)
    table = features_table(predictor, attributions, fold.x, fold.seen)
    assert set(table["feature"][:3]) == {"m0_0", "m1_0", "m2_0"}
    assert table["importance"].sum() == pytest.approx(1) and table["importance"].is_monotonic_decreasing
    assert (table["direction"][:3] > 0.9).all()
    if method != "linear":
        assert (table["stability"][:3] == 1).all()


def test_what_is_not_seen_gets_no_attribution():
    _, fold, attributions = explained("hierarchical")
    for name, parts in attributions.items():
        assert float(parts[:, :, ~fold.seen[name]].abs().max()) < 1e-6


def test_a_model_of_one_modality_attributes_nothing_to_the_others():
    _, _, attributions = explained("best_single")
    moved = [name for name, parts in attributions.items() if float(parts.abs().max()) > 0]
    assert len(moved) == 1
    table = modalities_table(attributions, seed=0).set_index("modality")
    assert table.loc[moved[0], "share"] == pytest.approx(1)  # subjects who lack it do not water it down


def test_modalities_without_signal_contribute_little():
    fold, _ = make_fold("regression", n_obs=300, missing=0.0, sizes=(5, 5, 5))
    fold.x["m2"] = torch.randn(300, 5, generator=torch.Generator().manual_seed(0))
    (found,) = fit(Model(method="hierarchical"), {(0, 0): fold}, [Unit(0, 0, 0)], SETTINGS)
    predictor = Predictor.of(found, "hierarchical")
    table = modalities_table(attribute(predictor, fold.x, fold.seen), seed=0).set_index("modality")
    assert table["share"].sum() == pytest.approx(1)
    assert table.loc["m2", "share"] < min(table.loc["m0", "share"], table.loc["m1", "share"])
    assert (table["lower"] <= table["share"]).all() and (table["share"] <= table["upper"]).all()
