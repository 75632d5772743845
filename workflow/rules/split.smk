rule split:
    input:
        cohort=at("cohort.h5mu"),
    output:
        splits=at("splits.parquet"),
    log:
        at("logs/split.log"),
    benchmark:
        at("benchmarks/split.tsv")
    conda:
        "../../envs/mmomics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=scaled(10),
        gpu=0,
    params:
        version=VERSION,
        settings=SETTINGS,
        part=part(lambda study, w: [study["split"], study["seed"]]),
    shell:
        "mmomics split --settings {params.settings} --input {input.cohort} --output {output.splits} 2> {log}"
