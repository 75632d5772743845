"""Each cohort's settled settings: `mmomics settings` checks the configuration and merges in the cohort files.

The package is called, never imported.
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
