rule evaluate:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
        predictions=every("train/{model}/{shard}", model=models, shard=shards),
        imputations=every(
            "impute/{imputer}/{shard}", imputer=imputers, shard=shards_of_imputer
        ),
    output:
        tables=report(
            directory(at("evaluate")),
            patterns=["{name}.tsv"],
            caption="../report/evaluate.rst",
            category="{cohort}",
            subcategory="tables",
            labels={"table": "{name}"},
        ),
    log:
        at("logs/evaluate.log"),
    benchmark:
        at("benchmarks/evaluate.tsv")
    conda:
        "../../envs/mmomics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=scaled(60),
        gpu=0,
    params:
        version=VERSION,
        settings=SETTINGS,
        part=part(
            lambda study, w: [
                {
                    name: [model["method"], model["missing"]]
                    for name, model in study["models"].items()
                },
                study["seed"],
            ]
        ),
    shell:
        "mmomics evaluate --settings {params.settings} --input {input.cohort} --splits {input.splits}"
        " --predictions {input.predictions} --imputations {input.imputations} --output {output.tables} 2> {log}"
