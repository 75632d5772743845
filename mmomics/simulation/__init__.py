"""A cohort with a planted truth, as the files that people really have."""
