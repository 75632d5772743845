"""What was planted in the tables is in the files: effects, overdispersion, detection limits, replicates, batches, absence."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmomics.simulation.assays import Rna
from mmomics.simulation.effects import NOISE


def rna(cohort):
    return pd.read_csv(cohort.folder / "rna_counts.tsv", sep="\t", index_col=0)


def m_values(cohort):
    """M values with the mean of every batch taken off."""
    beta = pd.read_parquet(cohort.folder / "methylation_beta.parquet").set_index("sample").clip(1e-4, 1 - 1e-4)
    m = np.log2(beta / (1 - beta))
    return m - m.groupby(cohort.clinical["batch"].reindex(m.index)).transform("mean")


def correlations(values, cohort, modality):
    """Of every causal feature with each factor that moves it: found, and expected if the assay were free of noise of its own."""
    found, expected = [], []
    nuisance = cohort.nuisance[modality]
    for feature, loadings in cohort.truth["features"][modality].items():
        spread = np.sqrt(sum(each**2 for each in loadings.values()) + nuisance[feature] + NOISE**2)
        for source, loading in loadings.items():
            found.append(values[feature].corr(cohort.subjects[f"source_{source}"].reindex(values.index)))
            expected.append(loading / spread)
    return np.array(found), np.array(expected)


@pytest.fixture(scope="module")
def cohort(large):
    """With the variance of the nuisance factors of every feature, which the truth does not list."""
    from mmomics.simulation import effects
    from mmomics.simulation.plan import ASSAYS, Plan

    made = {name: effects.make(Plan(**large.truth["settings"]), name, large.people.latents) for name in ASSAYS}
    large.nuisance = {
        name: dict(zip(each.features, (each.loadings[len(each.factors) :] ** 2).sum(axis=0), strict=True)) for name, each in made.items()
    }
    return large


def test_methylation_follows_its_factors_as_strongly_as_the_truth_says(cohort):
    found, expected = correlations(m_values(cohort), cohort, "methylation")
    np.testing.assert_allclose(found, expected, atol=0.12)


def test_counts_follow_their_factors_through_library_size_and_noise(cohort):
    counts = rna(cohort).T
    log = np.log1p(counts.div(counts.sum(axis=1), axis=0) * 1e6)
    log.index = log.index.str[:-2]
    log = log[~log.index.duplicated()]
    found, expected = correlations(log, cohort, "rna")
    assert (np.sign(found) == np.sign(expected)).all()
    assert np.corrcoef(found, expected)[0, 1] > 0.97


def test_proteins_metabolites_and_mutations_follow_theirs(cohort):
    protein = pd.read_csv(cohort.folder / "protein_log2.csv", index_col=0)
    metabolome = np.log(pd.read_csv(cohort.folder / "metabolome.csv", index_col=0).replace(0, np.nan))
    mutation = pd.read_csv(cohort.folder / "mutations.tsv", sep="\t", index_col=0)
    for modality, values in (("protein", protein), ("metabolome", metabolome), ("mutation", mutation)):
        found, expected = correlations(values, cohort, modality)
        assert (np.sign(found) == np.sign(expected)).all(), modality
        assert (np.abs(found) > 0.5 * np.abs(expected)).all(), modality


def test_features_outside_the_truth_know_nothing_of_the_predictor(cohort):
    values = m_values(cohort)
    others = values.columns.difference(list(cohort.truth["features"]["methylation"]))
    eta = cohort.subjects["predictor"].reindex(values.index)
    found = values[others].corrwith(eta).abs()
    assert len(others) > 10
    assert found.max() < 4.5 / np.sqrt(len(values))


def test_counts_are_negative_binomial():
    n, depth, dispersion = 4000, 300.0, 0.2
    sample = Rna(np.full(n, depth), np.ones(1), np.array([dispersion])).values(np.zeros((n, 1)), slice(0, 1), np.random.default_rng(0))
    size = 1 / dispersion
    reference = stats.nbinom(size, size / (size + depth))
    assert stats.kstest(sample[:, 0], reference.cdf).pvalue > 1e-3
    assert abs(sample.var() / reference.var() - 1) < 0.15


def test_counts_in_the_file_vary_more_than_poisson(small):
    counts = rna(small)
    assert (counts.to_numpy() >= 0).all() and np.issubdtype(counts.to_numpy().dtype, np.integer)
    depth = counts.sum() / counts.sum().mean()
    scaled = counts / depth
    assert (scaled.var(axis=1) > 3 * scaled.mean(axis=1)).mean() > 0.9
    assert 2 < depth.max() / depth.min() < 15


def test_replicates_are_of_one_person_and_differ_by_noise_only(large):
    counts = np.log1p(rna(large))
    twice = [name[:-2] for name in counts if name.endswith("-B")]
    assert 0.05 < len(twice) / counts.columns.str.endswith("-A").sum() < 0.15
    first = counts[[f"{name}-A" for name in twice]]
    second = counts[[f"{name}-B" for name in twice]]
    same = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(first.T.to_numpy(), second.T.to_numpy(), strict=True)])
    other = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(first.T.to_numpy(), second.T.to_numpy()[::-1], strict=True)])
    assert same > other + 0.02


def test_beta_values_are_of_two_kinds_within_their_range(small):
    beta = pd.read_parquet(small.folder / "methylation_beta.parquet").set_index("sample")
    assert ((beta >= 0) & (beta <= 1)).all().all()
    assert (beta.mean() < 0.3).mean() > 0.2 and (beta.mean() > 0.7).mean() > 0.2


def test_proteins_are_missing_where_they_are_low(large):
    protein = pd.read_csv(large.folder / "protein_log2.csv", index_col=0)
    missing = protein.isna()
    assert 0.02 < missing.to_numpy().mean() < 0.3
    causal = large.truth["features"]["protein"]
    feature = missing.mean()[list(causal)].sub(0.3).abs().idxmin()
    source, loading = max(causal[feature].items(), key=lambda each: abs(each[1]))
    low = (large.subjects[f"source_{source}"].reindex(protein.index) * np.sign(loading)).rank(pct=True)
    assert missing.loc[low < 0.3, feature].mean() > missing.loc[low > 0.7, feature].mean() + 0.1


def test_metabolites_not_detected_are_zero(small):
    metabolome = pd.read_csv(small.folder / "metabolome.csv", index_col=0)
    assert metabolome.notna().all().all()
    assert 0.005 < (metabolome == 0).to_numpy().mean() < 0.3


@pytest.mark.parametrize("size", [0.0, 1.0])
def test_the_batch_effect_has_the_size_that_was_asked_for(tmp_path, size):
    from tests.simulation.conftest import make

    cohort = make(tmp_path / "c", n_subjects=1500, n_features=200, devices=(), batch_effect=size, missing_share=0)
    beta = pd.read_parquet(tmp_path / "c/methylation_beta.parquet").set_index("sample").clip(1e-4, 1 - 1e-4)
    m = np.log2(beta / (1 - beta))
    groups = m.groupby(cohort.clinical["batch"])
    ratio = np.sqrt(groups.mean().var().mean() / groups.var().mean().mean())
    assert abs(ratio - size) < 0.15
    assert cohort.truth["batch_effect"]["size"] == size
    for other in ("protein_log2.csv", "metabolome.csv"):
        values = pd.read_csv(tmp_path / "c" / other, index_col=0)
        groups = values.groupby(cohort.clinical["batch"])
        assert np.sqrt(groups.mean().var().mean() / groups.var().mean().mean()) < 0.1


def test_plates_are_filled_and_lie_within_one_batch(large):
    plates = large.clinical.groupby("plate")
    assert (plates["batch"].nunique() == 1).all()
    assert (plates.size() == large.truth["batch_effect"]["subjects_per_plate"]).all()


def test_files_hold_whom_the_truth_says_has_the_assay(small):
    ids = {
        "rna": {name[:-2] for name in rna(small)},
        "methylation": set(pd.read_parquet(small.folder / "methylation_beta.parquet")["sample"]),
        "protein": set(pd.read_csv(small.folder / "protein_log2.csv")["sample"]),
        "metabolome": set(pd.read_csv(small.folder / "metabolome.csv")["sample"]),
        "mutation": set(pd.read_csv(small.folder / "mutations.tsv", sep="\t")["sample"]),
        **{device: {file.stem for file in (small.folder / device).iterdir()} for device in ("ecg", "cgm", "band", "eeg")},
    }
    for name, found in ids.items():
        assert found == set(small.subjects.index[small.subjects[f"has_{name}"] == 1]), name
        share = small.truth["modalities"][name]["missing"]["share"]
        assert share == pytest.approx(1 - len(found) / len(small.subjects), abs=1e-3)
    assert sum(each["missing"]["planned_share"] for each in small.truth["modalities"].values()) / 9 == pytest.approx(0.2, abs=0.001)


def test_informative_absence_depends_on_what_the_truth_names(large):
    age, eta = large.subjects["source_age"], large.subjects["predictor"]
    for name, about in large.truth["modalities"].items():
        has = large.subjects[f"has_{name}"] == 1
        cause, other = (eta, age) if about["missing"]["depends_on"] == "predictor" else (age, eta - age * eta.cov(age) / age.var())
        assert cause[~has].mean() - cause[has].mean() > 0.7 * cause.std(), name
        if other is not age:
            assert abs(other[~has].mean() - other[has].mean()) < 0.3 * other.std(), name
        assert about["missing"]["share"] == pytest.approx(about["missing"]["planned_share"], abs=0.04)


def test_absence_at_random_depends_on_nothing(tmp_path):
    from tests.simulation.conftest import make

    cohort = make(tmp_path / "c", n_subjects=3000, n_features=10, devices=())
    for name in cohort.truth["modalities"]:
        has = cohort.subjects[f"has_{name}"] == 1
        for cause in ("predictor", "source_age"):
            assert stats.ttest_ind(cohort.subjects.loc[has, cause], cohort.subjects.loc[~has, cause]).pvalue > 1e-3, (name, cause)
