rule ridge:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
        prepare=at("prepare.safetensors"),
    output:
        ridge=at("ridge/{shard}.safetensors"),
    log:
        at("logs/ridge/{shard}.log"),
    benchmark:
        at("benchmarks/ridge/{shard}.tsv")
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
        "mmomics ridge --settings {params.settings} --input {input.cohort} --splits {input.splits}"
        " --prepare {input.prepare} --shard {wildcards.shard} --output {output.ridge} 2> {log}"
