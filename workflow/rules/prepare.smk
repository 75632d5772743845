rule prepare:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
    output:
        prepare=at("prepare.safetensors"),
    log:
        at("logs/prepare.log"),
    benchmark:
        at("benchmarks/prepare.tsv")
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
        part=part(lambda study, w: [study["prepare"], study["prepare_each"]]),
    shell:
        "mmomics prepare --settings {params.settings} --input {input.cohort} --splits {input.splits}"
        " --output {output.prepare} 2> {log}"
