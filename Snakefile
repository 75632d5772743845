"""mmomics: from native files to a report, for every cohort of config/config.yaml. A table of contents; see README.md."""

from snakemake.utils import min_version

min_version("9")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/config.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/normalize.smk"
include: "workflow/rules/align.smk"
include: "workflow/rules/split.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/impute.smk"
include: "workflow/rules/linear.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/stack.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/explain.smk"
include: "workflow/rules/report.smk"


localrules:
    all,


onstart:
    write_settings()


rule all:
    default_target: True  # the rules above come first, and the first rule would be the target
    input:
        reports=[at("report.html", cohort=cohort) for cohort in STUDIES],
        bundles=[bundle for cohort in STUDIES for bundle in bundles(cohort)],
        imputed=[imputed for cohort in STUDIES for imputed in filled(cohort)],
