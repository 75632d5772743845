"""Real cohorts through the engine: the linear baseline scores as independent measurements say, and no family is broken."""

import numpy as np
import pytest
from lifelines.utils import concordance_index
from sklearn.metrics import accuracy_score, roc_auc_score

from mmomics import keys, plugins
from mmomics.cohort import prepare
from mmomics.cohort.data import from_mudata
from mmomics.cohort.split import split
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.training import fold
from mmomics.training.fit import fit
from mmomics.training.units import of_shard
from tests import folds as cached


@pytest.fixture(scope="module")
def folds(aligned, study):
    """The folds of a cohort of `config/cohorts`, by its name."""

    def make(name):
        data = from_mudata(aligned(name).cohort)
        splits = split(data.obs, study(name).split, study(name).seed)
        units = of_shard(splits, "1of1", 0, 1)
        made, preparations = {}, {}
        for unit in units:
            own = splits[(splits[keys.REPEAT] == unit.repeat) & (splits[keys.FOLD] == unit.fold)]
            rows = np.flatnonzero(np.isin(data.subjects, own.loc[own[keys.ROLE] == keys.TRAIN, keys.SUBJECT]))
            preparations[unit.repeat, unit.fold] = prepare.fit(data, rows, study(name).prepare)
        for unit in units:
            made[unit.repeat, unit.fold] = fold.make(data, splits, preparations, unit.repeat, unit.fold, None)
        return data, made, units

    return make


@pytest.fixture(scope="module")
def rosmap(folds):
    return folds("rosmap")


def scores(method, data, made, units, settings):
    (found,) = cached.fit(Model(method=method), made, units, settings)  # linear models are the same for all
    table = found.predictions(data.subjects)
    truth = (data.obs.loc[table["subject"], keys.LABEL] == "Alzheimer's").to_numpy()
    p = table["p_Alzheimer's"]
    return accuracy_score(truth, p > 0.5), roc_auc_score(truth, p)


def test_late_linear_reproduces_the_independent_measurement_on_rosmap(rosmap):
    # average of one L2 logistic regression per modality, by scikit-learn with inner cross-validation: .851 and .923
    accuracy, auroc = scores("late_linear", *rosmap, Training())
    assert accuracy == pytest.approx(0.851, abs=0.03)
    assert auroc == pytest.approx(0.923, abs=0.015)


@pytest.mark.parametrize("method", [*plugins.names("fusion"), "forest", "linear"])
def test_no_method_is_broken_on_rosmap(rosmap, method):
    accuracy, auroc = scores(method, *rosmap, Training(members=3, epochs=15))
    assert accuracy >= 0.75
    assert auroc >= 0.84


def test_survival_of_block_missing_patients(folds):
    data, made, units = folds("acc")
    found = fit(Model(method="late_linear"), made, units, Training())
    per_fold = []
    for one in found:
        table = one.predictions(data.subjects)
        truth = data.obs.loc[table["subject"]]
        per_fold.append(concordance_index(truth[keys.TIME], -table["risk"], truth[keys.EVENT]))
    assert sum(len(one.fold.test) for one in found) == 91  # every patient with an outcome, whatever assays are missing
    assert np.mean(per_fold) > 0.75  # single modalities reach .63 to .84
