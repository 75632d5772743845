"""`config/cohorts/<cohort>.yaml`: what the files of one cohort are and what is to be predicted."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from mmomics.config.handling import Missing
from mmomics.config.modality import Assay, Device, Modality
from mmomics.config.outcome import Outcome
from mmomics.config.protocol import Prepare, Search, Split, Training
from mmomics.config.samples import Samples
from mmomics.config.strict import Strict

# attributes of the modules in which networks keep what belongs to a modality
RESERVED = frozenset(
    """T_destination add_module apply bfloat16 buffers call_super_init children clear compile cpu cuda double dump_patches eval extra_repr
    float forward get_buffer get_extra_state get_parameter get_submodule half ipu items keys load_state_dict modules mtia named_buffers
    named_children named_modules named_parameters parameters pop register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook
    requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train training type update values xpu
    zero_grad""".split()  # noqa: SIM905
)
KEPT = {"clinical": "`covariates`", "outcome": "the outcome"}  # names of modalities, where joins are told
LONGEST_NAME = 60
SIGNAL = "_signal"  # what a device modality's name gets for its windows


def device(modality: str) -> str:
    """A modality's own name, or that of the device whose windows it is."""
    return modality.removesuffix(SIGNAL)


class Cohort(Strict):
    """One cohort: its files, its outcome, and what differs from the run's defaults."""

    extends: str | None = Field(None, description="Cohort file beside this one; keys given here go over its keys, `null` takes one out.")
    title: str = Field(description="One line for the report's heading.")
    source: str = Field("", description="Where the data come from: citation, licence.")
    folder: str = Field(description="Folder of the files; `{data_dir}` stands for the run's `data_dir`.")
    samples: Samples = Field(description="The samples table.")
    outcome: Outcome = Field(description="What is to be predicted.")
    also: dict[str, Outcome] = Field(
        {},
        description="Further outcomes, each under a name: fusion models learn them beside the first, from the same embedding (multi-task), "
        "and subjects may lack any of them. Scores, search and early stopping are of the first; the further ones are neither scored nor "
        "predicted by bundles.",
    )
    covariates: list[str] = Field(
        [], description="Columns of the samples table that form the modality `clinical`; categories become indicators."
    )
    strata: str | None = Field(
        None,
        description="Column of the samples table, such as histology or site, within whose values models are scored as well: there, what "
        "only tells these apart is worth nothing.",
    )
    batch: str | None = Field(None, description="Column with the technical batch.")
    modalities: dict[str, Modality] = Field(
        min_length=1, description="The assays and devices, each under the name it gets in the report; a device is what has a `signal`."
    )
    split: Split = Field(Split(), description="Keys given here replace those of the run's `split`.")
    prepare: Prepare = Field(Prepare(), description="Keys given here replace those of the run's `prepare`.")
    training: Training = Field(Training(), description="Keys given here replace those of the run's `training`.")
    search: Search = Field(Search(), description="Keys given here replace those of the run's `search`.")
    missing: Missing = Field(Missing(), description="Keys given here replace those of the run's `missing`.")

    @field_validator("modalities", mode="before")
    @classmethod
    def _some(cls, value: Any) -> Any:
        if value == {}:
            raise ValueError("is empty: add an assay or a device; a table of clinical measurements is an assay too, of `kind: clinical`")
        return value

    @property
    def assays(self) -> dict[str, Assay]:
        """The modalities that stand in tables."""
        return {name: modality for name, modality in self.modalities.items() if isinstance(modality, Assay)}

    @property
    def devices(self) -> dict[str, Device]:
        """The modalities that devices recorded."""
        return {name: modality for name, modality in self.modalities.items() if isinstance(modality, Device)}

    @property
    def names(self) -> list[str]:
        """Every modality that models see, but for `clinical`: windows of a signal are one of their own."""
        return [
            each
            for name, modality in self.modalities.items()
            for each in (name, *([name + SIGNAL] if isinstance(modality, Device) and modality.windows else []))
        ]

    @model_validator(mode="after")
    def _fitting(self) -> Cohort:
        outcome = {getattr(self.outcome, key, None) for key in ("column", "time", "event")}
        further = {getattr(other, key, None) for other in self.also.values() for key in ("column", "time", "event")}
        for name in self.covariates:
            if name in outcome:
                raise ValueError(f"covariates: '{name}' is the outcome, so every score would leak: take it out of `covariates`")
            if name in further:
                raise ValueError(f"covariates: '{name}' is an outcome of `also`: take it out of one of the two")
        for name, device in self.devices.items():
            if device.align.window != "whole" and self.samples.time is None:
                raise ValueError(
                    f"modalities.{name}.align: the window is '{device.align.window}', but no time of the specimens is known: "
                    "set `samples.time`"
                )
        return self

    @model_validator(mode="after")
    def _names(self) -> Cohort:
        for name in self.also:
            if not name.isidentifier():
                raise ValueError(f"also: the name '{name}' must be letters, digits and _ (not first a digit)")
            if name in (*self.names, "clinical"):
                raise ValueError(f"also: '{name}' is the name of a modality; choose another name")
        for name in self.modalities:
            if not name.isidentifier():
                raise ValueError(f"modality name '{name}' must be letters, digits and _ (not first a digit)")
            if len(name) > LONGEST_NAME:
                raise ValueError(f"modality name '{name[:LONGEST_NAME]}...' is part of file names; choose at most {LONGEST_NAME} letters")
            if name in RESERVED:
                raise ValueError(f"the modality name '{name}' is kept for the program; choose another name")
            if name in KEPT:
                raise ValueError(f"the modality name '{name}' is kept for {KEPT[name]}; choose another name")
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"a modality is called as the windows of another ('<name>{SIGNAL}'); choose another name")
        return self
