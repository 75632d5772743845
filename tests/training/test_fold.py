"""What a fold hands to models."""

import numpy as np
import pandas as pd
from torch import nn

from mmomics.cohort import prepare
from mmomics.cohort.data import CohortData
from mmomics.config.cohort import RESERVED
from mmomics.config.protocol import Prepare
from mmomics.training.fold import make, sizes, tensors


def test_a_model_whose_only_assay_no_fold_can_learn_from_still_has_an_input():
    assert sizes({(0, 0): {}, (0, -1): {}}, ["mutation"]) == {"mutation": 1}
    assert sizes({(0, 0): {}}, None) == {}


def test_what_no_one_with_an_outcome_has_is_not_part_of_the_bundle():
    """Else new subjects would be predicted through weights that nothing was learned for."""
    rng = np.random.default_rng(0)
    label = np.array(["a", "b"] * 20, dtype=object)
    label[-10:] = None
    values = {"rna": rng.normal(size=(40, 6)).astype("float32"), "rare": rng.normal(size=(40, 3)).astype("float32")}
    values["rare"][:-10] = np.nan
    seen = {name: ~np.isnan(matrix).any(1) for name, matrix in values.items()}
    features = {name: np.array([f"{name}{j}" for j in range(matrix.shape[1])]) for name, matrix in values.items()}
    obs = pd.DataFrame({"outcome": label}, index=[f"s{row}" for row in range(40)])
    data = CohortData(obs, values, seen, features, {"task": "binary", "unit": "", "classes": ["a", "b"]})
    splits = pd.DataFrame({"repeat": 0, "fold": -1, "subject": data.subjects, "role": "train", "inner": np.arange(40) % 4})
    preparation = prepare.fit(data, np.arange(40), Prepare())
    found = make(data, splits, {(0, -1): preparation}, 0, -1, None)
    assert list(found.preparation) == ["rna"] and not found.seen["rare"].any() and list(found.n_vars) == ["rna", "rare"]
    _, flags = tensors(data, found.preparation, found.n_vars)
    assert not flags["rare"].any()


def test_no_modality_is_called_like_a_part_of_a_module():
    assert {name for name in dir(nn.ModuleDict()) if not name.startswith("_")} <= RESERVED


def test_a_fold_knows_which_entries_were_measured_and_which_filled_in():
    rng = np.random.default_rng(0)
    values = {"rna": rng.normal(size=(40, 6)).astype("float32"), "whole": rng.normal(size=(40, 3)).astype("float32")}
    values["rna"][rng.random((40, 6)) < 0.2] = np.nan
    for matrix in values.values():
        matrix[:5] = np.nan
    seen = {name: np.arange(40) >= 5 for name in values}
    features = {name: np.array([f"{name}{j}" for j in range(matrix.shape[1])]) for name, matrix in values.items()}
    obs = pd.DataFrame({"outcome": ["a", "b"] * 20}, index=[f"s{row}" for row in range(40)])
    data = CohortData(obs, values, seen, features, {"task": "binary", "unit": "", "classes": ["a", "b"]})
    splits = pd.DataFrame({"repeat": 0, "fold": 0, "subject": data.subjects, "role": "train", "inner": np.arange(40) % 4})
    preparation = prepare.fit(data, np.arange(40), Prepare())
    found = make(data, splits, {(0, 0): preparation}, 0, 0, None)
    kept = [int(name.removeprefix("rna")) for name in preparation["rna"].features]
    assert list(found.measured) == ["rna"] and found.measured["rna"].shape == found.x["rna"].shape
    np.testing.assert_array_equal(found.measured["rna"], ~np.isnan(values["rna"][:, kept]))
