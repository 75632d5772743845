"""What tests share: the real files, and the cohorts of `config/cohorts` in memory."""

import os
from functools import cache
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything brings threads up: two processes of tests fill two cores

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items):
    """The workflow's runs first: they are one group, so at the end one process would wait for the other."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)


# the same examples on every run, so that a suite that passed passes again; look further by hand: pytest --hypothesis-profile=default
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def shared():
    """Folder of the real public data, one folder per cohort: `../shared/data`, or `$MMOMICS_SHARED/data`."""
    folder = Path(os.environ.get("MMOMICS_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"the real data are not there: no folder {folder}; set MMOMICS_SHARED to the folder above it")
    return folder


@pytest.fixture(scope="session")
def study(request):
    """Settled settings of a cohort of `config/cohorts` by its name, without models."""
    from mmomics.config.load import read_study
    from mmomics.config.run import Run

    @cache
    def make(name):
        data = "data" if name == "acc" else str(request.getfixturevalue("shared"))
        return read_study(name, Run(models={}, imputers=[], data_dir=data), ROOT / "config" / "cohorts" / f"{name}.yaml", ROOT)

    return make


@pytest.fixture(scope="session")
def aligned(study):
    """A cohort of `config/cohorts` in memory by its name: what `align` gives."""
    from mmomics.cohort import samples
    from mmomics.cohort.align import align
    from mmomics.cohort.device import ingest as ingest_device
    from mmomics.cohort.ingest import ingest
    from mmomics.cohort.normalize import normalize

    @cache
    def make(name):
        settings = study(name)
        cohort = settings.cohort
        frame = samples.read(cohort.samples, settings.folder)
        assays = {key: normalize(ingest(key, assay, settings.folder), assay.normalize) for key, assay in cohort.assays.items()}
        for key, setting in cohort.devices.items():
            assays[key] = normalize(ingest_device(key, setting, settings.folder, cohort.samples, frame))
        return align(cohort, settings.split, {key: assays[key] for key in cohort.modalities}, frame)

    return make
