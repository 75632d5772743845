"""Folds partition the subjects, keep the outcome's shares, and leak nothing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmomics.cohort.data import from_mudata
from mmomics.cohort.split import split
from mmomics.config.protocol import Split
from mmomics.errors import UserError

TASKS = ["binary", "multiclass", "regression", "survival"]


def draw(task, n_obs, seed, groups=None, missing=0.1):
    rng = np.random.default_rng(seed)
    obs = pd.DataFrame(index=[f"P{i:03d}" for i in rng.permutation(n_obs)])
    without = rng.random(n_obs) < missing
    if task == "survival":
        obs["time"] = np.where(without, np.nan, rng.exponential(100, n_obs))
        obs["event"] = ~without & (rng.random(n_obs) < 0.5)
    elif task == "regression":
        obs["outcome"] = np.where(without, np.nan, rng.normal(size=n_obs))
    else:
        names = np.array(["a", "b"] if task == "binary" else ["a", "b", "c"], dtype=object)
        obs["outcome"] = np.where(without, np.nan, names[np.arange(n_obs) % len(names)])
    if groups:
        obs["group"] = rng.choice([*[f"G{i}" for i in range(groups)], None], n_obs)
    return obs


def outcome_known(obs):
    return obs.index[obs["time" if "time" in obs else "outcome"].notna()]


@settings(max_examples=30, deadline=None)
@given(
    task=st.sampled_from(TASKS),
    n_obs=st.integers(60, 120),
    seed=st.integers(0, 10**6),
    folds=st.integers(2, 4),
    repeats=st.integers(1, 3),
    groups=st.sampled_from([None, 25]),
)
def test_folds_partition_the_subjects(task, n_obs, seed, folds, repeats, groups):
    obs = draw(task, n_obs, seed, groups)
    table = split(obs, Split(folds=folds, repeats=repeats, inner=3), seed)
    has = set(outcome_known(obs))
    assert set(table.groupby(["repeat", "fold"]).groups) == {(0, -1)} | {(r, f) for r in range(repeats) for f in range(folds)}
    assert not table.duplicated(["repeat", "fold", "subject"]).any()
    for _, repeat in table[table["fold"] >= 0].groupby("repeat"):
        tested = repeat.loc[repeat["role"] == "test", "subject"]
        assert sorted(tested) == sorted(has)  # each once
    for (_, fold), own in table.groupby(["repeat", "fold"]):
        test, train = own[own["role"] == "test"], own[own["role"] == "train"]
        assert (test["inner"] == -1).all()
        assert sorted(train["inner"].unique()) == [0, 1, 2]
        if groups is None:
            assert set(own["subject"]) == set(obs.index)
        else:
            member = obs["group"].dropna()
            assert not set(member.reindex(test["subject"]).dropna()) & set(member.reindex(train["subject"]).dropna())
            inner = train.assign(group=train["subject"].map(member)).dropna()
            assert (inner.groupby("group")["inner"].nunique() == 1).all()
        assert fold >= 0 or not len(test)


@pytest.mark.parametrize("task", TASKS)
def test_equal_seeds_give_equal_splits_whatever_the_order(task):
    obs = draw(task, 80, 0)
    settings = Split(folds=4, repeats=2, inner=3)
    first = split(obs, settings, 7)
    pd.testing.assert_frame_equal(first, split(obs.sample(frac=1, random_state=1), settings, 7))
    assert not first.equals(split(obs, settings, 8))
    tested = first[first["role"] == "test"].set_index(["repeat", "subject"])["fold"]
    assert not tested[0].sort_index().equals(tested[1].sort_index())  # repeats differ


@pytest.mark.parametrize("task", TASKS)
def test_folds_are_stratified(task):
    obs = draw(task, 200, 1)
    table = split(obs, Split(folds=5, inner=4), 0)
    for fold, own in table.groupby("fold"):
        for part in [own[own["role"] == "test"], *[own[own["inner"] == i] for i in range(4)]]:
            if fold == -1 and not len(part):
                continue
            rows = obs.loc[part["subject"]]
            if task == "survival":
                share, whole, allowed = rows["event"].sum() / len(rows), obs["event"].mean(), 2 / len(rows)
                events = obs[obs["event"]]
                assert (rows["time"][rows["event"]] > events["time"].median()).mean() == pytest.approx(0.5, abs=0.2)
            elif task == "regression":
                share, whole, allowed = (rows["outcome"] > obs["outcome"].median()).sum() / rows["outcome"].count(), 0.5, 0.06
            else:
                known = rows["outcome"].dropna()
                share, whole, allowed = (known == "a").mean(), (obs["outcome"].dropna() == "a").mean(), 2 / len(known)
            assert share == pytest.approx(whole, abs=allowed + 0.05)


def test_a_subject_without_outcome_never_trains_beside_its_tested_group():
    obs = pd.DataFrame({"outcome": ["a", "b"] * 20, "group": [f"G{i // 2}" for i in range(40)]}, index=[f"P{i:02d}" for i in range(40)])
    obs.loc["P01", "outcome"] = np.nan
    table = split(obs, Split(folds=4, inner=2), 0)
    fold = table[(table["subject"] == "P00") & (table["role"] == "test")]["fold"].item()
    assert "P01" not in set(table.loc[table["fold"] == fold, "subject"])
    assert (table[table["subject"] == "P01"]["role"] == "train").all()
    assert (table["subject"] == "P01").sum() == 4  # the other three folds and the whole


def test_a_rare_class_does_not_stop_the_inner_folds():
    obs = pd.DataFrame({"outcome": ["a"] * 40 + ["b"] * 5}, index=[f"P{i:02d}" for i in range(45)])
    table = split(obs, Split(folds=5, inner=5), 0)
    rare = obs.index[obs["outcome"] == "b"]
    assert (table[table["role"] == "test"].set_index("subject")["fold"].loc[rare].value_counts() == 1).all()


@pytest.mark.parametrize(
    ("change", "settings", "expected"),
    [
        ({}, {"folds": 30}, "split.folds: 20 subjects with outcome 'a' are too few for 30 folds; set `folds` to at most 20, "
         "merge classes with `outcome.labels`, or leave this one out with a blank label there"),
        ({}, {"inner": 40}, "split.inner: 32 training subjects are too few for 40 inner folds"),
        ({"group": ["G1", "G2"] * 20}, {}, "split.inner: 2 training groups are too few for 5 inner folds"),
        ({"group": ["G1", "G2"] * 20}, {"folds": 3, "inner": 2}, "1 groups with outcome 'a'"),
        ({}, {"scheme": "preset"}, "no column says who tests"),
        ({"part": ["train", "tset"] * 20}, {"scheme": "preset"}, "no subject has 'test' in the preset column; did you mean 'tset'?"),
        ({"part": ["train", "test"] * 20}, {"scheme": "preset"}, "nobody to train on, with outcome 'b'"),
        ({"part": (["train"] * 4 + ["test"] * 4) * 5, "group": ["G1", *["G2"] * 39]}, {"scheme": "preset", "inner": 2}, "divides 1 groups"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_is_one_line(change, settings, expected):
    obs = pd.DataFrame({"outcome": ["a", "b"] * 20, **change}, index=[f"P{i:02d}" for i in range(40)])
    with pytest.raises(UserError) as error:
        split(obs, Split(**settings), 0)
    assert expected in str(error.value)


def test_too_few_events():
    obs = pd.DataFrame({"time": np.arange(1.0, 21), "event": [True] * 3 + [False] * 17}, index=[f"P{i:02d}" for i in range(20)])
    with pytest.raises(UserError, match=r"3 subjects with outcome 'event' are too few for 5 folds; set `folds` to at most 3$"):
        split(obs, Split(folds=5, inner=2), 0)


def test_rosmap_keeps_its_preset_parts(study, aligned):
    settings, obs = study("rosmap"), from_mudata(aligned("rosmap").cohort).obs
    table = split(obs, settings.split, settings.seed)
    own = table[table["fold"] == 0].set_index("subject")
    assert own["role"].value_counts().to_dict() == {"train": 245, "test": 106}
    assert set(table["repeat"]) == {0}
    assert set(table["fold"]) == {-1, 0}
    assert (own["role"] == obs["part"].reindex(own.index)).all()


@pytest.mark.parametrize("name", ["acc", "kipan", "brca"])
def test_real_cohorts_keep_classes_and_events_in_every_fold(study, aligned, name):
    settings, data = study(name), from_mudata(aligned(name).cohort)
    table = split(data.obs, settings.split, settings.seed)
    values = data.obs["event"] if "event" in data.obs else data.obs["outcome"]
    tests = table[table["role"] == "test"]
    counts = tests.assign(value=tests["subject"].map(values)).groupby(["fold", "value"]).size().unstack()
    assert len(counts) == settings.split.folds
    assert (counts.max() - counts.min() <= 4).all()  # one per stratum at most
