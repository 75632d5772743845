rule train:
    input:
        cohort=at("cohort.h5mu"),
        splits=at("splits.parquet"),
        prepare=at("prepare.safetensors"),
        linear=at("linear/{shard}.safetensors"),
        prior=prior,
    output:
        trained=directory(at("train/{model}/{shard}")),
    log:
        at("logs/train/{model}/{shard}.log"),
    benchmark:
        at("benchmarks/train/{model}/{shard}.tsv")
    wildcard_constraints:
        model="".join(f"(?!{re.escape(name)}/)" for name in ENSEMBLES) + r"\w[\w.-]*",
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
        part=part(
            lambda study, w: [
                trained(study, w),
                study["training"],
                study["search"],
                study["seed"],
                study["seeds"],
            ]
        ),
    shell:
        "mmomics train --settings {params.settings} --input {input.cohort} --splits {input.splits}"
        " --prepare {input.prepare} --linear {input.linear} --model {wildcards.model} --shard {wildcards.shard} --device {params.device}"
        " --output {output.trained} 2> {log}"
