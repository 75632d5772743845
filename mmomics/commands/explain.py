"""Explain one trained model: which features and modalities drive its predictions."""

from __future__ import annotations

import argparse
import logging

log = logging.getLogger(__name__)
MOST_SUBJECTS = 300  # more change the averages little


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="the cohort's settings.json")
    parser.add_argument("--input", required=True, help="cohort.h5mu")
    parser.add_argument("--bundle", required=True, help="folder train/<model>/final")
    parser.add_argument("--output", required=True, help="folder to write")


def run(args: argparse.Namespace) -> None:
    import numpy as np
    import torch

    from mmomics.cohort.data import read_cohort
    from mmomics.config.load import read_settings
    from mmomics.explain.attributions import attribute, features_table
    from mmomics.explain.contributions import modalities_table
    from mmomics.storage import atomic
    from mmomics.training.bundle import load_one
    from mmomics.training.device import choose

    study = read_settings(args.settings)
    choose("cpu")
    predictor, _ = load_one(args.bundle)
    data = read_cohort(args.input)
    x, seen = predictor.tensors(data)
    rng = np.random.default_rng(study.seed)
    rows = torch.from_numpy(np.sort(rng.permutation(len(data.subjects))[:MOST_SUBJECTS]))
    x, seen = ({name: values[rows] for name, values in tensors.items()} for tensors in (x, seen))
    attributions = attribute(predictor, x, seen)
    log.info("attributions of %d subjects", len(rows))
    with atomic(args.output) as draft:
        draft.mkdir()
        features_table(predictor, attributions, x, seen).to_csv(draft / "features.tsv", sep="\t", index=False)
        modalities_table(attributions, study.seed).to_csv(draft / "modalities.tsv", sep="\t", index=False)
