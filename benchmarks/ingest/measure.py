"""One step of the benchmark, in a process of its own: make a table, or read one and say what that took."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from pathlib import Path

SHARE = 0.3  # of the counts of an expression table are zero


def make(path: Path, n_rows: int, n_columns: int) -> None:
    """Write a table of counts, the same for every format; all or nothing."""
    import anndata
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    values = rng.negative_binomial(1, 0.002, (n_rows, n_columns)).astype(np.float32)
    values[rng.random(values.shape) < SHARE] = 0
    frame = pd.DataFrame(values, index=[f"row{i}" for i in range(n_rows)], columns=[f"column{i}" for i in range(n_columns)])
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        if path.suffix == ".parquet":
            frame.to_parquet(draft)
        elif path.suffix == ".h5ad":
            anndata.AnnData(frame).write_h5ad(draft)
        elif path.suffix == ".xlsx":
            frame.to_excel(draft)
        else:
            frame.astype(int).to_csv(draft, sep="," if path.suffix == ".csv" else "\t", index_label="id")
        os.replace(draft, path)


def with_pandas(path: Path, rows: bool, normalised: bool) -> tuple[int, float]:
    """What a notebook does: pandas (anndata for h5ad), then scanpy."""
    import pandas as pd

    if path.suffix == ".h5ad":
        import anndata

        frame = anndata.read_h5ad(path).to_df()
    elif path.suffix == ".parquet":
        frame = pd.read_parquet(path)
    elif path.suffix == ".xlsx":
        frame = pd.read_excel(path, index_col=0)
    else:
        frame = pd.read_csv(path, sep="," if path.suffix == ".csv" else "\t", index_col=0)
    frame = frame if rows else frame.T
    if normalised:
        import anndata
        import scanpy

        data = anndata.AnnData(frame.astype("float32"))
        scanpy.pp.normalize_total(data, target_sum=1e6)
        scanpy.pp.log1p(data)
        frame = data.to_df()
    return len(frame), float(frame.to_numpy().sum(dtype="float64"))


def with_mmomics(path: Path, rows: bool, normalised: bool) -> tuple[int, float]:
    """The same through the cohort file's settings, with all their checks."""
    from mmomics.config.modality import Assay

    orientation = "samples_in_rows" if rows else "samples_in_columns"
    assay = Assay(kind="rna", values="counts", files=path.name, orientation=orientation, normalize=["library_size", "log1p"])
    if normalised:
        from mmomics.cohort.ingest import ingest
        from mmomics.cohort.normalize import normalize

        frame = normalize(ingest("rna", assay, path.parent), assay.normalize).to_df()
    else:
        from mmomics.cohort.table import read

        frame, _ = read(assay, path.parent)
    return len(frame), float(frame.to_numpy().sum(dtype="float64"))


def main() -> int:
    """Print what it took as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("make", "pandas", "mmomics"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--shape", type=int, nargs=2, help="rows and columns of a table that is made")
    parser.add_argument("--samples-in-columns", action="store_true")
    parser.add_argument("--normalised", action="store_true")
    given = parser.parse_args()
    if given.step == "make":
        make(given.path, *given.shape)
        return 0
    read = with_pandas if given.step == "pandas" else with_mmomics
    n_samples, total = read(given.path, not given.samples_in_columns, given.normalised)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]  # HDF5 is read in a child
    cpu, peak = (sum(values) for values in zip(*((each.ru_utime + each.ru_stime, each.ru_maxrss / 1024) for each in used), strict=True))
    print(json.dumps({"samples": n_samples, "total": total, "cpu": cpu, "peak": peak}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
