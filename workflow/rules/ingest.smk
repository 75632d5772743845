rule ingest:
    input:
        files=lambda w: native(w.cohort, w.modality),
        # a device's records are cut around the specimens, whose times stand there
        samples=lambda w: native(w.cohort, "samples") if is_device(w) else [],
    output:
        measured=at("ingest/{modality}.h5ad"),
        qc=at("ingest/{modality}.qc.tsv"),
    log:
        at("logs/ingest/{modality}.log"),
    benchmark:
        at("benchmarks/ingest/{modality}.tsv")
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
                study["folder"],
                study["cohort"]["modalities"][w.modality],
                study["cohort"]["samples"] if is_device(w) else None,
            ]
        ),
    shell:
        "mmomics ingest --settings {params.settings} --modality {wildcards.modality}"
        " --output {output.measured} --qc {output.qc} 2> {log}"
