"""A subject of whom a model sees nothing is predicted as the average of the training rows, whatever the model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training.units import Unit
from tests.folds import fit, make_fold

NOBODY = 3  # in five of the rows, nothing was measured


def fold_with_unknown(task):
    """A fold whose classes are unequal, some of whose training and test rows have nothing."""
    fold, _ = make_fold(task, n_obs=160, missing=0.4)
    if task == "binary":
        keep = (fold.y[:, 0] == 0) | (torch.arange(160) % 4 == 0) | ~fold.has
        fold = replace(fold, has=fold.has & keep)
    nobody = torch.arange(160) % 10 == NOBODY
    seen = {name: flags & ~nobody for name, flags in fold.seen.items()}
    return replace(fold, seen=seen, x={name: x * seen[name][:, None] for name, x in fold.x.items()}), nobody


@pytest.mark.parametrize("method", ["best_single", "late_linear", "early", "contrastive"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_nothing_known_is_the_average(method, task):
    fold, nobody = fold_with_unknown(task)
    found = fit(Model(method=method), {(0, 0): fold}, [Unit(0, 0, 0)], Training(members=2, epochs=2))[0]
    subjects = np.array([f"s{row}" for row in range(len(fold.y))])
    table = found.predictions(subjects).set_index("subject")
    unknown = table.loc[[name for name in subjects[nobody.numpy()] if name in table.index]]
    assert 1 < len(unknown) < len(table)
    average = fold.y[found.held].double().mean(0)
    if task == "regression":
        expected = {"value": fold.head.state["center"] + fold.head.state["scale"] * float(average)}
    elif task == "binary":
        expected = {"p_yes": float(average)}
    else:
        expected = dict(zip(["p_a", "p_b", "p_c"], average.tolist(), strict=True))
    assert task != "binary" or expected["p_yes"] < 0.35
    for name, value in expected.items():
        np.testing.assert_allclose(unknown[name], value, rtol=1e-3)
    assert not table[list(expected)].isna().any().any()
    predictors = found.predictors(subjects)
    assert predictors.filter(like="eta").notna().all().all()


def test_a_modality_that_is_often_missing_is_not_chosen_for_its_few():
    """Alone each tells as much; the loss of those without is that of the average, so the one that most have is chosen."""
    fold, _ = make_fold("binary", n_obs=400, sizes=(5, 5), missing=0.0)
    x0 = fold.x["m0"]
    rare = torch.arange(400) % 3 == 0
    fold = replace(fold, x={"m0": x0 * rare[:, None], "m1": x0}, seen={"m0": rare, "m1": torch.ones(400, dtype=torch.bool)})
    found = fit(Model(method="best_single"), {(0, 0): fold}, [Unit(0, 0, 0)], Training())[0]
    assert int(found.network.position) == 1
    assert isinstance(found.predictions(np.arange(400).astype(str)), pd.DataFrame)
