# CHE·NU: `make run` starts everything, `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
.DEFAULT_GOAL := help

# Whatever the surroundings say: without kept bytecode every process compiles all of CHE·NU anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
BENCHMARKS := holds limits resumes kills isolation exports writes runs pages live whatif routing start
# What `check --deploy` judges: an installation behind a public address. Nothing is started or contacted.
PRODUCTION := CHENU_DATA_DIR=.cache/production CHENU_DATABASE_POOL=0 CHENU_PUBLIC_URL=https://chenu.example.org \
	DATABASE_URL=postgresql://chenu_app@database.invalid/chenu CHENU_LOG_LEVEL=ERROR PYTHONWARNINGS=ignore

.PHONY: help setup run test bench check format migrate shell messages logs clean distclean

help: ## Lists what make can do
	@sed -n "s/^\([a-z]*\):[^#]*## /\1\t/p" $(MAKEFILE_LIST) | while IFS="	" read -r name text; do \
		printf "  make %-10s %s\n" "$$name" "$$text"; done

setup: .venv/bin/python ## Installs what is missing: the virtual environment, packages, French messages
	@wanted=$$(cksum < requirements.txt); \
	if [ "$$wanted" != "$$(cat .venv/.installed 2>/dev/null)" ]; then \
		echo "Installing the packages of requirements.txt …"; \
		if uv --version >/dev/null 2>&1; then uv pip install --quiet --python .venv/bin/python -r requirements.txt; \
		else $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt; fi && \
		echo "$$wanted" > .venv/.installed; \
	fi
	@$(MAKE) --no-print-directory --silent catalogues

run: setup ## Starts CHE·NU (Ctrl-C stops everything)
	@exec $(MANAGE) up

test: setup ## Runs the tests, on all cores (ARGS="-m benchmark": those that run the benchmarks)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not benchmark" $(ARGS)

bench: setup ## Proves and measures, small (SIZE=--full: fully, ONLY=runs: one; benchmarks/README.md)
	@for name in $(or $(ONLY),$(BENCHMARKS)); do $(BIN)/python -m benchmarks.$$name $(or $(SIZE),--small) || exit 1; done

check: setup ## Judges style, types, layers, migrations, translations and the settings of production
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	find templates -name "*.html" -exec $(BIN)/djade --check --target-version 5.2 {} +
	$(BIN)/mypy governance agents/pipeline agents/runtime agents/llm agents/encoding
	$(BIN)/lint-imports
	$(PRODUCTION) $(MANAGE) makemigrations --check --dry-run
	$(PRODUCTION) $(MANAGE) messages --check
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

format: setup ## Puts code and templates into their usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates -name "*.html" -exec $(BIN)/djade --target-version 5.2 {} +

migrate: setup ## Applies new migrations (`make run` does it by itself)
	$(MANAGE) migrate
	$(MANAGE) load_reference

shell: setup ## Opens a Python shell, while CHE·NU runs
	$(MANAGE) shell

messages: setup ## Collects the texts to translate
	$(MANAGE) messages

logs: ## Follows the log of a running CHE·NU
	tail -n 100 -F "$${CHENU_DATA_DIR:-var}/logs/chenu.log"

clean: ## Removes what the tools left; data and virtual environment stay
	rm -rf .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +

distclean: clean ## Removes the virtual environment too; data stays
	rm -rf .venv
	rm -f $(CATALOGUES)

.venv/bin/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || { \
		echo "CHE·NU needs Python 3.11 or later; \"$(PYTHON)\" is $$($(PYTHON) --version 2>/dev/null || echo missing). Try: make setup PYTHON=python3.12" >&2; exit 1; }
	@if uv --version >/dev/null 2>&1; then uv venv --quiet --seed --python "$(PYTHON)" .venv; \
	else $(PYTHON) -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; \
		echo "Python cannot make a virtual environment: install its venv module (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; }; fi

.PHONY: catalogues
catalogues: $(CATALOGUES)

%.mo: %.po
	@$(BIN)/pybabel -q compile -i $< -o $@ -l $(word 2,$(subst /, ,$<))
