# Every command works from a bare checkout with Python >= 3.11 and make: the environment makes itself,
# pinned, and is reused while infra/requirements-dev.txt stays as it is.
PYTHON ?= python3
PORT ?= 8000
AWS_PORT ?= 4566
DATA_DIR ?= .local/data
STAGE ?= dev
SEED ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run demo test check unit counted uncounted bench sim chaos doctor screenshots dashboards package deploy lock format clean

help: ## What there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): infra/requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "AINS needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "making the environment in $(VENV) (once; about a minute)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r infra/requirements-dev.txt
	@touch $@

run: $(READY) ## The whole service on http://127.0.0.1:8000 (PORT=, AWS_PORT=, DATA_DIR=)
	@exec $(BIN)/python -m infra.local --port $(PORT) --aws-port $(AWS_PORT) --data-dir $(DATA_DIR)

demo: $(READY) ## The main job end to end: service, sample agent, a task, a schedule that fires
	@exec $(BIN)/python -m infra.demo

test: ## The whole gate: format, lint, types, imports, template, tests
	@$(MAKE) --no-print-directory --jobs 2 check counted
	@$(MAKE) --no-print-directory uncounted

check: $(READY)
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: run make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@log=$$(mktemp); $(BIN)/lint-imports --no-cache > $$log 2>&1 || { cat $$log; rm $$log; exit 1; }; rm $$log
	@log=$$(mktemp); $(BIN)/deptry . > $$log 2>&1 || { cat $$log; rm $$log; exit 1; }; rm $$log
	@$(BIN)/vulture
	@echo "format, lint, types, imports, dependencies: fine"

unit: counted uncounted

counted: $(READY) # with coverage
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not uncounted" --cov --cov-report=
	@$(BIN)/coverage report --include='chalicelib/domain/*,chalicelib/services/*' --fail-under=100
	@total=$$($(BIN)/coverage report --fail-under=90 --format=total) \
		&& echo "coverage: domain and services 100 %, all $$total %" \
		|| { echo "coverage is $$total %, below 90 %" >&2; exit 1; }

uncounted: $(READY) # without coverage, which would take twice as long; four workers, since up to three wait for processes
	@$(BIN)/python -m pytest -q -n 4 --dist loadgroup -m uncounted

chaos: $(READY) ## Twenty storms and hundreds of pairs of faults, by seed; half an hour on two cores (SEED= plays one storm)
	@$(BIN)/python -m tests.faults.chaos $(if $(SEED),--seed $(SEED))

bench: $(READY) ## The tables of docs/performance.md from a fresh run
	@$(BIN)/python -m tests.bench

sim: $(READY) ## A fleet in virtual time under every strategy, 16 seeds; the figures of docs/routing.md with ARGS=--write
	@$(BIN)/python -m tests.sim $(ARGS)

doctor: $(READY) ## Check every stored row of a stage; reads only (STAGE=local for make run, AWS_PORT=)
	@exec $(BIN)/python -m infra.doctor --stage $(STAGE) \
		$(if $(filter local,$(STAGE)),--endpoint-url http://127.0.0.1:$(AWS_PORT))

screenshots: $(READY) ## The pictures of the console in docs/images anew (needs Debian's chromium; two minutes)
	@$(BIN)/python -m tests.console.screenshots

dashboards: $(READY) ## Dashboards, alarms, alert rules and docs/metrics.md anew from the table of metrics
	@$(BIN)/python -m infra.dashboards

package: $(READY) ## The deployable template in out/ (STAGE=)
	@$(BIN)/python -m infra.package --stage $(STAGE) --out out

deploy: package ## Deploy it with the AWS CLI (STAGE=, BUCKET=, ADMIN_KEY_SHA256=)
	@test -n "$(BUCKET)" -a -n "$(ADMIN_KEY_SHA256)" \
		|| { echo "make deploy needs BUCKET= and ADMIN_KEY_SHA256=; docs/deploy.md says how to make the key" >&2; exit 1; }
	aws cloudformation package --template-file out/sam.yaml --s3-bucket $(BUCKET) --output-template-file out/packaged.yaml
	aws cloudformation deploy --template-file out/packaged.yaml --stack-name ains-$(STAGE) --s3-bucket $(BUCKET) \
		--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameter-overrides Stage=$(STAGE) AdminKeySha256=$(ADMIN_KEY_SHA256)

lock: ## Pin infra/requirements-dev.txt anew
	@rm -rf .local/lock && $(PYTHON) -m venv .local/lock
	@.local/lock/bin/pip install --quiet -r infra/requirements-dev.in
	@{ echo "# Written by \`make lock\` from requirements-dev.in; do not edit."; .local/lock/bin/pip freeze --all | grep -viE '^(setuptools|pip)=='; } > infra/requirements-dev.txt
	@rm -rf .local/lock

format: $(READY) ## Format and fix what can be fixed
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

clean: ## Remove the environment and everything made
	@rm -rf $(VENV) out .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
