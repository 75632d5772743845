rule report:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
        aligned=at("align"),
        qc=every("ingest/{modality}.qc.tsv", modality=modalities),
        evaluate=at("evaluate"),
        training=every("train/{model}/{shard}", model=models, shard=shards),
        explain=every("explain/{model}", model=explained),
    output:
        html=report(
            at("report.html"),
            caption="../report/report.rst",
            category="{cohort}",
            labels={"report": "the whole report"},
        ),
        figures=report(
            directory(at("figures")),
            patterns=["{name}.svg"],
            caption="../report/figures.rst",
            category="{cohort}",
            subcategory="figures",
            labels={"figure": "{name}"},
        ),
    log:
        at("logs/report.log"),
    benchmark:
        at("benchmarks/report.tsv")
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
        part=part(lambda study, w: study),
    shell:
        "mmomics report --settings {params.settings} --input {input.cohort} --splits {input.splits} --joins {input.aligned}/joins.tsv"
        " --quality {input.aligned}/quality.tsv --flags {input.aligned}/flags.tsv --records {input.aligned}/records.tsv"
        " --qc {input.qc} --evaluate {input.evaluate} --training {input.training} --explain {input.explain}"
        " --output {output.html} --figures {output.figures} 2> {log}"
