"""The search: what may be tried, that test rows and company change nothing, that a killed job goes on, and that it finds what is better."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics import plugins
from mmomics.config.handling import Missing
from mmomics.config.params import check_param
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.fusion.contract import Anchors
from mmomics.nn.streams import Streams
from mmomics.training import linear_models, search
from mmomics.training.fit import fit
from mmomics.training.loop import DivergenceError
from mmomics.training.network import make_params
from mmomics.training.search import candidates, journal, run, space
from mmomics.training.units import Unit
from tests.folds import make_fold

QUICK = Training(members=2, epochs=1, batch_size=64)
UNITS = [Unit(0, 0, 0), Unit(0, 1, 0), Unit(0, 1, 1)]
CHOICES = {"width": [8, 16, 32], "dropout": [0.1, 0.3, 0.5], "layers": [1, 2]}
DECLARED = [
    (package, name)
    for package in ("fusion", "baselines")
    for name in plugins.names(package)
    if plugins.constant(package, name, "SPACE", {})
]


@pytest.mark.parametrize(("package", "name"), DECLARED)
def test_every_declared_space_is_of_settings_that_the_method_takes(package, name):
    defaults, allowed = plugins.defaults(package, name), plugins.constant(package, name, "CHOICES", {})
    for param, choices in plugins.constant(package, name, "SPACE", {}).items():
        assert param in defaults, param
        assert defaults[param] in choices and len(choices) == len(set(choices)) > 1
        for choice in choices:
            check_param(name, param, choice, defaults[param])
            assert choice in allowed.get(param, choices)


@pytest.mark.parametrize(
    ("name", "param"), [(name, param) for name in plugins.names("fusion") for param in plugins.constant("fusion", name, "SPACE", {})]
)
def test_every_searched_setting_of_a_network_changes_what_it_learns(name, param):
    """One that acts in drawing alone, say, cannot change the loss that the search looks at."""
    defaults, choices = plugins.defaults("fusion", name), plugins.constant("fusion", name, "SPACE", {})[param]
    generator = torch.Generator().manual_seed(0)
    common = torch.randn(1, 40, 1, generator=generator)  # so that features are linked
    x = {key: common + torch.randn(1, 40, 24, generator=generator) for key in ("a", "b", "c")}
    seen = {key: torch.ones(1, 40, dtype=torch.bool) for key in x}
    told = []
    for value in (defaults[param], next(choice for choice in choices if choice != defaults[param])):
        method = plugins.load("fusion", name).Method(dict.fromkeys(x, 24), make_params("fusion", name, {param: value}), Streams([0]))
        place = torch.arange(method.n_anchors) % 40
        names = [tuple(f"g{gene}" for gene in range(24))]
        shown = {key: flags[:, place] & (torch.arange(method.n_anchors) < 40) for key, flags in seen.items()}
        method.attach(Anchors({key: values[:, place] for key, values in x.items()}, shown, dict.fromkeys(x, names)))
        z, terms = method.step(x, seen, seen)
        told.append((z.shape, *(float(value.detach()) for value in (z.square().sum(), *terms.values()))))
    assert told[0] != told[1]


def test_some_method_declares_a_space_and_some_baseline():
    assert {package for package, _ in DECLARED} == {"fusion", "baselines"}


def test_the_defaults_come_first_and_no_point_twice():
    for n in (0, 1, 2, 5, 12, 18, 50):
        found = candidates(CHOICES, n)
        assert len(found) == min(n, 18) and len({json.dumps(one, sort_keys=True) for one in found}) == len(found)
        assert found[:1] == [{}][:n]
        assert all(value in CHOICES[key][1:] for one in found for key, value in one.items())


def test_more_trials_begin_with_the_same_ones():
    assert candidates(CHOICES, 12)[:5] == candidates(CHOICES, 5)


def test_candidates_spread_over_every_choice():
    found = candidates(CHOICES, 12)
    for name, choices in CHOICES.items():
        share = pd.Series([one.get(name, choices[0]) for one in found]).value_counts(normalize=True)
        assert set(share.index) == set(choices) and share.min() > 0.5 / len(choices)


def test_what_the_user_set_is_not_searched():
    free = space(Model(method="forest"))
    name = next(iter(free))
    assert set(space(Model(method="forest", params={name: free[name][-1]}))) == set(free) - {name}
    assert space(Model(method="linear")) == {}


def test_widths_that_the_heads_of_attention_cannot_share_are_not_tried():
    assert space(Model(method="transformer", params={"n_heads": 32}))["n_hidden"] == [32, 64]
    assert set(space(Model(method="transformer"))["n_hidden"]) == {16, 32, 64}


def two_folds(corrupt=False, task="binary"):
    folds = {}
    for place in range(2):
        fold, _ = make_fold(task, n_obs=90, sizes=(8, 6), seed=place, fold=place, missing=0.1)
        if corrupt:
            for values in fold.x.values():
                values[fold.test] = 7.0
        folds[0, place] = fold
    return folds


class Trainer:
    """Trains for real, and counts."""

    def __init__(self, folds, last=10**6):
        self.folds, self.calls, self.last = folds, [], last
        self.known = {place: linear_models.fit(fold) for place, fold in folds.items()}

    def __call__(self, model, units, hidden):
        if len(self.calls) == self.last:
            raise KeyboardInterrupt
        self.calls.append((model.params, units))
        return fit(model, self.folds, units, QUICK, known=self.known, hidden=hidden)


@pytest.mark.parametrize("name", ["transformer", "forest"])
def test_each_fold_and_seed_gets_what_its_own_inner_rows_favour(name, tmp_path):
    fixed = {"n_trees": 40} if name == "forest" else {}
    train = Trainer(two_folds())
    found = run(Model(method=name, params=fixed), UNITS, train, 3, tmp_path)
    assert len(found.table) == 9 and found.table["chosen"].sum() == 3
    assert all(units == UNITS for _, units in train.calls[:3])  # all folds and seeds in one pass
    for unit, one, params in zip(UNITS, found.fits, found.params, strict=True):
        own = found.table.query("repeat == @unit.repeat and fold == @unit.fold and seed == @unit.seed")
        best = own.loc[own["loss"].idxmin()]
        assert bool(best["chosen"]) and one.unit == unit
        assert params == {**fixed, **json.loads(best["params"])}
        assert one.hidden is not None
        head, held = one.fold.head, one.held.float()
        assert float(head.loss(head.calibrated(one.oof), one.fold.y, held)) == pytest.approx(best["loss"], rel=1e-3)  # as before


@pytest.mark.parametrize("name", ["transformer", "forest"])
def test_test_rows_change_nothing_that_is_chosen(name, tmp_path):
    model = Model(method=name, params={"n_trees": 40} if name == "forest" else {})
    clean, dirty = (run(model, UNITS, Trainer(two_folds(corrupt)), 3, tmp_path / str(corrupt)).table for corrupt in (False, True))
    pd.testing.assert_frame_equal(clean, dirty)


def test_a_shard_chooses_as_all_do(tmp_path):
    together = run(Model(method="transformer"), UNITS, Trainer(two_folds()), 3, tmp_path / "all").table
    for place, unit in enumerate(UNITS):
        alone = run(Model(method="transformer"), [unit], Trainer(two_folds()), 3, tmp_path / str(place)).table
        own = together.query("fold == @unit.fold and seed == @unit.seed").reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, own, rtol=1e-3)


def test_a_killed_job_repeats_no_trial_and_ends_in_the_same_numbers(tmp_path):
    model, folds = Model(method="transformer"), two_folds()
    whole = run(model, UNITS, Trainer(folds), 3, tmp_path / "whole")
    output = tmp_path / "train" / "1of1"
    killed = Trainer(folds, last=1)
    with pytest.raises(KeyboardInterrupt), journal(output, model, folds, UNITS, QUICK, Missing()) as folder:
        run(model, UNITS, killed, 3, folder)
    assert len(list(folder.glob("*.parquet"))) == 1 and not output.exists()
    again = Trainer(folds)
    with journal(output, model, folds, UNITS, QUICK, Missing()) as folder:
        found = run(model, UNITS, again, 3, folder)
    tried = [params for params, units in again.calls if units == UNITS][:2]
    assert tried == candidates(space(model), 3)[1:]
    pd.testing.assert_frame_equal(found.table, whole.table)
    for one, other in zip(found.fits, whole.fits, strict=True):
        assert torch.equal(one.eta, other.eta)
    assert list(output.parent.iterdir()) == []  # nothing is left beside the output


def test_trials_of_other_data_or_settings_are_not_taken_up(tmp_path):
    folds, model = two_folds(), Model(method="transformer")
    other = {place: replace(fold, y=1 - fold.y) for place, fold in folds.items()}
    names = set()
    with journal(tmp_path / "out", model.model_copy(update={"ship": False}), folds, UNITS, QUICK, Missing()) as folder:
        names.add(folder.name)  # as the first of these
    for data, settings, some in ((folds, QUICK, UNITS), (other, QUICK, UNITS), (folds, Training(), UNITS), (folds, QUICK, UNITS[:1])):
        with journal(tmp_path / "out", model, data, some, settings, Missing()) as folder:
            names.add(folder.name)
    filled = model.model_copy(update={"missing": "single"})
    for missing in (Missing(), Missing(imputer="pls")):
        with journal(tmp_path / "out", filled, folds, UNITS, QUICK, missing) as folder:
            names.add(folder.name)
    assert len(names) == 6


def test_trials_with_another_file_of_the_same_name_are_not_taken_up(tmp_path):
    folds, sets, names = two_folds(), tmp_path / "sets.gmt", set()
    for content in ("one\t\tA\tB\n", "one\t\tA\tC\n"):
        sets.write_text(content)
        model = Model(method="self_attention", params={"pathways": str(sets)})
        with journal(tmp_path / "out", model, folds, UNITS, QUICK, Missing()) as folder:
            names.add(folder.name)
    assert len(names) == 2


def test_trials_predict_nothing_with_modalities_hidden(tmp_path):
    asked = []

    def train(model, units, hidden):
        asked.append(hidden)
        return fit(model, folds, units, QUICK, known=known, hidden=hidden)

    folds = two_folds()
    known = Trainer(folds).known
    found = run(Model(method="forest", params={"n_trees": 20}), UNITS[:1], train, 2, tmp_path)
    assert asked == [False, False, True] and found.fits[0].hidden is not None
    assert fit(Model(method="hierarchical"), folds, UNITS[:1], QUICK, known=known, hidden=False)[0].hidden is None


def test_a_finished_trial_of_other_settings_is_not_taken_up(tmp_path, monkeypatch):
    train = Trainer(two_folds())
    for spread in ([4, 7], [4, 9]):  # another list of candidates under the same numbers
        monkeypatch.setattr(search, "candidates", lambda space, n, spread=spread: [{}, *({"min_samples_leaf": leaf} for leaf in spread)])
        run(Model(method="forest", params={"n_trees": 20}), UNITS[:1], train, 3, tmp_path)
    assert [params.get("min_samples_leaf") for params, _ in train.calls[:3]] == [None, 4, 7]
    assert train.calls[4][0]["min_samples_leaf"] == 9 and len(train.calls) == 6  # of the second run only that, and what it chose


def test_no_trials_train_once_with_what_the_user_set(tmp_path):
    for trials in (0, 1):
        train = Trainer(two_folds())
        found = run(Model(method="forest", params={"n_trees": 30}), UNITS, train, trials, tmp_path)
        assert len(train.calls) == 1 and found.table.empty and found.params == [{"n_trees": 30}] * 3
    assert run(Model(method="linear"), UNITS[:1], Trainer(two_folds()), 5, tmp_path).table.empty  # nothing declared
    assert not list(tmp_path.iterdir())


def test_a_candidate_without_a_loss_is_never_chosen(tmp_path, monkeypatch):
    losses = iter([2.0, np.nan, 1.0])
    monkeypatch.setattr(search, "_loss", lambda fit: next(losses))
    found = run(Model(method="forest", params={"n_trees": 20}), UNITS[:1], Trainer(two_folds()), 3, tmp_path)
    assert found.table["chosen"].tolist() == [False, False, True]


def test_a_candidate_that_diverges_in_one_fold_is_out_of_the_question_there_alone(tmp_path):
    class Breaks(Trainer):
        def __call__(self, model, units, hidden):
            if model.params.get("min_samples_leaf") and any(unit.fold == 1 for unit in units):
                raise DivergenceError("forest", "the loss 'task' is no finite number in epoch 1 of training")
            return super().__call__(model, units, hidden)

    found = run(Model(method="forest", params={"n_trees": 20}), UNITS, Breaks(two_folds()), 3, tmp_path)
    table = found.table
    asked = table["params"].str.contains("min_samples_leaf")
    assert asked.any() and not asked.all()
    broken = np.isinf(table["loss"])
    assert (broken == (asked & (table["fold"] == 1))).all()
    assert not table.loc[broken, "chosen"].any()
