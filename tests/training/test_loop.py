"""The loop learns what a linear model cannot, starts from the linear solution, stops, and keeps members apart."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.errors import UserError
from mmomics.nn.streams import Streams
from mmomics.training import loop
from mmomics.training.fit import fit
from mmomics.training.rows import Rows
from mmomics.training.units import Unit, of_shard
from tests.folds import make_fold

UNIT = Unit(0, 0, 0)


def auroc(found, obs):
    table = found.predictions(np.arange(len(obs)).astype(str))
    return roc_auc_score(obs["outcome"].to_numpy()[found.fold.test.numpy()] == "yes", table["p_yes"])


def test_fusion_solves_an_interaction_that_no_linear_model_can():
    fold, obs = make_fold("binary", n_obs=1500, sizes=(3, 3), missing=0.0, interaction=True)
    settings = Training(members=2, epochs=60, learning_rate=5e-3)
    params = {"dropout": 0.0, "input_dropout": 0.0, "merge": "multiplication"}
    fused = auroc(fit(Model(method="hierarchical", params=params), {(0, 0): fold}, [UNIT], settings)[0], obs)
    linear = auroc(fit(Model(method="linear"), {(0, 0): fold}, [UNIT], settings)[0], obs)
    assert linear < 0.6 < 0.8 < fused


def test_without_signal_the_network_stays_at_chance():
    fold, obs = make_fold("binary", n_obs=400, signal=0.0)
    for method in ("hierarchical", "late_linear", "linear"):
        found = fit(Model(method=method), {(0, 0): fold}, [UNIT], Training(members=2, epochs=10))[0]
        assert 0.3 < auroc(found, obs) < 0.7
        assert found.fold.head.state["slope"] < 1.5  # calibration on held-out rows shrinks what is not there


def test_training_loss_falls_and_the_best_epoch_is_kept():
    fold, _ = make_fold("regression", n_obs=300, missing=0.0)
    (found,) = fit(Model(method="hierarchical"), {(0, 0): fold}, [UNIT], Training(members=2, epochs=40, learning_rate=5e-3))
    curves = found.history.groupby(["term", "epoch"])["value"].mean()
    assert curves["task"].iloc[-1] < curves["task"].iloc[0]
    # what is kept is the best epoch: the network's held-out loss is the smallest of the curve, and not the last
    rows = Rows([fold], [found.scores.scores], [0, 0], [0, 1], torch.device("cpu"))
    with torch.no_grad():
        kept = found.network.eval().held_out_loss(rows, torch.zeros(2, dtype=torch.long))
    assert float(kept) == pytest.approx(curves["validation"].min(), rel=1e-5)
    assert curves["validation"].min() < curves["validation"].iloc[-1]


def test_early_stopping_stops():
    fold, _ = make_fold("binary", n_obs=150, signal=0.0)
    settings = Training(members=2, epochs=200, patience=3)
    (found,) = fit(Model(method="contrastive"), {(0, 0): fold}, [UNIT], settings)
    assert found.history["epoch"].max() < 60


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"params": {"temperature": 0}}, "contrastive: the loss 'contrast' is no finite number in epoch 1 of training"),
        ({"settings": {"learning_rate": 1e30}}, "contrastive: the loss '.*' is no finite number in epoch [12] of training"),
    ],
)
def test_a_loss_that_is_no_number_is_one_line(change, line):
    fold, _ = make_fold("binary", n_obs=100)
    settings = Training(members=2, epochs=3, **change.get("settings", {}))
    with pytest.raises(UserError, match=line):
        fit(Model(method="contrastive", params=change.get("params", {})), {(0, 0): fold}, [UNIT], settings)


def test_a_network_that_has_stopped_may_break():
    losses = torch.tensor([1.0, float("nan")])
    model = fit(Model(method="contrastive"), {(0, 0): make_fold(n_obs=80)[0]}, [UNIT], Training(members=1, epochs=1))[0].network
    loop._check(model, [{"task": losses}], torch.tensor([True, False]), 5)
    with pytest.raises(UserError, match="'task' is no finite number in epoch 5"):
        loop._check(model, [{"task": losses}], torch.tensor([True, True]), 5)


def test_subjects_without_outcome_take_part():
    fold, _ = make_fold("binary", n_obs=200)
    unlabelled = fold.train[:60]
    fold.has[unlabelled] = False
    fold.y[unlabelled] = 0
    (found,) = fit(Model(method="poe_vae"), {(0, 0): fold}, [UNIT], Training(members=2, epochs=3))
    assert torch.isfinite(found.eta).all() and found.history["value"].notna().all()


def test_a_members_numbers_come_from_its_own_stream():
    together, alone = Streams([1, 2, 3]), Streams([3])
    torch.testing.assert_close(together.uniform(4, 5)[2:], alone.uniform(4, 5))
    torch.testing.assert_close(together.normal(3)[2:], alone.normal(3))
    rows = [torch.arange(5), torch.arange(7), torch.arange(10, 16)]
    torch.testing.assert_close(together.permutation(rows, 9)[2:], alone.permutation(rows[2:], 9))
    assert sorted(together.permutation(rows, 6)[2].tolist()) == list(range(10, 16))


def test_shards_deal_out_every_unit_once():
    import pandas as pd

    places = [(0, -1)] + [(repeat, fold) for repeat in range(2) for fold in range(5)]
    splits = pd.DataFrame(places, columns=["repeat", "fold"])
    dealt = [unit for k in range(1, 5) for unit in of_shard(splits, f"{k}of4", 0, 3)]
    assert sorted(dealt) == of_shard(splits, "1of1", 0, 3) and len(dealt) == 30
    assert of_shard(splits, "final", 0, 3) == [Unit(0, -1, 0)]
    for wrong in ("0of3", "4of3", "x", "2"):
        with pytest.raises(UserError, match="is not a shard"):
            of_shard(splits, wrong, 0, 1)
