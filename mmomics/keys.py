"""The names of columns and slots in the files that the stages hand to one another."""

from typing import Final

# cohort.h5mu: columns of `obs` beside the covariates (one row per subject)
LABEL: Final = "outcome"  # class name, or value of a regression outcome
TIME: Final = "time"  # follow-up (days)
ALSO: Final = "also"  # further outcomes: their columns are also.<name>.outcome, also.<name>.time, ...
EVENT: Final = "event"  # True = the event was seen
BATCH: Final = "batch"  # technical batch
PART: Final = "part"  # preset part of the cohort (train, test)
STRATUM: Final = "stratum"  # of subjects that are alike, within which models are scored as well
GROUP: Final = "group"  # subjects that must stay on one side of a split

# a modality's AnnData
FEATURE: Final = "feature"  # column of `var`: the feature's own name; `var_names` are `modality:feature`, since two assays may share genes
MEASURED: Final = "measured"  # layers: the values before normalisation
UNGROUPED: Final = "ungrouped"  # `uns`, where separators of thousands are suspected: whether the file disproves them
CLINICAL: Final = "clinical"  # the modality made of the covariates

# splits.parquet
REPEAT: Final = "repeat"
FOLD: Final = "fold"  # WHOLE = no test rows: the model that is shipped
SUBJECT: Final = "subject"
ROLE: Final = "role"  # TRAIN or TEST
INNER: Final = "inner"  # inner fold of a training row, -1 for a test row
TRAIN: Final = "train"
TEST: Final = "test"
WHOLE: Final = -1

SEED: Final = "seed"

# predictions
SET: Final = "set"  # the classes that are not ruled out, SEPARATOR between them; within a name it becomes a slash
SEPARATOR: Final = "|"
TIME_LOWER: Final = "time_lower"  # a time that is outlived
COVERAGE: Final = 0.9  # the chance that predicted sets, intervals and bounds are right
