rule align:
    input:
        samples=lambda w: native(w.cohort, "samples"),
        normalized=every("normalize/{modality}.h5ad", modality=modalities),
    output:
        cohort=at("cohort.h5mu"),
        tables=directory(at("align")),
    log:
        at("logs/align.log"),
    benchmark:
        at("benchmarks/align.tsv")
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
                [
                    study["cohort"][key]
                    for key in (
                        "samples",
                        "outcome",
                        "also",
                        "covariates",
                        "batch",
                        "modalities",
                    )
                ],
                study["cohort"]["prepare"]["batch"],
                [study["split"][key] for key in ("column", "group")],
            ]
        ),
    shell:
        "mmomics align --settings {params.settings} --inputs {input.normalized}"
        " --output {output.cohort} --tables {output.tables} 2> {log}"
