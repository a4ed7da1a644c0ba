# Everything a developer types. A .venv is made once, and again when what it installs has changed.

PYTHON ?= python3
DATA ?= ../shared/data
BIN := .venv/bin
READY := .venv/.ready
DLT := .venv/.dlt
PIP := $(BIN)/python -m pip install -qq --root-user-action=ignore

# without bytecode every start of Airflow takes seconds longer
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo warehouse test check real bench requirements clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-14s%s\n", $$1, $$2}'

demo: $(READY)  ## the example company, until Ctrl-C; ARGS=--exit ends by itself, ARGS=--help says more
	@$(BIN)/python -m demo $(ARGS)

warehouse: $(READY)  ## an empty warehouse for a project of your own, until Ctrl-C; IN=../consultancy
	@$(BIN)/python -m demo.warehouse $(IN)

test: check $(DLT)  ## the linters, then all tests; ARGS go to pytest
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(READY)  ## the linters
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint sql

real: $(READY)  ## the engine on recorded answers of real services; DATA=../shared/data
	@$(BIN)/python -m tests.real $(DATA)

bench: $(READY) $(DLT)  ## how long building, checking and publishing take
	@$(BIN)/python -m bench $(ARGS)

requirements: $(READY)  ## pin the newest versions that requirements.in allows
	@echo "Resolving requirements.in"
	@$(PIP) uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--no-header --no-annotate --output-file requirements.txt requirements.in

	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--no-header --no-annotate --output-file requirements-dlt.txt requirements-dlt.in

$(DLT): $(READY) requirements-dlt.txt
	@$(PIP) -r requirements.txt -r requirements-dlt.txt
	@touch $@

clean:  ## remove what was made here: .venv, the demo's files, caches
	@rm -rf .venv .demo .layers .bench .mypy_cache .pytest_cache .ruff_cache *.egg-info plugins/*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON): not found; name a Python 3.11, 3.12 or 3.13: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "$(PYTHON): is $$($(PYTHON) --version 2>&1), and must be 3.11, 3.12 or 3.13;" \
			"name another one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON): has no venv; install it (Debian, Ubuntu: apt install python3-venv)," \
			"or name another one: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Installing packages into .venv (one or two minutes, once)"
	@test -e $@ || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python demo/install.py
	@touch $@
