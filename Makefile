# `make demo` and `make test` need Python 3.11 or later, make and a package index; everything else they install.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
WORKERS ?= 2
export JAX_PLATFORMS ?= cpu

.PHONY: demo test quick torch kills fuzz test-slow lint types bench experiments docs clean
.DEFAULT_GOAL := test

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# Build a Flax module from an .alta file and add two numbers with it.
demo: $(READY)
	$(BIN)/altac build examples/addition.alta -o demo/addition
	$(BIN)/python demo/addition/model.py s0123+0456e

test: lint types
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

# PyTorch's processor-only build, a few hundred megabytes: where it is installed, `make test` tries `--target torch` too.
TORCH ?= torch==2.13.0+cpu
torch: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'

# A minute's worth: the core without models, pages and editors.
quick: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" tests/ir tests/semantics tests/units tests/rules tests/test_golden.py

# What takes longer than a minute: all SCAN commands, wide exhaustive comparisons.
test-slow: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) -m slow

# Commands killed at random moments while they write: old or new must stand there, every time. Ten minutes.
kills: $(READY)
	$(BIN)/python -m tests.fuzz.kills --count 200

# Damaged sources, random programs, hostile files and kills, for so many seconds; the seed is printed, SEED=N repeats it.
SECONDS ?= 600
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks

# Tables and figures of the paper with the quick presets, in less than half an hour on two cores. SCAN=FOLDER names the
# SCAN data set: tasks.txt or tasks.txt.gz and splits.json; without it, its two results are left out.
SCAN ?= $(firstword $(wildcard data/scan ../*/data/scan))
experiments: $(READY)
	SCAN=$(SCAN) $(BIN)/python -m experiments

# The documentation as a site, in site/; every link is checked.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

clean:
	rm -rf $(VENV) demo dist site
