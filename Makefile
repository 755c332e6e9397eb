# The commands of the house. Needs: Python >= 3.11 with venv, make, git. Everything else lives in .venv, from locks with
# hashes; the stamps in .venv say what is installed, so that the second run asks neither pip nor the internet.

SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
LOCK  := $(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

.PHONY: help demo chaos soak test check lint parts bench proof mutants hapi sbom lock clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-7s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/run.stamp ## three visits through every room, then a page; Ctrl-C ends it (ONCE=1: ends by itself)
	@$(BIN)/fhir-adapter demo $(if $(ONCE),--once)

test: parts lint ## everything: lint and all tests, with a real database, browser and servers
	$(BIN)/pytest

check: lint ## the fast part: lint and the unit tests
	$(BIN)/pytest -m "not real"

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml

parts:
	@sh scripts/system-parts.sh

bench: $(VENV)/dev.stamp ## the figures of docs/operating.md, measured here, as one table
	@$(BIN)/python -m benchmarks

proof: $(VENV)/dev.stamp ## two coders on random visits (VISITS=100000), what they exercised, and every planted fault
	@$(BIN)/python -m tests.properties.many_visits $(or $(VISITS),100000)
	@$(BIN)/python -m tests.properties.planted_faults

mutants: $(VENV)/dev.stamp ## one change at a time in coding/ and reconcile/: which of them no test sees (takes an hour; ONLY="fhir_adapter.coding.told.*")
	@PYTHONPATH=tests $(BIN)/python -m mutation $(ONLY)

hapi: $(VENV)/dev.stamp ## a real HAPI FHIR R4 server, in memory, to point the adapter at; Ctrl-C ends it (PORT=8090)
	@$(BIN)/python tests/real/hapi_server.py $(PORT)

chaos: $(VENV)/dev.stamp ## kill it at every point, spoil its writes, stop it: lost and doubled as tables, on HAPI (CHAOS="--part kills --kills 20")
	@PYTHONPATH=tests $(BIN)/python -m chaos $(CHAOS)

soak: $(VENV)/dev.stamp ## 200,000 notifications: memory, WAL and latency as they go (takes minutes)
	@$(BIN)/python -m benchmarks.soak

sbom: $(VENV)/dev.stamp ## sbom.json: what the product is made of (CycloneDX), read from a clean run-time environment
	@rm -rf build/sbom && sh scripts/environment.sh build/sbom requirements/run.txt requirements/build.txt
	@build/sbom/bin/pip uninstall --quiet --yes -r requirements/build.txt pip setuptools
	@$(BIN)/cyclonedx-py environment build/sbom --pyproject pyproject.toml --mc-type application --output-reproducible \
	    --output-format JSON --output-file sbom.json
	@echo "sbom.json"

lock: $(VENV)/dev.stamp ## newer versions into requirements/: names, versions and hashes, no address
	$(LOCK) pyproject.toml --extra postgres --output-file requirements/run.txt
	$(LOCK) --group build --constraints requirements/run.txt --output-file requirements/build.txt
	$(LOCK) pyproject.toml --extra postgres --group dev --constraints requirements/run.txt --constraints requirements/build.txt \
	    --output-file requirements/dev.txt

clean: ## forget the environment and everything that was built
	rm -rf $(VENV) build dist sbom.json .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/run.stamp: requirements/run.txt requirements/build.txt pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh $(VENV) requirements/run.txt requirements/build.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@sh scripts/environment.sh $(VENV) requirements/dev.txt
	@touch $@
