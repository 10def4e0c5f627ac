# Every target does all its own set-up, into .venv. Needed: make, Python 3.11 or newer, a package registry.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin
export VENV

.DELETE_ON_ERROR:
.PHONY: help rehearse test test-browser test-room web lint mutants bench bench-rivals verify audit docs lock clean run-setup dev-setup bench-setup jupedsim-setup

help:
	@echo 'make rehearse      play the exercise of 12 June 2024 a thousand times (ARGS="--replicates 200 --lang en")'
	@echo 'make test          linters, types, tests'
	@echo 'make test-browser  look at the report in a real browser (needs chromium)'
	@echo 'make test-room     the exercise room under load, on PostgreSQL, killed and started again (installs what it needs)'
	@echo 'make web           build the player of web/ into the package (needs node 20 and npm)'
	@echo 'make mutants       break the code on purpose; the tests must notice'
	@echo 'make verify        mutants, slow tests, published cases'
	@echo 'make bench         speed, beside rivals'
	@echo 'make bench-rivals  people who walk beside JuPedSim, Epstein beside Mesa (JuPedSim: 1.2 GB to fetch)'
	@echo 'make audit         known vulnerabilities in what the lock files name (asks osv.dev)'
	@echo 'make docs          check the manual: links, commands, examples'
	@echo 'make lock          resolve the lock files anew'
	@echo 'make clean         remove what was made here (not hasil/)'

run-setup dev-setup bench-setup jupedsim-setup:
	@command -v $(PYTHON) >/dev/null || { echo 'sispamkota: no $(PYTHON) here. Install Python 3.11 or newer.' >&2; exit 2; }
	@$(PYTHON) tools/bootstrap.py $(subst -setup,,$@)

rehearse: run-setup
	@$(BIN)/sispamkota rehearse $(ARGS)

lint: dev-setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: dev-setup lint
	$(BIN)/pytest -n auto $(ARGS)

test-browser: dev-setup
	$(BIN)/pytest -m browser $(ARGS)

test-room: dev-setup
	@tools/room_services.sh
	$(BIN)/pytest -m room $(ARGS)

web: web/node_modules/.package-lock.json
	cd web && npm run check && npm run build

web/node_modules/.package-lock.json: web/package-lock.json
	@command -v npm >/dev/null || { echo 'sispamkota: no npm here. Install node 20 or newer.' >&2; exit 2; }
	cd web && npm ci

mutants: dev-setup
	$(BIN)/python tools/mutants.py $(ARGS)

verify: bench-setup mutants
	$(BIN)/pytest -m slow $(ARGS)
	$(BIN)/sispamkota verify

bench: bench-setup
	$(BIN)/python benchmarks $(ARGS)

bench-rivals: jupedsim-setup
	$(BIN)/python benchmarks epstein motion

audit:
	@command -v $(PYTHON) >/dev/null || { echo 'sispamkota: no $(PYTHON) here. Install Python 3.11 or newer.' >&2; exit 2; }
	@$(PYTHON) tools/audit.py

docs: dev-setup
	$(BIN)/pytest -q tests/test_docs.py

lock: dev-setup
	$(BIN)/python tools/lock.py

clean:
	rm -rf $(VENV) .cache build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
