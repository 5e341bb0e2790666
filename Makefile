PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo pictures languages commands tables dashboards test unit any-day two-days newest lint types attack limits live chaos chaos-short live-short bench bench-fleet bench-odoo watch odoo odoo-stop format clean

help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo 'Install what the fleet needs into $(VENV): a minute or two, once.'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@# An editable package is what a checkout wants, so pip need not warn of it.
	PYTHONWARNINGS='ignore:Editable installation' $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[demo,test]'
	@touch $@

demo: $(STAMP)  ## the whole fleet on embedded parts; ends by itself with a summary
	$(BIN)/fleet demo

test: lint types unit  ## everything that needs no real Odoo

lint: $(STAMP)  ## style and architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports setup.cfg

types: $(STAMP)  ## mypy --strict
	$(BIN)/mypy

unit: $(STAMP)  ## tests; those of tasks/ must run all of it
	tests/install-services
	@# Counting what runs makes tests twice as slow, so the others run without.
	$(BIN)/pytest -n auto --dist loadfile tests/tasks --cov=tasks --cov-report=term-missing:skip-covered --cov-fail-under=100
	$(BIN)/pytest -n auto --dist loadfile --ignore=tests/tasks -m 'not live and not chaos and not watch'

any-day: $(STAMP)  ## the tests and the demo on 14 other days; AT="leap-day saturday": on these
	tests/install-services
	$(BIN)/python -m tests.any_day --at-once 2 $(AT)
	$(BIN)/python -m tests.any_day --demo $(AT)

two-days: $(STAMP)  ## two of these days, chosen by the commit; the tests are dealt out between them
	tests/install-services
	$(BIN)/python -m tests.any_day --at-once 2 --commit $$(git rev-parse HEAD)

watch: $(STAMP)  ## a real Prometheus, Alertmanager and Flower beside a real fleet
	tests/install-services
	$(BIN)/pytest -m watch -rP

attack: $(STAMP)  ## every attack that docs/security.md tells of, on loopback alone
	tests/install-services
	$(BIN)/pytest -n auto --dist loadfile -m attack --durations=5

limits: $(STAMP)  ## what hostile answers and half-open connections cost (about five minutes)
	$(BIN)/python -m benchmarks.limits

chaos: $(STAMP)  ## 240 fleets are killed, cut and paused; prints what was lost (about an hour)
	tests/install-services
	$(BIN)/python -m tests.chaos

chaos-short: $(STAMP)  ## a dozen of them, in about three minutes
	tests/install-services
	$(BIN)/pytest -m chaos

bench: $(STAMP)  ## what a hanging tenant and a ledger of a million runs cost (about 12 minutes)
	tests/install-services
	$(BIN)/python -m benchmarks.hanging_tenant
	$(BIN)/python -m benchmarks.million_runs

bench-fleet: $(STAMP)  ## what the fleet itself costs beside bare Celery and smtplib (about 10 minutes)
	tests/install-services
	$(BIN)/python -m benchmarks.fleet
	$(BIN)/python -m benchmarks.deliveries
	$(BIN)/python -m benchmarks.scrape_cost

bench-odoo: odoo  ## each job on a large firm, beside what one would use instead (about 20 minutes)
	$(BIN)/python -m benchmarks.odoo

odoo: $(STAMP)  ## a real Odoo 19 on this machine, installed once and kept running
	$(BIN)/python tests/live/odoo_server.py start

odoo-stop: $(STAMP)  ## stop it
	$(BIN)/python tests/live/odoo_server.py stop

live: odoo  ## the tests against the real Odoo 19
	$(BIN)/pytest -m live -rP

live-short: odoo  ## without those that take minutes each
	$(BIN)/pytest -m 'live and not long' -rP

dashboards: $(STAMP)  ## write Grafana's dashboards anew, and hold them against Grafana's types (npm)
	$(BIN)/python -m monitoring.grafana
	PYTHON=$(abspath $(BIN))/python tests/monitoring/grafana-schema.sh

pictures: $(STAMP)  ## take the pictures of the mails anew, in a real browser
	tests/install-services
	$(BIN)/python -m tests.pictures

languages: $(STAMP)  ## bring the catalogues up to date with what the code says
	$(BIN)/python -m workers.language.extraction

commands: $(STAMP)  ## write what each command prints into docs/commands anew
	$(BIN)/python -m tests.workers.shown

tables: $(STAMP)  ## write the tables of docs anew: settings and policies, and what versions of Odoo lack
	$(BIN)/python -m tests.workers.tables
	$(BIN)/python -m tests.tasks.versions.page

newest: $(STAMP)  ## the tests with the newest release of every package; constraints.txt anew if they pass
	rm -rf $(VENV)/newest
	$(PYTHON) -m venv $(VENV)/newest
	PYTHONWARNINGS='ignore:Editable installation' $(VENV)/newest/bin/python -m pip install --quiet -e '.[demo,test]'
	touch $(VENV)/newest/.installed
	$(MAKE) test VENV=$(VENV)/newest
	sed -n '/^#/p' constraints.txt > $(VENV)/newest/constraints.txt
	$(VENV)/newest/bin/python -m pip freeze --exclude-editable >> $(VENV)/newest/constraints.txt
	mv $(VENV)/newest/constraints.txt constraints.txt

format: $(STAMP)  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove what these verbs made in this folder
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
