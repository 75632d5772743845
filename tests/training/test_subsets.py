"""Test rows are predicted again with modalities hidden, as if these had never been measured."""

from itertools import combinations

import numpy as np
import pytest
import torch

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training import subsets
from mmomics.training.fit import fit
from mmomics.training.units import Unit
from tests.folds import make_fold

QUICK = Training(members=2, epochs=2, batch_size=32)


def only(plan):
    return [one.modalities for one in plan if one.rule == subsets.ONLY]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_every_subset_of_few_modalities(n):
    names = [f"m{k}" for k in range(n)]
    plan = subsets.plan(names, seed=0)
    assert sorted(only(plan)) == sorted(one for size in range(1, n + 1) for one in combinations(names, size))
    assert [one.modalities for one in plan if one.rule == subsets.WITHOUT] == [(name,) for name in names]


@pytest.mark.parametrize("n", [5, 8, 12])
def test_some_subsets_of_many_modalities(n):
    names = [f"m{k}" for k in range(n)]
    found = only(subsets.plan(names, seed=1))
    assert len(set(found)) == len(found) <= 40
    assert {len(one) for one in found} == set(range(1, n + 1))  # every size is there
    for size in (1, n - 1, n):
        assert sorted(one for one in found if len(one) == size) == sorted(combinations(names, size))
    assert found == only(subsets.plan(names, seed=1)) and found != only(subsets.plan(names, seed=2))


def test_one_modality_leaves_nothing_to_hide_and_windows_go_with_their_device():
    assert subsets.plan(["rna"], 0) == subsets.plan(["ecg", "ecg_signal"], 0) == []
    plan = subsets.plan(["rna", "ecg", "ecg_signal"], 0)
    assert only(plan) == [("rna",), ("ecg",), ("rna", "ecg")]
    yes = torch.ones(3, dtype=torch.bool)
    seen = {"rna": yes, "ecg": yes, "ecg_signal": torch.tensor([True, False, True])}
    x = {name: torch.ones(3, 2) for name in seen}
    without = next(one for one in plan if one.rule == subsets.WITHOUT and one.modalities == ("ecg",))
    hidden, left = without.left(x, seen)
    assert left["rna"].all() and not left["ecg"].any() and not left["ecg_signal"].any()
    assert not hidden["ecg_signal"].any() and hidden["rna"].all()


def test_who_is_asked():
    seen = {"a": torch.tensor([1, 1, 0, 1]).bool(), "b": torch.tensor([1, 0, 1, 0]).bool(), "c": torch.tensor([0, 0, 1, 1]).bool()}
    asked = {(one.rule, one.modalities): one.asked(seen).int().tolist() for one in subsets.plan(seen, 0)}
    assert asked["only", ("a",)] == [1, 1, 0, 1]
    assert asked["only", ("a", "b")] == [1, 0, 0, 0]
    assert asked["only", ("a", "b", "c")] == [0, 0, 0, 0]
    assert asked["without", ("a",)] == [1, 0, 0, 1]  # the second has nothing else


@pytest.mark.parametrize("method", ["hierarchical", "late_linear", "forest"])
def test_hidden_is_as_if_never_measured(method):
    """Beside the subset with all of them, every answer is the prediction of a cohort in which the rest is missing."""
    folds = {(0, place): make_fold("binary", n_obs=60, sizes=(6, 8, 5), seed=place, fold=place)[0] for place in range(2)}
    subjects = np.array([f"s{row}" for row in range(60)])
    params = {"n_trees": 20} if method == "forest" else {}
    for found in fit(Model(method=method, params=params), folds, [Unit(0, 0, 0), Unit(0, 1, 0)], QUICK):
        table = found.subsets(subjects).set_index(["rule", "modalities"]).sort_index()
        assert set(table[["repeat", "fold", "seed"]].drop_duplicates().itertuples(index=False)) == {(0, found.unit.fold, 0)}
        everyone = found.predictions(subjects).set_index("subject")["p_yes"]
        full = table.loc["only", "m0,m1,m2"].set_index("subject")["p_yes"]
        assert len(full) < len(everyone)  # some subjects lack an assay
        np.testing.assert_allclose(full, everyone[full.index], atol=1e-5)
        alone = table.loc["only", "m1"].set_index("subject")["p_yes"]
        has = subjects[found.fold.test[found.fold.seen["m1"][found.fold.test]].numpy()]
        assert list(alone.index) == list(has)
        assert np.isfinite(table["p_yes"]).all()
        # a subject who has no more than the subset is predicted as always
        others = found.fold.seen["m0"] | found.fold.seen["m2"]
        just = [name for name in has if not others[int(name[1:])]]
        np.testing.assert_allclose(alone[just], everyone[just], atol=1e-5)


def test_a_model_of_one_modality_and_the_shipped_model_have_no_subsets():
    fold, _ = make_fold("regression", n_obs=60, sizes=(6,))
    (found,) = fit(Model(method="late_linear"), {(0, 0): fold}, [Unit(0, 0, 0)], QUICK)
    assert found.subsets(np.arange(60).astype(str)).empty
