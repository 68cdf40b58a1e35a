# The workshop. `make` alone lists what there is.
#
# Recipes that run long are replaced by their program (exec), so that a signal sent to make's process group
# reaches the program itself. To SIGTERM for make alone GNU make answers by sending it on; to SIGINT for make
# alone by deleting the target it is making. `run` therefore makes a file, and the service ends when it is gone.

PORT ?= 8000
DATA ?= data
T ?=
SEED ?=
B ?= first

BIN := .venv/bin
RUNNING := .venv/running-$(PORT)

.DEFAULT_GOAL := help
.PHONY: help run test next check lint types imports house tidy texts bench docs hooks clean packages FORCE

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: $(RUNNING)  ## start everything with a demo: PORT=8000 DATA=data
	@:

$(RUNNING): .venv/to-run FORCE
	@touch $@
	@exec env DESCANT_DEMO=1 $(BIN)/descant serve --port "$(PORT)" --data "$(DATA)" --while-exists $@

test: .venv/to-build packages  ## check, then every test on SQLite and PostgreSQL; T=tests/descant runs a part
	@exec env SEED="$(SEED)" $(BIN)/python tools/run_tests.py $(T)

next: .venv/to-build packages  ## the toolkit's tests on the next Django, where there is a Python for it
	@exec sh tools/next_django.sh

check: .venv/to-build  ## lint, types, imports and the rules of the house
	@$(MAKE) --no-print-directory --keep-going lint types imports house

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports --no-logo

house:
	$(BIN)/pytest -q tests/house

tidy: .venv/to-build  ## format the code and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

hooks: .venv/to-build  ## have git check what is staged before each commit, in less than a second
	git config core.hooksPath tools/hooks

texts: .venv/to-build  ## gather the texts that people see into the catalogues, and compile these
	@exec $(BIN)/python tools/texts.py

bench: .venv/to-build  ## one benchmark: B=first writes bench/results/first.json
	@test -f "bench/$(B).py" || { echo "There is no bench/$(B).py; there are:"; ls bench/*.py; exit 2; }
	@sh tools/packages.sh bench
	@exec $(BIN)/python "bench/$(B).py"

docs: .venv/to-build  ## check that every link in the documentation leads somewhere
	$(BIN)/pytest -q tests/house/test_docs.py

clean:  ## remove the environment and what was built; the data folder stays
	rm -rf .venv build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Databases and a browser for the tests come from Debian's packages.
packages:
	@sh tools/packages.sh

# The environment, in two steps: to run the service, and to build on it. Each is made again only when its list changes.
.venv/to-run: pyproject.toml constraints.txt
	@sh tools/environment.sh .
	@touch $@

.venv/to-build: .venv/to-run
	@sh tools/environment.sh '.[dev]'
	@touch $@

FORCE:
