"""Every fusion method learns what only two modalities together tell; nothing linear can, as the baseline beside them shows."""

import pytest
from sklearn.metrics import roc_auc_score

from mmomics import plugins
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training.units import Unit
from tests.folds import fit, make_fold

# the outcome's linear part is nought here: a network needs some hundred steps before it gains, and may not be stopped before
SETTINGS = Training(members=2, epochs=30, patience=30, learning_rate=0.01)


def auroc(name):
    fold, obs = make_fold(n_obs=500, sizes=(2, 2, 2), missing=0.0, interaction=True, seed=1)
    (found,) = fit(Model(method=name), {(0, 0): fold}, [Unit(0, 0, 0)], SETTINGS)
    test = fold.test.numpy()
    return roc_auc_score(obs["outcome"].iloc[test] == "yes", found.eta[fold.test, 0].numpy())


def test_nothing_linear_predicts_it():
    assert auroc("late_linear") < 0.65


@pytest.mark.parametrize("name", plugins.names("fusion"))
def test_finds_an_interaction_of_two_modalities(name):
    assert auroc(name) > 0.75
