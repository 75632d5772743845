rule impute:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
        prepare=at("prepare.safetensors"),
    output:
        imputed=directory(at("impute/{imputer}/{shard}")),
    log:
        at("logs/impute/{imputer}/{shard}.log"),
    benchmark:
        at("benchmarks/impute/{imputer}/{shard}.tsv")
    conda:
        "../../envs/mmomics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(3000),
        runtime=scaled(120),
        gpu=0,
    params:
        version=VERSION,
        settings=SETTINGS,
        device=device,
        part=part(lambda study, w: [study["training"], study["seed"]]),
    shell:
        "mmomics impute --settings {params.settings} --input {input.cohort} --splits {input.splits}"
        " --prepare {input.prepare} --imputer {wildcards.imputer} --shard {wildcards.shard} --device {params.device}"
        " --output {output.imputed} 2> {log}"


rule impute_cohort:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
        prepare=at("prepare.safetensors"),
        bundles=every("train/{model}/final", model=explained),
    output:
        imputed=at("imputed.h5mu"),
    log:
        at("logs/impute/final.log"),
    benchmark:
        at("benchmarks/impute/final.tsv")
    conda:
        "../../envs/mmomics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(3000),
        runtime=scaled(120),
        gpu=0,
    params:
        version=VERSION,
        settings=SETTINGS,
        device=device,
        imputer=lambda w: imputers(w.cohort)[-1],
        part=part(lambda study, w: [study["training"], study["seed"]]),
    shell:
        "mmomics impute --settings {params.settings} --input {input.cohort} --splits {input.splits}"
        " --prepare {input.prepare} --imputer {params.imputer} --shard final --bundles {input.bundles}"
        " --device {params.device} --output {output.imputed} 2> {log}"
