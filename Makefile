# Needs Python 3.11 or later, make and git; everything else goes into a virtual environment of its own.
#   make demo    the main job on the built-in example       make bench   the speed targets
#   make test    everything that continuous integration runs  make lock    renew requirements-dev.txt
#   make docs    refresh the generated parts of the texts     make clean   remove what the others made
#   make fuzz    fuzz every reader; FUZZ_SECONDS=3600 for an hour

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
JOBS   ?= 2

FUZZ_SECONDS ?= 120

.PHONY: demo test lint types unit loopback fuzz generated wheel docs bench curves lock clean

demo: $(VENV)/.user
	@$(BIN)/phoneemu demo

test: lint types unit loopback fuzz generated wheel
	@echo "make test: all gates passed"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(JOBS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --include='phoneemu/core/*' --fail-under=100

# every story once more over sockets: the journals must be equal
loopback: $(VENV)/.dev
	PHONEEMU_LOOPBACK=1 $(BIN)/python -m pytest -n $(JOBS) tests/scenarios

# coverage-guided and seeded; where atheris is not to be had it says so, and only CI insists
fuzz: $(VENV)/.dev
	$(BIN)/python fuzz/fuzzing.py --seconds $(FUZZ_SECONDS) --jobs $(JOBS)

generated: $(VENV)/.dev
	$(BIN)/python tools/state_diagram.py --check
	$(BIN)/python tools/readme_demo.py --check
	$(BIN)/python tools/captures_index.py --check
	$(BIN)/python captures/make.py --check
	$(BIN)/python captures/published.py --check

wheel: $(VENV)/.dev
	$(BIN)/python tools/check_wheel.py

docs: $(VENV)/.dev
	$(BIN)/python tools/state_diagram.py
	$(BIN)/python tools/readme_demo.py
	$(BIN)/python tools/captures_index.py

bench: $(VENV)/.user
	$(BIN)/python bench/run.py

# the figures of docs/performance.md, measured anew; takes minutes
curves: $(VENV)/.dev
	$(BIN)/python bench/curves.py

lock:
	$(PYTHON) tools/lock.py

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "phoneemu needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

# the package as a user has it
$(VENV)/.user: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# and with the pinned tools; hatchling is one of them, so nothing is fetched to build with
$(VENV)/.dev: pyproject.toml requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.user
