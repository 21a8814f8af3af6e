# The commands of everyday work; "make help" lists them.
PYTHON ?= python3
BIN := .venv/bin
export TRACKER_ENV ?= demo

.DEFAULT_GOAL := help
.PHONY: help run test check bench lock

help: ## List the targets.
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: .venv/run.stamp ## Start the demo on http://127.0.0.1:8000 (HOST and PORT change it); sets up all it needs.
	@$(BIN)/flask serve

test: .venv/test.stamp ## Run the whole test suite on SQLite, then on PostgreSQL.
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest --database=postgresql

check: .venv/test.stamp ## Check style, types and templates without changing anything.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/djlint --lint --quiet templates

# More of its options: make bench BENCH="--rounds 9"; see docs/speed.md.
bench: .venv/test.stamp ## Measure how fast the pages are (FOLLOW_UPS, FOLDER, DATABASE_URL say on which data).
	@$(BIN)/python -m tests.benchmarks $(if $(FOLLOW_UPS),--follow-ups $(FOLLOW_UPS)) \
		$(if $(FOLDER),--folder $(FOLDER)) $(if $(DATABASE_URL),--database-url '$(DATABASE_URL)') $(BENCH)

lock: .venv/test.stamp ## Write both lists of pinned packages anew from pyproject.toml (needs uv).
	uv pip compile --quiet --universal --generate-hashes --no-header \
		--python-version 3.11 pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --generate-hashes --no-header \
		--python-version 3.11 --extra test -c requirements.txt pyproject.toml -o tests/requirements.txt

# Packages are installed again only when their list changes.
.venv/run.stamp: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/test.stamp: .venv/run.stamp tests/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.txt
	@touch $@
