# make run · make test · make lint · make test-cluster · make bench · make schema · make clean
# Needs Python >= 3.11 and make; everything else goes into .venv.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
CORES ?= all
DATA ?= data
COHORTS ?= rosmap,brca,kipan
comma := ,
BIN := .venv/bin
# the workflow fills the cores with processes; a second thread per process would only get in the way
export OMP_NUM_THREADS := 1

.PHONY: run test lint test-cluster bench schema clean
.DELETE_ON_ERROR:

run: .venv/run.stamp data/simulated/truth.json  ## the workflow on the two cohorts at hand; ARGS go to Snakemake: make run ARGS="--config seeds=3"
	@$(BIN)/snakemake --cores $(CORES) --configfile config/first_run.yaml $(ARGS)
	@for report in results/*/report.html; do if [ -f "$$report" ]; then echo "report: $(CURDIR)/$$report"; fi; done

test: .venv/dev.stamp
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/lint-imports --no-logo

test-cluster: .venv/dev.stamp  ## brings up a one-node Slurm of its own (Debian, root), and takes it down again
	@$(BIN)/python -m pytest tests/cluster -m cluster $(ARGS)

bench: .venv/run.stamp  ## the models side by side on public cohorts that lie in DATA: make bench DATA=~/data
	@$(BIN)/snakemake --cores $(CORES) --config cohorts=$(COHORTS) data_dir=$(DATA) $(ARGS)
	@for cohort in $(subst $(comma), ,$(COHORTS)); do echo "report: $(CURDIR)/results/$$cohort/report.html"; done

schema: .venv/run.stamp  ## after an edit to mmomics/config
	@$(BIN)/mmomics schema

clean:  ## forget the environment and what tools left; results, and what Snakemake knows of them, stay
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

data/simulated/truth.json: | .venv/run.stamp  # assays and device records whose truth is known; written whole or not at all
	@$(BIN)/mmomics simulate --output $(@D)

# --- the environment: made once, and again when what it is made from changes ------------------------------------------

.venv/run.stamp: pyproject.toml envs/constraints.txt
	@test -n "$(PYTHON)" || { echo "mmomics needs Python >= 3.11, and none was found on the PATH; make run PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "making .venv with $$($(PYTHON) --version)"; "$(PYTHON)" -m venv .venv; }
	@echo "installing the tested versions of envs/constraints.txt into .venv: a few minutes"
	@$(BIN)/python -m pip install -qq -c envs/constraints.txt --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp
	@$(BIN)/python -m pip install -qq -c envs/constraints.txt --editable ".[slurm,test,lint]"
	@touch $@
