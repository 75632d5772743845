"""What models may do about modalities that subjects lack."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from mmomics.config.strict import Strict

NATIVE: Final = "native"
COMPLETE: Final = "complete"
SINGLE: Final = "single"
MULTIPLE: Final = "multiple"
How = Literal["native", "complete", "single", "multiple"]


class Missing(Strict):
    """How modalities that subjects lack are filled in for models that ask for it (`missing` of a model).

    The imputer learns on the training rows of each fold, from the modalities that the model sees, and never from the outcome. Test
    subjects are filled in likewise.
    """

    imputer: str = Field("ridge", description="A file of `mmomics/imputation`, or a generative fusion method.")
    draws: int = Field(5, ge=2, description="Data sets that `multiple` draws; a model is trained on each.")
