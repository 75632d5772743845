rule stack:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
        members=members,
        folds=own_folds,
    output:
        trained=directory(at("train/{model}/{shard}")),
    log:
        at("logs/train/{model}/{shard}.log"),
    benchmark:
        at("benchmarks/train/{model}/{shard}.tsv")
    wildcard_constraints:
        model="|".join(map(re.escape, ENSEMBLES)) or "(?!)",
    conda:
        "../../envs/mmomics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=scaled(30),
        gpu=0,
    params:
        version=VERSION,
        settings=SETTINGS,
        part=part(
            lambda study, w: [
                trained(study, w),
                study["training"]["calibration"],
                study["seed"],
            ]
        ),
    shell:
        "mmomics stack --settings {params.settings} --input {input.cohort} --splits {input.splits} --model {wildcards.model}"
        " --members {input.members} --folds {input.folds} --shard {wildcards.shard} --output {output.trained} 2> {log}"
