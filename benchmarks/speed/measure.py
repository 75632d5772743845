"""CPU time of methods on one prepared cohort, in one process: imports, reading and ridge models once, then each method by itself.

Prints a line of JSON for each as it is done.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any


def say(**what: Any) -> None:
    """One line of JSON."""
    print(json.dumps(what), flush=True)


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="results/<cohort>, prepared")
    parser.add_argument("methods", nargs="+")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    given = parser.parse_args()
    from mmomics.config.load import read_settings
    from mmomics.config.run import Model
    from mmomics.training import linear_models, units
    from mmomics.training.device import choose
    from mmomics.training.fit import fit
    from mmomics.training.folds import Folds

    device = choose(given.device)
    study = read_settings(given.folder / "settings.json")
    imported = time.process_time()
    files = [given.folder / name for name in ("cohort.h5mu", "splits.parquet", "prepare.safetensors")]
    folds = Folds.read(*files)
    wanted = units.of_shard(folds.splits, "1of1", study.seed, given.seeds)
    by_place = dict(folds.of(wanted))
    read = time.process_time()
    known = {place: linear_models.fit(one, None) for place, one in by_place.items()}
    say(what="shared", imports=imported, reading=read - imported, ridge=(time.process_time() - read) / len(by_place), n_folds=len(by_place))
    warm = study.training.model_copy(update={"epochs": 1})
    for method in ("hierarchical", "late_linear"):  # what is imported at the first use is no method's own
        fit(Model(method=method), by_place, wanted[:1], warm, device, known)
    logging.disable(logging.WARNING)
    for method in given.methods:
        start, wall = time.process_time(), time.perf_counter()
        try:
            fit(Model(method=method), by_place, wanted, study.training, device, known)
        except Exception as error:
            say(what=method, failed=f"{type(error).__name__}: {error}"[:200])
            continue
        say(what=method, cpu=time.process_time() - start, wall=time.perf_counter() - wall, n_fits=len(wanted))
    return 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
