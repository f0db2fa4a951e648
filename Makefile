# Sluice: `make help` lists what can be made. Everything runs in .venv, which the first target that needs it sets up.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
CLUSTER ?=
TESTS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml hack/constraints.txt
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Sluice needs Python 3.11 or newer: install python3.11, or name one: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: install it (on Debian and Ubuntu: apt-get install python3-venv)"; exit 1; }
	@echo "Installing Sluice into .venv (once; a minute or two)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint hack/constraints.txt --editable '.[dev]'
	@touch $@

.PHONY: setup
setup: $(READY) ## Install everything into .venv

.PHONY: demo
demo: $(READY) ## Watch a Git commit become cluster state (ONCE=1: run through, then end)
	@$(BIN)/sluice demo $(if $(ONCE),--once)

.PHONY: test
test: $(READY) ## Run the whole test suite (CLUSTER=<kubeconfig>: the integration tests, against that cluster)
	@hack/test-tools
	@$(BIN)/python -m pytest \
		$(if $(CLUSTER),tests -m integration --cluster=$(abspath $(CLUSTER)),--numprocesses 2 --dist worksteal) $(TESTS)

.PHONY: generate
generate: $(READY) ## Write what is generated from the code: CRDs, schemas, the table of flags
	@$(BIN)/python hack/generate_crds.py
	@$(BIN)/python hack/generate_flags.py
	@$(BIN)/python hack/pack_schemas.py

.PHONY: verify
verify: $(READY) ## Fail when generated files are stale, an import contract breaks, or a path named in the docs is gone
	@$(BIN)/python hack/generate_crds.py --check
	@$(BIN)/python hack/generate_flags.py --check
	@$(BIN)/python hack/pack_schemas.py --check
	@$(BIN)/python hack/check_docs.py
	@$(BIN)/lint-imports --no-cache

.PHONY: conformance
conformance: $(READY) ## Hold the kustomize engine against the real kustomize, case by case (ARGS="--feature images")
	@hack/test-tools
	@$(BIN)/python hack/conformance $(ARGS)

.PHONY: lint
lint: $(READY) ## Check style (ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: $(READY) ## Check types (mypy --strict, tests included)
	@$(BIN)/mypy

.PHONY: format
format: $(READY) ## Mend style where ruff can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: bench-kustomize
bench-kustomize: $(READY) ## Measure `sluice build kustomization` against kustomize (BENCH="--objects 4,400": not all sizes)
	@hack/test-tools
	@$(BIN)/python hack/bench/kustomize.py $(BENCH)
