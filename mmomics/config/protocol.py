"""How models are compared: splits, fitted preprocessing and training, with the run's defaults."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from mmomics.config.strict import Strict


class Split(Strict):
    """Who trains and who tests."""

    scheme: Literal["kfold", "preset"] = Field("kfold", description="`kfold` (by subject, stratified) or `preset` (a column says).")
    folds: int = Field(5, ge=2, description="Outer folds; each subject is tested once per repeat.")
    repeats: int = Field(1, ge=1, description="Repeats of the outer cross-validation, each with its own shuffle.")
    inner: int = Field(5, ge=2, description="Inner folds of the training rows: early stopping, search, calibration.")
    column: str | None = Field(None, description="`preset`: column of the samples table; `part` is the label of stacked files.")
    test: str = Field("test", description="`preset`: the value of `column` that marks test rows; all other rows train.")
    group: str | None = Field(None, description="Column whose equal values must stay on one side of every split.")


class Prepare(Strict):
    """Preprocessing fitted on the training rows of each fold, in this order of steps; `mmomics methods preparation` describes them.

    Keys of a modality win over those of its cohort, these over what suits the scale of its values (`mmomics methods assays`), and that
    over the run's. `reference` and `batch` do not reach the covariates, and `reference` of the run or the cohort reaches no device.
    """

    max_missing: float = Field(0.5, ge=0, lt=1, description="Features missing in a larger share of the measured training rows are dropped.")
    min_prevalence: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Features whose values differ from their most common one in a smaller share of the training rows are dropped.",
    )
    reference: str | None = Field(
        None,
        description="Bring every sample to a reference learned from training samples: `quantile`, `quotient`, or `vst` (DESeq2's, of "
        "counts with `normalize: []`). Default: `none`.",
    )
    batch: str | None = Field(
        None,
        description="Take out what the batches of the cohort's `batch` differ by: `combat`, `center`. Rows of a batch that training did "
        "not see stay as they are. Default: `none`.",
    )
    select: str = Field(
        "variance",
        description="How features are chosen: `variance`; `robust` (variation between the 5th and 95th percentile); `redundancy` "
        "(variance, without near copies); `supervised` (by the outcome of the training "
        "rows, so that stopping and calibration on inner folds see too hopeful a picture).",
    )
    n_features: int = Field(1000, ge=1, description="Features kept per modality.")
    transform: str | None = Field(
        None,
        description="Bring every feature to an even shape: `rank` (normal scores), `yeo_johnson`. Default: `none`, and `yeo_johnson` "
        "for features of devices, cytometry and clinical measurements, which have long tails.",
    )
    fill: str = Field(
        "mean",
        description="What stands for a missing value within an assay: `mean`, `median`, `minimum` (too little to be detected) or "
        "`neighbours` (bundles then hold values of up to 256 training subjects).",
    )
    scale: str = Field(
        "standard",
        description="`standard` (mean, standard deviation), `robust` (median, quartiles) or `none` (centred only). Learned, as `fill` is, "
        "on measured values.",
    )
    clip: float = Field(8.0, gt=0, description="Scaled values are cut at plus and minus this.")

    @field_validator("reference", "batch", "transform", mode="before")
    @classmethod
    def _no(cls, value: Any) -> Any:
        return None if value == "none" else value  # so that a modality can leave out a step of its cohort


class Training(Strict):
    """The loop shared by all fusion methods."""

    members: int = Field(
        5,
        ge=1,
        description="Networks per fold and seed, averaged; each holds out another inner fold, and all stop at the epoch that is best for "
        "what they hold out together.",
    )
    epochs: int = Field(60, ge=1, description="Passes over the training rows at most.")
    patience: int = Field(15, ge=1, description="Epochs without a better validation loss, that of all members together, before they stop.")
    batch_size: int = Field(64, ge=2, description="Rows per minibatch.")
    learning_rate: float = Field(3e-3, gt=0, description="Of AdamW.")
    weight_decay: float = Field(1e-2, ge=0, description="Of AdamW.")
    pretraining: int = Field(
        0,
        ge=0,
        description="Passes at most in which encoders learn from all training rows, those without outcome too, by what their method asks "
        "beside the outcome (reconstruction, contrast, ...), before the outcome joins; stopped like training. 0, and methods that ask "
        "nothing beside it, start with the outcome.",
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of every class label that networks learn from as if it were spread evenly over all classes; 0 leaves the "
        "labels. Held-out losses, calibration and metrics always see the labels.",
    )
    class_weights: Literal["none", "balanced"] = Field(
        "none",
        description="Of the rows that networks and trees (`boosting`, `forest`) learn classes from: `none` (all the same) or `balanced` "
        "(the rarer a class among the training rows, the more a row of it weighs: n / (classes x rows of the class)). The predicted "
        "probabilities are corrected for it. Linear models, on their own and as the start of networks, have no weights.",
    )
    calibration: Literal["slope", "isotonic"] = Field(
        "slope",
        description="Of predicted probabilities, on inner held-out rows: `slope` (a slope and an intercept, for every outcome) or, for "
        "classes, `isotonic` (a rising curve on top, where at least 50 of these rows are outside the most common class; else the line).",
    )
    modality_dropout: float = Field(0.2, ge=0, lt=1, description="Chance that a measured modality is hidden in a minibatch.")
    alone: float = Field(
        0.0, ge=0, lt=1, description="Share of rows that show one modality only, so that each is also learned from by itself."
    )
    modulation: float = Field(
        0.0,
        ge=0,
        description="How much shorter the steps of a modality's own weights are while it contributes more than the others (alpha of "
        "OGM-GE); 0 leaves them.",
    )


class Search(Strict):
    """The search for a method's settings among those that it declares, by the loss on the inner held-out rows of each fold and seed.

    Every method gets the same number of trials, and all folds and seeds the same candidates. A job that was killed goes on after its last
    trial. What the folds tried and chose stands in `train/<model>/<shard>/search.parquet` and in the report; the settings of a bundle,
    which are searched on the whole cohort by itself, stand in its `model.json`.
    """

    trials: int = Field(
        0,
        ge=0,
        description="Settings tried of each method and baseline that declares a space, its defaults among them; what a model's `params` "
        "give stays as it is. Training takes `trials` + 1 times as long. 0 keeps the defaults. Baselines without a space (linear models) "
        "choose their penalties on the inner folds anyway.",
    )
