"""Small synthetic cohorts with a planted truth, as the engine sees them."""

import hashlib

import numpy as np
import pandas as pd
import torch

from mmomics.cohort.prepare import Fitted
from mmomics.heads import head_of
from mmomics.training import fit as fitting
from mmomics.training import linear_models
from mmomics.training.fold import Fold

TASKS = ("binary", "multiclass", "regression", "survival")
CLASSES = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"]}


KNOWN = {}  # linear models by the content of their fold: every method contains the same, which have tests of their own


def fit(model, folds, units, settings):
    """`training.fit.fit` with the folds' linear models fitted once, whichever test asks first."""
    return fitting.fit(model, folds, units, settings, known={place: _known(fold) for place, fold in folds.items()})


def _known(fold):
    parts = [fold.y, fold.has, fold.inner, *fold.x.values(), *fold.seen.values()]
    content = hashlib.sha256(b"".join(part.numpy().tobytes() for part in parts)).hexdigest()
    key = content, fold.head.outcome["task"], *fold.x, *fold.windows
    if key not in KNOWN:
        KNOWN[key] = linear_models.fit(fold)
    return KNOWN[key]


def make_fold(task="binary", n_obs=120, sizes=(20, 30, 5), seed=0, missing=0.3, signal=2.0, interaction=False, fold=0, **about):
    """A fold of which the last fifth of the rows is tested; the first feature of every modality carries the outcome.

    With `interaction` the outcome is the product of the first features of the first two modalities: nothing linear predicts it.
    What else there is to say `about` the outcome goes into it.
    """
    rng = np.random.default_rng(seed)
    names = [f"m{place}" for place in range(len(sizes))]
    x = {name: rng.normal(size=(n_obs, size)).astype("float32") for name, size in zip(names, sizes, strict=True)}
    cause = np.sum([x[name][:, 0] for name in names], axis=0) / np.sqrt(len(names))
    if interaction:
        cause = np.sign(x["m0"][:, 0] * x["m1"][:, 0])
    seen = {name: rng.random(n_obs) > missing for name in names}
    nobody = ~np.any(list(seen.values()), axis=0)
    seen["m0"] = seen["m0"] | nobody
    eta = signal * cause
    if task == "binary":
        obs = pd.DataFrame({"outcome": np.where(rng.random(n_obs) < 1 / (1 + np.exp(-2 * eta)), "yes", "no")})
    elif task == "multiclass":
        obs = pd.DataFrame({"outcome": np.array(["a", "b", "c"])[np.digitize(eta + rng.normal(size=n_obs) * 0.3, [-1, 1])]})
    elif task == "regression":
        obs = pd.DataFrame({"outcome": 50 + 10 * (eta + rng.normal(size=n_obs) * 0.3)})
    else:
        time, censored = rng.exponential(500 * np.exp(-eta)), rng.exponential(800, n_obs)
        obs = pd.DataFrame({"time": np.minimum(time, censored), "event": time <= censored})
    outcome = {"task": task, "unit": "", "classes": CLASSES.get(task, []), "times": [100.0, 200.0, 400.0], **about}
    train = np.arange(n_obs) < n_obs * 4 // 5
    head = head_of(outcome).fit(outcome, obs[train])
    y, has = head.target(obs)
    has = has & torch.from_numpy(train)
    inner = torch.from_numpy(np.where(train, rng.permutation(n_obs) % 4, -1))
    preparation = {
        name: Fitted(np.array([f"{name}_{j}" for j in range(size)]), np.zeros(size, "float32"), np.ones(size, "float32"), 8.0)
        for name, size in zip(names, sizes, strict=True)
    }
    made = Fold(
        repeat=0, fold=fold, preparation=preparation, head=head,
        x={name: torch.from_numpy(values * seen[name][:, None]) for name, values in x.items()},
        seen={name: torch.from_numpy(flags) for name, flags in seen.items()}, y=y * has[:, None], has=has,
        train=torch.from_numpy(np.flatnonzero(train)), test=torch.from_numpy(np.flatnonzero(~train)), inner=inner,
    )  # fmt: skip
    return made, obs
