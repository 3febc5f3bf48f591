# Thin names for what CONTRIBUTING.md describes. Uses .venv where there is one, else what is on PATH.
BIN := $(if $(wildcard .venv/bin/python),.venv/bin/,)
PYTHON := $(if $(BIN),$(BIN)python,python3)

.PHONY: run test lint bench faults contact-sheet build clean

run:     ## the demo: books, reminders and mails of 60 simulated days
	$(BIN)relance demo

test:    ## the default suite
	$(BIN)pytest

lint:    ## style, format, types, import contracts
	$(BIN)ruff check .
	$(BIN)ruff format --check .
	$(BIN)mypy
	$(BIN)lint-imports --no-logo

bench:   ## one table of figures; ratios are taken inside one run
	$(PYTHON) -m bench

faults:  ## the slow proofs: properties on many more cases, and kills at every line of code on the way of a mail or a note
	RELANCE_KILL_POINTS=lines $(BIN)pytest -m slow tests
	RELANCE_PROVE=20 $(BIN)pytest tests/engine/test_properties.py tests/properties

contact-sheet: ## one picture of every message in every language and form of address (needs chromium); SHEETS="fr-vous" for some
	$(PYTHON) .ci/contact_sheet.py $(SHEETS)

build:   ## sdist, and the wheel built from it, into dist/
	$(PYTHON) -m build

clean:   ## all that is made and not written
	rm -rf dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache relance-demo
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
