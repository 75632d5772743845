"""What fills in assays that a subject lacks, and single values that an assay lacks; needs two modalities that go together."""
