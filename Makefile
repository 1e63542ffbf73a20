# firstspike: every target sets itself up (.venv, pinned) and re-runs only what is stale.
# Variables: `make help`, docs/settings.md.

PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/.ready
PYTHON_M := OMP_NUM_THREADS=1 $(VENV)/bin/python -m

# Those of flow/settings.py (a test compares): what is given goes on as it is, all else is decided there.
VARIABLES := CONFIG DATASET DATA_ROOT TEST_SUBJECTS VALIDATION_SUBJECTS SPLIT FEATURES FILTER SMOOTHING \
  STANDARDISATION REST_SECONDS TRAIN_STRIDE WINDOW_S PRESET CHANNELS HIDDEN LANES CORE WINDOW_RULE WINDOW_RATE \
  RECIPE EPOCHS LEARNING_RATE TEACHER ACTIVITY \
  SEED SEEDS BITS TIME_BITS COMPARED_BITS EARLY EARLY_TOLERANCE BOARD HLS RTL ROUTE BITSTREAM SOURCE DEVICE \
  ELECTRODES CHIP \
  BOARD_ADDRESS SECONDS OUT \
  TABLE SCHEDULER

# A misspelt variable on the command line would otherwise be ignored in silence.
KNOWN := PYTHON $(VARIABLES)
$(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$(if $(filter $v,$(KNOWN) MAKEFLAGS MAKEOVERRIDES),,\
  $(error $v: not a variable of this Makefile; expected one of $(KNOWN)))))

# Through the environment, so that no character in a value means anything to the shell.
GIVEN := $(foreach v,$(VARIABLES),$(if $(filter undefined,$(origin $v)),,$v))
export $(GIVEN)
OPTIONS = $(foreach v,$(GIVEN),--$v "$$$v")

RUN := demo data train quant tune lower earliest hls rtl cosim board-sim synth timing overlay energy live report package

.PHONY: help setup install $(RUN) proofs bench choose reproduce folds explore audit peers test nightly soak rehearsal faults lint docs clean
.DEFAULT_GOAL := help

# Without .venv, the page that it is made from as well.
help:
	@if [ -e $(READY) ]; then $(PYTHON_M) flow help; else cat docs/settings.md; fi

setup: $(READY)

# What is installed depends on the pins alone: any other change of these files installs nothing anew.
PINS = $(shell grep -h == pyproject.toml constraints.txt | cksum)
$(READY): pyproject.toml constraints.txt
	@[ "$$(cat $@ 2>/dev/null)" = "$(PINS)" ] || $(MAKE) --no-print-directory install
	@echo "$(PINS)" > $@

# PyTorch without CUDA where the index has it by that name (2 GB instead of 5.7 GB in all).
TORCH := $(shell grep -o 'torch==[0-9.]*' constraints.txt | head -1)
install:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "error: $(PYTHON): got $$($(PYTHON) -V 2>&1), expected Python 3.11 or newer"; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo "error: $(PYTHON): no ensurepip, so no virtual environment; install your system's python3-venv package"; exit 2; }
	@echo "Setting up $(VENV) (pinned; 2 GB, or 5.7 GB with CUDA; one to three minutes) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/pip install -q -c constraints.txt $(TORCH)+cpu setuptools 2>/dev/null \
	  || $(VENV)/bin/pip install -q -c constraints.txt $(TORCH) setuptools
	@$(VENV)/bin/pip install -q -c constraints.txt --no-build-isolation -e '.[train,hardware,dev]'

$(RUN): $(READY)
	@$(PYTHON_M) flow $@ $(OPTIONS)

choose reproduce folds explore audit: $(READY)
	@$(PYTHON_M) study $@ $(OPTIONS)

# The simulated board's tests are skipped, with the reason, where pip cannot install what they need.
test: $(READY)
	@$(MAKE) --no-print-directory $(BOARD_VENV)/.ready || true
	@$(PYTHON_M) pytest -n 2 --dist loadfile tests

# FINN and hls4ml, whose pins contradict ours, live in an environment of their own (2 GB, some minutes).
PEERS := .venv-peers
PEERS_TORCH := $(shell grep ^torch== peers/requirements.txt)
$(PEERS)/.ready: peers/requirements.txt
	@echo "Setting up $(PEERS) (FINN, hls4ml, pinned; 2 GB, some minutes) ..."
	@$(PYTHON) -m venv --clear $(PEERS)
	@$(PEERS)/bin/pip install -q $(PEERS_TORCH)+cpu 2>/dev/null \
	  || $(PEERS)/bin/pip install -q $(PEERS_TORCH) 2>$(PEERS)/install.log \
	  || { echo "error: $(PEERS): $(PEERS_TORCH): $$(tail -1 $(PEERS)/install.log)"; exit 2; }
	@$(PEERS)/bin/pip install -q --no-deps -r peers/requirements.txt 2>$(PEERS)/install.log \
	  || { echo "error: $(PEERS): peers/requirements.txt: $$(tail -1 $(PEERS)/install.log)"; exit 2; }
	@touch $@

peers: $(READY) $(PEERS)/.ready
	@$(PYTHON_M) peers $@ $(OPTIONS)

# pynq for PYNQ-Z1 and Z2 wants an older NumPy: an environment of its own (a minute).
BOARD_VENV := .venv-board
$(BOARD_VENV)/.ready: simboard/requirements.txt
	@echo "Setting up $(BOARD_VENV) (pynq, pinned; a minute) ..."
	@$(PYTHON) -m venv --clear $(BOARD_VENV)
	@$(BOARD_VENV)/bin/pip install -q --no-deps -r simboard/requirements.txt 2>$(BOARD_VENV)/install.log \
	  || { echo "error: $(BOARD_VENV): simboard/requirements.txt: $$(tail -1 $(BOARD_VENV)/install.log)"; exit 2; }
	@touch $@

board-sim: $(BOARD_VENV)/.ready
ifeq ($(CHIP),sim)
live: $(BOARD_VENV)/.ready
endif

nightly: $(READY)
	@$(PYTHON_M) pytest -n 2 --dist loadfile -m long tests
	@PYTHONPATH=. OMP_NUM_THREADS=1 $(VENV)/bin/python tests/nightly.py

rehearsal: $(READY)
	@PYTHONPATH=.:tests OMP_NUM_THREADS=1 $(VENV)/bin/python tests/rehearsal.py "$$DATASET"

soak: $(READY)
	@PYTHONPATH=. OMP_NUM_THREADS=1 $(VENV)/bin/python tests/soak.py

proofs: $(READY)
	@$(PYTHON_M) pytest -q -n 2 tests/test_proofs.py

bench: $(READY)
	@PYTHONPATH=. OMP_NUM_THREADS=1 $(VENV)/bin/python tests/benchmarks/speed.py

faults: $(READY)
	@PYTHONPATH=tests $(PYTHON_M) mutants
	@PYTHONPATH=tests $(PYTHON_M) hls_mutants

lint: $(READY)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(PYTHON_M) pytest -q tests/test_lint.py

docs: $(READY)
	@$(PYTHON_M) flow.handbook

clean:
	rm -rf build
