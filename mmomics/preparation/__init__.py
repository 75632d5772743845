"""Steps of preprocessing that are learned on training rows: one file per step, one folder per place in the sequence."""
