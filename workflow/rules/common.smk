"""What the rules share: each cohort's settled settings, the paths of its files, and which jobs it needs.

The package is called, never imported: `mmomics settings` checks the configuration and merges in the cohort files.
"""

import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
from snakemake.utils import update_config

# the `mmomics` beside this Snakemake, also where its environment is not activated
os.environ.update(PATH=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")


# --- the configuration ------------------------------------------------------------------------------------------------


def stop(line):
    """End before any job, with one line on stderr: a WorkflowError would add file, line and traceback of the workflow."""
    print(line, file=sys.stderr)
    raise SystemExit(2)


def typed(value, pattern):
    """The same settings, with what `pattern` matches read as JSON wherever a reader of YAML left it as text."""
    if isinstance(value, dict):
        return {key: typed(item, pattern) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item, pattern) for item in value]
    return (
        json.loads(value)
        if isinstance(value, str) and re.fullmatch(pattern, value)
        else value
    )


def validate_config():
    """Hold `config` against the schema that `mmomics schema` generates from the settings classes."""
    schema = json.loads(
        Path(workflow.basedir, "workflow/schemas/config.schema.json").read_text()
    )
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema).iter_errors(config)
    )
    if not error:
        return
    problem, cure = error.message, "config/README.md describes every key"
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = next(key for key in error.instance if key not in known)
        near = difflib.get_close_matches(str(unknown), known, n=1)
        problem, cure = f"unknown key '{unknown}'", (
            f"did you mean '{near[0]}'?" if near else cure
        )
    key = "".join(
        f"{part}: " for part in [".".join(map(str, error.absolute_path))] if part
    )
    stop(f"config/config.yaml (or --config): {key}{problem}; {cure}")


def mmomics(*arguments):
    """What a verb prints; its one-line complaint ends the workflow."""
    try:
        done = subprocess.run(["mmomics", *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        stop(
            "mmomics: the package is not installed beside Snakemake; run `make run`, or `pip install .` in this environment"
        )
    said = re.sub(
        r"^\S+ (ERROR|WARNING) +", "", done.stderr.strip(), flags=re.MULTILINE
    )
    if done.returncode:
        stop(said)
    if said:
        print(said, file=sys.stderr)
    return done.stdout


# YAML 1.1 takes 1e-4 for text, and Snakemake takes all for text that stands within the braces of `--config key={...}`
config.update(typed(config, r"-?\d+(\.\d+)?[eE][-+]?\d+"))
update_config(
    config,
    typed(
        dict(workflow.config_settings.config),
        r"-?\d+(\.\d+)?([eE][-+]?\d+)?|true|false|null",
    ),
)
validate_config()
VERSION = mmomics(
    "--version"
).strip()  # a parameter of every rule: an edit to the package alone would rerun nothing
STUDIES = json.loads(
    mmomics("settings", "--log-level", "warning", "--config", json.dumps(config))
)
RESULTS = config.get("results", "results")
# The verbs read the settings here. The file is no rule's output and no input: Snakemake does not look for changed parameters
# behind a job that runs, and what a rule depends on is said more finely by its `part` of the settings.
SETTINGS = f"{RESULTS}/{{cohort}}/settings.json"


def write_settings():
    """Put down the settings in force; called when a run begins, not for a dry run."""
    for cohort in STUDIES:
        mmomics(
            "settings",
            "--config",
            json.dumps(config),
            "--cohort",
            cohort,
            "--output",
            SETTINGS.format(cohort=cohort),
        )


wildcard_constraints:
    cohort="|".join(map(re.escape, STUDIES)),
    modality=r"\w+",
    model=r"[\w.-]+",
    imputer=r"[\w.-]+",
    shard=r"final|\d+of\d+",


ENSEMBLES = sorted(
    {
        name
        for study in STUDIES.values()
        for name, model in study["models"].items()
        if model["of"] is not None
    }
)


# --- paths and jobs ---------------------------------------------------------------------------------------------------


def at(path, **wildcards):
    """A path below the results of a cohort, with the wildcards given filled in: `at("cohort.h5mu")`."""
    return expand(f"{RESULTS}/{{cohort}}/{path}", **wildcards, allow_missing=True)[0]


def every(path, **wildcards):
    """Input function: a path below the results of a cohort, for all values that `wildcards` (name=function) give."""
    return lambda w: expand(
        f"{RESULTS}/{w.cohort}/{path}",
        **{name: values(w.cohort) for name, values in wildcards.items()},
    )


def modalities(cohort):
    return list(STUDIES[cohort]["cohort"]["modalities"])


def is_device(wildcards):
    """Whether a modality was recorded by a device."""
    return (
        "signal"
        in STUDIES[wildcards.cohort]["cohort"]["modalities"][wildcards.modality]
    )


def models(cohort):
    return list(STUDIES[cohort]["models"])


def prior(wildcards):
    """The files that a model's `params` name: pathways, a network."""
    return STUDIES[wildcards.cohort]["models"].get(wildcards.model, {}).get("files", [])


def members(wildcards):
    """The models that an ensemble combines, trained on the same shard."""
    return [
        at(f"train/{model}/{wildcards.shard}", cohort=wildcards.cohort)
        for model in STUDIES[wildcards.cohort]["models"][wildcards.model]["of"]
    ]


def own_folds(wildcards):
    """What an ensemble's folds say, from which the one that is shipped takes its weights."""
    if wildcards.shard != "final":
        return []
    return [
        at(f"train/{wildcards.model}/{shard}", cohort=wildcards.cohort)
        for shard in shards(wildcards.cohort)
    ]


def imputers(cohort):
    return STUDIES[cohort]["imputers"]


def dealt(n):
    """The names of `n` jobs; `final`, the model that is shipped, comes on top."""
    return [f"{k}of{n}" for k in range(1, n + 1)]


def shards(cohort):
    """The jobs that a model's folds and seeds are dealt out to."""
    return dealt(STUDIES[cohort]["shards"])


def shards_of_imputer(cohort):
    """The same for an imputer, which has the folds but one seed."""
    study = STUDIES[cohort]
    split = study["split"]
    return dealt(
        min(
            study["shards"],
            split["folds"] * split["repeats"] if split["scheme"] == "kfold" else 1,
        )
    )


def shipped(cohort):
    """The models that are also trained on the whole cohort."""
    return [name for name, model in STUDIES[cohort]["models"].items() if model["ship"]]


def explained(cohort):
    """Shipped models whose inputs can be attributed by gradients."""
    return [
        name for name in shipped(cohort) if STUDIES[cohort]["models"][name]["explained"]
    ]


def bundles(cohort):
    """The models to predict new subjects with."""
    return [
        at("train/{model}/final", cohort=cohort, model=model)
        for model in shipped(cohort)
    ]


def filled(cohort):
    """The cohort with its gaps filled, by the last imputer of the list."""
    return [at("imputed.h5mu", cohort=cohort)] if imputers(cohort) else []


def native(cohort, name):
    """The files of the user that a modality, or `samples`, is read from."""
    return STUDIES[cohort]["inputs"][name]


# --- what a rule depends on beside its files --------------------------------------------------------------------------


def part(choose):
    """Parameter function: the part of a cohort's settings that concerns a rule, so that only its change reruns the rule.

    `choose(study, wildcards)` picks it; the text is canonical, since parameters are compared as text.
    """
    return lambda w: json.dumps(choose(STUDIES[w.cohort], w), sort_keys=True)


def trained(study, wildcards):
    """What a model learns from: whether it is shipped, or where it stands in the list, changes nothing of what a fold trains."""
    model = study["models"].get(wildcards.model, {})
    learned = [model.get(key) for key in ("method", "modalities", "params")]
    how = model.get("missing", "native")
    filled = [] if how == "native" else [how, study["missing"]]
    return [*learned, sorted(model.get("of") or []), *filled]


def scaled(amount):
    """Resource function: this much for the first attempt, twice for the second, and so on."""
    return lambda w, attempt: amount * attempt


def device(wildcards, resources):
    """Parameter function: on a graphics card where a profile asks for one (`set-resources: train:gpu=1`)."""
    return "cuda" if resources.gpu else "cpu"
