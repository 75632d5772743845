"""Several outcomes at once: what one outcome's labels are too few to teach, another's teach."""

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score

from mmomics import keys, plugins
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training import bundle
from mmomics.training.fit import fit
from mmomics.training.fold import Target
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit
from tests.contract.test_bundles import as_data
from tests.folds import make_fold

UNIT = Unit(0, 0, 0)
SETTINGS = Training(members=4, epochs=40, batch_size=32, patience=20)


def interaction(n_labelled, n_obs=600):
    """An outcome that nothing linear predicts and few subjects have; a number that most have follows from the same product."""
    fold, obs = make_fold("binary", n_obs=n_obs, sizes=(4, 4), missing=0.0, interaction=True)
    truth = (obs["outcome"] == "yes").to_numpy()
    product = (fold.x["m0"][:, 0] * fold.x["m1"][:, 0]).numpy()
    number = pd.DataFrame({keys.LABEL: np.sign(product) + 0.1 * np.random.default_rng(0).normal(size=n_obs)})
    number.iloc[::7] = np.nan
    head = plugins.load("heads", "regression").HEAD.fit({"task": "regression", "unit": ""}, number.iloc[fold.train.numpy()])
    y, has = head.target(number)
    has[fold.test] = False
    further = Target(head, y * has[:, None], has)
    fold.has[fold.train[n_labelled:]] = False
    fold.y = fold.y * fold.has[:, None]
    return fold, obs, truth, further


def test_a_second_outcome_helps_the_first_where_labels_are_few():
    fold, _, truth, further = interaction(120)
    test = fold.test.numpy()
    scores = []
    for also in ({}, {"number": further}):
        fold.also = also
        (found,) = fit(Model(method="hierarchical", params={"dropout": 0.0, "input_dropout": 0.0}), {(0, 0): fold}, [UNIT], SETTINGS)
        scores.append(roc_auc_score(truth[test], found.eta[test, 0]))
        assert ("also_number" in set(found.history["term"])) == bool(also)
    assert scores[1] > scores[0] + 0.2


def test_a_bundle_of_several_outcomes_predicts_the_first(tmp_path):
    fold, obs, _, further = interaction(200, n_obs=250)
    fold.also = {"number": further}
    (found,) = fit(Model(method="hierarchical"), {(0, 0): fold}, [UNIT], Training(members=2, epochs=2))
    bundle.save(tmp_path / "bundle", Predictor.of(found, "hierarchical"), {}, {"title": "", "seed": 0})
    predictor, _ = bundle.load_one(tmp_path / "bundle")
    eta, _ = predictor.eta(as_data(fold, obs))
    torch.testing.assert_close(eta.mean(0)[fold.test], found.eta[fold.test], atol=1e-5, rtol=1e-4)
