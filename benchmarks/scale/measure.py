"""One step of the benchmark, in a process of its own: train one method on a cohort of a given size and say what that took."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time

SHARE = 0.2  # of the subjects lack a modality


def cohort(n_obs: int, n_modalities: int, n_vars: int):
    """Subjects whose outcome is the sign of the sum of one feature per modality, and the fold that tests a fifth of them."""
    import numpy as np
    import pandas as pd

    from mmomics.cohort import prepare
    from mmomics.cohort.data import CohortData
    from mmomics.config.protocol import Prepare
    from mmomics.training.fold import make

    rng = np.random.default_rng(0)
    names = [f"m{place}" for place in range(n_modalities)]
    values = {name: rng.standard_normal((n_obs, n_vars), dtype=np.float32) for name in names}
    cause = sum(matrix[:, 0] for matrix in values.values())
    seen = {name: rng.random(n_obs) > SHARE for name in names}
    for name in names:
        values[name][~seen[name]] = np.nan
    obs = pd.DataFrame({"outcome": np.where(cause > 0, "yes", "no")}, index=[f"s{row}" for row in range(n_obs)])
    features = {name: np.array([f"{name}_{column}" for column in range(n_vars)]) for name in names}
    data = CohortData(obs, values, seen, features, {"task": "binary", "unit": "", "classes": ["no", "yes"]})
    train = np.arange(n_obs) % 5 > 0
    splits = pd.DataFrame({"repeat": 0, "fold": 0, "subject": data.subjects, "role": np.where(train, "train", "test"),
                           "inner": np.where(train, np.arange(n_obs) // 5 % 5, -1)})  # fmt: skip
    fitted = prepare.fit(data, np.flatnonzero(train), Prepare())
    return make(data, splits, {(0, 0): fitted}, 0, 0, None), (obs["outcome"] == "yes").to_numpy()


def main() -> int:
    """Print what it took as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method")
    parser.add_argument("shape", type=int, nargs=3, help="subjects, modalities, features of each")
    parser.add_argument("training", type=int, nargs=3, help="members, epochs, rows of a minibatch")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    given = parser.parse_args()
    import torch
    from sklearn.metrics import roc_auc_score

    from mmomics.config.protocol import Training
    from mmomics.config.run import Model
    from mmomics.training.device import choose
    from mmomics.training.fit import fit
    from mmomics.training.units import Unit

    device = choose(given.device)
    members, epochs, batch_size = given.training
    training = Training(members=members, epochs=epochs, batch_size=batch_size)
    small, _ = cohort(100, given.shape[1], given.shape[2])  # what the first use brings up is no fit's own
    fit(Model(method=given.method), {(0, 0): small}, [Unit(0, 0, 0)], training, device)
    fold, y = cohort(*given.shape)
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    (found,) = fit(Model(method=given.method), {(0, 0): fold}, [Unit(0, 0, 0)], training, device)
    after, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    score = roc_auc_score(y[fold.test], torch.nan_to_num(found.eta[fold.test, 0]))
    peak, data = after.ru_maxrss / 1024, before.ru_maxrss / 1024
    if on_card := device == "cuda":
        peak, data = torch.cuda.max_memory_allocated() / 2**20, 0.0
    machine = torch.cuda.get_device_name() if on_card else f"{platform.machine()}, {os.cpu_count()} cores"
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, {machine}"
    print(json.dumps({"cpu": cpu, "wall": wall, "data": data, "peak": peak, "auroc": score, "machine": versions}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
