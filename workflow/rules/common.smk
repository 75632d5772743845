"""What the rules share: the paths of a cohort's files, which jobs it needs, and what a rule depends on beside its files."""

import json
import re


wildcard_constraints:
    cohort="|".join(map(re.escape, STUDIES)),
    modality=r"\w+",
    model=r"\w[\w.-]*",
    imputer=r"\w[\w.-]*",
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
