"""Ridge regression of every feature on all features of the other modalities, with a penalty of its own.

Penalties by error out of fold, or by generalised cross-validation where rows are many (see `nn.smoothers`); the error out of fold is the
standard deviation. A predictor modality that a row lacks stands at its mean.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.imputation import contract
from mmomics.imputation._conditional import Answer, Conditional, side_by_side
from mmomics.imputation.contract import Tensors
from mmomics.nn.smoothers import smooth


class Imputer(Conditional):
    """One multi-target model per modality, fitted when it is first asked for."""

    def regress(self, modality: str, rows: Tensor) -> Answer:
        x, seen = ({name: part[rows] for name, part in whole.items()} for whole in (self.x, self.seen))
        others = side_by_side(x, seen, modality)
        model = smooth(others @ others.T, self.x[modality][rows], contract.folds(self.fold[rows], int(rows.sum())))

        def predict(x: Tensors, seen: Tensors) -> Tensor:
            return model(side_by_side(x, seen, modality) @ others.T)

        judged, oof = self.judged(modality, rows), torch.zeros_like(self.x[modality])
        oof[rows] = model.oof
        return Answer(predict, oof, (self.x[modality] - oof) * judged, judged)
