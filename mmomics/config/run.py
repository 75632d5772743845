"""`config/config.yaml`: which cohorts, models and imputers to run; and `Study`, all that is settled for one cohort."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mmomics.config.cohort import Cohort
from mmomics.config.handling import NATIVE, How, Missing
from mmomics.config.protocol import Prepare, Search, Split, Training
from mmomics.config.strict import Strict


class Model(Strict):
    """One configured model: a method with its settings and the modalities it may see."""

    method: str | None = Field(
        None, description="A file of `mmomics/fusion`, `mmomics/baselines` or `mmomics/ensembles`. Default: the model's name."
    )
    modalities: list[str] | None = Field(
        None, description="Modalities that the model may see. Default: all, with `clinical`. Not for an ensemble."
    )
    per_modality: bool = Field(
        False, description="One model for every assay alone, named `<model>_<assay>`, in place of this one. Not for an ensemble."
    )
    of: list[str] | None = Field(
        None,
        description="Models that an ensemble (`mmomics methods ensembles`) combines; the name of one with `per_modality` stands for all of "
        "its models, and one that a cohort leaves out is left out here too. Default: all but those for one modality alone, the random "
        "control and other ensembles.",
    )
    ship: bool = Field(True, description="Also train on the whole cohort: explain the model and leave a bundle that predicts.")
    missing: How | list[How] = Field(
        NATIVE,
        description="What is done about modalities that subjects lack: `native`, what the method does about it; `complete`, learn from the "
        "training subjects who lack none; `single`, fill in means; `multiple`, train on several draws and average the predictors (Rubin's "
        "rules). A list makes one model of each, named `<model>_<how>`, beside the native one, and the report compares them. All but "
        "`native` leave no bundle. Not for an ensemble.",
    )
    params: dict[str, Any] = Field({}, description="Changes to the method's defaults; `mmomics methods` lists them.")


class SettledModel(Model):
    """A model of a study: its method, and what follows from it."""

    missing: How = NATIVE
    explained: bool = Field(description="Computed, not given: whether its inputs can be attributed, which needs gradients.")
    files: list[str] = Field([], description="Computed, not given: the files that its `params` name.")


class Run(Strict):
    """What one call of Snakemake runs."""

    cohorts: list[str] | str = Field(["acc"], description="Names of files in `config/cohorts`; several may be given as `a,b`.")
    data_dir: str = Field("data", description="Folder that `{data_dir}` in cohort files stands for.")
    results: str = Field("results", description="Folder for all results.")
    models: dict[str, Model] = Field(description="Models to compare, each under the name it gets in the report.")
    imputers: list[str] = Field(["mean", "ridge", "poe_vae"], description="Imputers to compare; the last one fills the cohort.")
    split: Split = Field(Split(), description="Who trains and who tests.")
    prepare: Prepare = Field(Prepare(), description="Preprocessing fitted per fold.")
    training: Training = Field(Training(), description="The training loop.")
    search: Search = Field(Search(), description="The search for each method's settings.")
    missing: Missing = Field(Missing(), description="What models with `missing: single` or `multiple` are filled with.")
    seed: int = Field(0, ge=0, description="Of the splits and of the first training seed.")
    seeds: int = Field(1, ge=1, description="Training seeds per fold.")
    shards: int = Field(
        1, ge=1, description="Jobs per model: 1 on a laptop, up to folds x repeats x seeds on a cluster. Never changes the numbers."
    )


class Study(Strict):
    """Everything that is settled for one cohort: the cohort file with the run's settings merged in."""

    name: str
    cohort: Cohort
    folder: str
    inputs: dict[str, list[str]] = Field({}, description="Native files of each modality, and of `samples`.")
    models: dict[str, SettledModel]
    imputers: list[str]
    split: Split
    prepare: Prepare
    prepare_each: dict[str, Prepare] = Field({}, description="Computed, not given: `prepare` of each modality.")
    training: Training
    search: Search = Search()
    missing: Missing = Missing()
    seed: int
    seeds: int
    shards: int

    def prepare_of(self, modality: str) -> Prepare:
        """The preprocessing of one modality, `clinical` among them: what suits its kind and its own keys over the cohort's."""
        return self.prepare_each.get(modality, self.prepare)
