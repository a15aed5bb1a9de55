# Every target first sees to its own tools: .venv is made when missing and brought up to date when pyproject.toml,
# constraints.txt or the package's version changed. Otherwise that costs nothing.

PYTHON ?= python3
BIN := .venv/bin
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"$$/\1/p' theoryprune/__init__.py)
STAMP := .venv/.installed-$(VERSION)
DOCS_STAMP := .venv/.docs-$(VERSION)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: test lint quickstart docs venv clean

test: lint  ## lint, types, then tests
	$(BIN)/python -m pytest

lint: $(STAMP)  ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

quickstart: $(STAMP)  ## from nothing to a table and a picture on real images
	$(BIN)/python -m benchmarks quickstart

docs: $(DOCS_STAMP)  ## the documentation, into site/
	$(BIN)/mkdocs build --strict
	@echo "The documentation is in site/index.html"

venv: $(STAMP)  ## only the environment

clean:  ## what the tools left behind; .venv and runs/ stay
	rm -rf build dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) -e '.[bench,dev]'
	rm -f .venv/.installed-* .venv/.docs-*
	touch $@

$(DOCS_STAMP): $(STAMP)
	$(INSTALL) -e '.[docs]'
	touch $@
