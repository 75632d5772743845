rule linear:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
        prepare=at("prepare.safetensors"),
    output:
        linear=at("linear/{shard}.safetensors"),
    log:
        at("logs/linear/{shard}.log"),
    benchmark:
        at("benchmarks/linear/{shard}.tsv")
    conda:
        "../../envs/mmomics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(3000),
        runtime=scaled(60),
        gpu=0,
    params:
        version=VERSION,
        settings=SETTINGS,
        part=part(lambda study, w: [study["seed"], study["seeds"]]),
    shell:
        "mmomics linear --settings {params.settings} --input {input.cohort} --splits {input.splits}"
        " --prepare {input.prepare} --shard {wildcards.shard} --output {output.linear} 2> {log}"
