"""Cohorts written once for all tests of the simulation."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest

from mmomics.simulation.plan import Plan
from mmomics.simulation.write import write


def make(folder, **settings):
    people = write(Plan(**settings), folder)
    subjects = pd.read_csv(folder / "truth_subjects.tsv", sep="\t", index_col="subject")
    clinical = pd.read_csv(folder / "clinical.tsv", sep="\t", index_col="subject")
    truth = json.loads((folder / "truth.json").read_text())
    return SimpleNamespace(folder=folder, people=people, subjects=subjects, clinical=clinical, truth=truth)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The default cohort with its devices, a bit smaller."""
    return make(tmp_path_factory.mktemp("small") / "cohort", n_subjects=90, seed=1)


@pytest.fixture(scope="session")
def large(tmp_path_factory):
    """Tables of many subjects."""
    return make(tmp_path_factory.mktemp("large") / "cohort", n_subjects=3000, n_features=60, devices=(), missing="informative", seed=2)
