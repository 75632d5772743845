rule normalize:
    input:
        measured=at("ingest/{modality}.h5ad"),
    output:
        normalized=at("normalize/{modality}.h5ad"),
    log:
        at("logs/normalize/{modality}.log"),
    benchmark:
        at("benchmarks/normalize/{modality}.tsv")
    conda:
        "../../envs/mmomics.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=scaled(20),
        gpu=0,
    params:
        version=VERSION,
        settings=SETTINGS,
        part=part(
            lambda study, w: [
                study["cohort"]["modalities"][w.modality].get(key)
                for key in ("kind", "values", "normalize", "signal")
            ]
        ),
    shell:
        "mmomics normalize --settings {params.settings} --modality {wildcards.modality}"
        " --input {input.measured} --output {output.normalized} 2> {log}"
