rule explain:
    input:
        cohort=at("cohort.h5mu"),
        bundle=at("train/{model}/final"),
    output:
        explained=directory(at("explain/{model}")),
    log:
        at("logs/explain/{model}.log"),
    benchmark:
        at("benchmarks/explain/{model}.tsv")
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
        part=part(lambda study, w: study["seed"]),
    shell:
        "mmomics explain --settings {params.settings} --input {input.cohort} --bundle {input.bundle} --output {output.explained} 2> {log}"
