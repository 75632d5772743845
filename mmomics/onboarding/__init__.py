"""Helping hands for a new cohort: a draft of its file from what lies in a folder, and all that is wrong with it at once."""
