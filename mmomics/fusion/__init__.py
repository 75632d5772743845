"""Fusion methods, a folder per family: any number of modalities, one or many, any of them missing; all outcomes; windows of signals too."""
