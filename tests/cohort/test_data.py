"""A cohort is written without a word, and read back as it was."""

import logging

import anndata
import mudata
import numpy as np
import pandas as pd

from mmomics.cohort.data import write_cohort

IDS = [f"S{place}" for place in range(6)]


def test_words_that_repeat_are_stored_without_a_word(tmp_path, monkeypatch):
    var = pd.DataFrame({"unit": ["bpm", "bpm", "ms"], "label": ["a", "b", "c"], "n": [1, 1, 2]}, index=list("xyz"))
    worn = anndata.AnnData(np.ones((6, 3), np.float32), obs=pd.DataFrame({"status": ["ok"] * 6}, index=IDS), var=var)
    other = anndata.AnnData(np.ones((6, 1), np.float32), obs=pd.DataFrame(index=IDS), var=pd.DataFrame(index=["q"]))
    said = []

    class Said(logging.Handler):
        def emit(self, record):
            said.append(record.getMessage())

    handler, loggers = Said(), [logging.getLogger(name) for name in ("anndata", "mudata")]
    for logger in loggers:
        logger.addHandler(handler)
    monkeypatch.setattr(logging.getLogger(), "level", logging.INFO)  # as the command line sets it
    for logger in loggers:
        monkeypatch.setattr(logger, "level", logging.INFO)
    cohort = mudata.MuData({"worn": worn, "other": other})
    cohort.obs["label"] = ["case", "control"] * 3
    try:
        write_cohort(tmp_path / "c.h5mu", cohort)
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    assert said == []
    found = mudata.read_h5mu(tmp_path / "c.h5mu")["worn"]
    assert found.var["unit"].tolist() == ["bpm", "bpm", "ms"] and found.var["label"].tolist() == ["a", "b", "c"]
    assert mudata.read_h5mu(tmp_path / "c.h5mu").obs["label"].tolist() == ["case", "control"] * 3
    assert found.obs["status"].tolist() == ["ok"] * 6 and found.var["n"].tolist() == [1, 1, 2]
