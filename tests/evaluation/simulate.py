"""Outcomes and predictions with a planted relation, as the cohort and the models write them."""

import numpy as np
import pandas as pd

TASKS = ("binary", "multiclass", "regression", "survival")
OUTCOMES = {
    "binary": {"task": "binary", "unit": "", "classes": ["well", "ill"]},
    "multiclass": {"task": "multiclass", "unit": "", "classes": ["c", "a", "b"]},
    "regression": {"task": "regression", "unit": "kg", "classes": []},
    "survival": {"task": "survival", "unit": "days", "classes": []},
}
TIMES = np.linspace(0, 40, 12)[1:]  # of predicted survival


def subjects(n, prefix="s"):
    return pd.Index([f"{prefix}{i:04d}" for i in range(n)], name="subject")


def observed(task, n=80, seed=0):
    """The cohort's `obs` and the cause (n,) of the outcome, known to nobody else."""
    rng = np.random.default_rng(seed)
    cause = rng.normal(size=n)
    index = subjects(n)
    if task == "binary":
        return pd.DataFrame({"outcome": np.where(rng.random(n) < 1 / (1 + np.exp(-2 * cause)), "ill", "well")}, index), cause
    if task == "multiclass":
        return pd.DataFrame(
            {"outcome": np.array(["c", "a", "b"])[np.digitize(cause + 0.5 * rng.normal(size=n), [-0.7, 0.7])]}, index
        ), cause
    if task == "regression":
        return pd.DataFrame({"outcome": 50 + 10 * cause + 3 * rng.normal(size=n)}, index), cause
    time, censored = rng.exponential(15 * np.exp(-cause)), rng.exponential(30, n)
    # whole days, so that many times tie
    return pd.DataFrame({"time": np.ceil(np.minimum(time, censored)), "event": time <= censored}, index), cause


def predicted(task, cause, noise=0.5, seed=0):
    """What a model says that sees the cause through some noise; noise = inf sees nothing."""
    rng = np.random.default_rng([seed, 1])  # not the stream that made the cause
    seen = rng.normal(size=len(cause)) if np.isinf(noise) else cause + noise * rng.normal(size=len(cause))
    seen = np.round(seen, 1)  # so that some predictions tie
    index = subjects(len(cause))
    if task == "binary":
        p = 1 / (1 + np.exp(-2 * seen))
        return with_set(pd.DataFrame({"p_well": 1 - p, "p_ill": p}, index))
    if task == "multiclass":
        weight = np.exp(-((seen[:, None] - np.array([-1.2, 0, 1.2])) ** 2))
        return with_set(pd.DataFrame(weight / weight.sum(1, keepdims=True), index, ["p_c", "p_a", "p_b"]))
    if task == "regression":
        return pd.DataFrame({"value": 50 + 10 * seen, "lower": 40 + 10 * seen, "upper": 60 + 10 * seen}, index)
    survival = np.exp(-np.exp(seen)[:, None] * TIMES[None, :] / 15)
    lower = 15 * np.exp(-seen) * -np.log(0.9)  # nine in ten live longer
    return pd.DataFrame(np.column_stack([seen, lower, survival]), index, ["risk", "time_lower", *(f"s_{float(t)!r}" for t in TIMES)])


def with_set(p):
    """Probabilities with the classes of at least 0.2."""
    return p.assign(set=["|".join(name.removeprefix("p_") for name in p.columns[row >= 0.2]) for row in p.to_numpy()])
