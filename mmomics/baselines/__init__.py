"""Baselines: the same data, folds, search and calibration as the fusion methods, any modality missing, all outcomes."""
