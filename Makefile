# firstspike: every target sets itself up (.venv, pinned) and re-runs only what is stale.
# Variables: DATASET DATA_ROOT TEST_SUBJECTS PRESET BITS SEED OUT TABLE SCHEDULER (see `make help`).

PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/.ready
PYTHON_M := OMP_NUM_THREADS=1 $(VENV)/bin/python -m

DATASET ?= simulated
PRESET  ?=
BITS    ?= 8
SEED    ?= 0
OUT     ?= build

# A misspelt variable on the command line would otherwise be ignored in silence.
KNOWN := PYTHON DATASET DATA_ROOT TEST_SUBJECTS PRESET BITS SEED OUT TABLE SCHEDULER
$(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$(if $(filter $v,$(KNOWN) MAKEFLAGS MAKEOVERRIDES),,\
  $(error $v: not a variable of this Makefile; expected one of $(KNOWN)))))

# Through the environment, so that no character in a value means anything to the shell.
export DATASET DATA_ROOT TEST_SUBJECTS PRESET BITS SEED OUT TABLE SCHEDULER
OPTIONS = --dataset "$$DATASET" --data-root "$$DATA_ROOT" --test-subjects "$$TEST_SUBJECTS" --preset "$$PRESET" \
  --bits "$$BITS" --seed "$$SEED" --out "$$OUT" --table "$$TABLE" --scheduler "$$SCHEDULER"

STAGES := train quant hls rtl cosim synth report

.PHONY: help setup demo data $(STAGES) choose reproduce test nightly lint clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      the whole way: data, training, quantisation, HLS, RTL, resources, report"
	@echo "make test      every test"
	@echo "make nightly   200 random small networks through lint, RTL and C simulation"
	@echo "make lint      ruff, mypy, Verilator lint, C++ with -Wall -Wextra and sanitizers"
	@echo "make data      download a public data set (DATASET=eegmat) into DATA_ROOT"
	@echo "make train     train LSNNet and what stands beside it: SVM, ANN twin, majority class"
	@echo "make quant     quantise (Brevitas, QONNX) and lower to NetSpec"
	@echo "make hls       emit the C++ kernels, run their C simulation; Vitis HLS where it is on PATH"
	@echo "make rtl       emit the SystemVerilog top, its parameters and ROMs, and lint them"
	@echo "make cosim     Verilate the RTL and compare every test sample; count cycles and spikes"
	@echo "make synth     count resources with Yosys"
	@echo "make report    report.json and report.html from what the stages left"
	@echo "make choose    compare feature sets on validation subjects"
	@echo "make reproduce the paper's tables for DATASET, into docs/ (EEGMAT: under an hour on 2 cores)"
	@echo "make clean     remove build"
	@echo
	@echo "Each stage first runs what it needs, if stale. Variables, with their values now:"
	@echo "  DATASET=$(DATASET)  simulated, eegmat, seed, seed-iv, seed-v, deap, dreamer, folder (docs/datasets.md)"
	@echo "  DATA_ROOT=$(DATA_ROOT)  where the data set lies (none for simulated)"
	@echo "  TEST_SUBJECTS=$(TEST_SUBJECTS)  e.g. 18-23 (default: the last quarter of the subjects)"
	@echo "  PRESET=$(PRESET)  network and folding, board/presets/*.toml (default: the data set's own, else default)"
	@echo "  BITS=$(BITS)  of weights and time, 4 to 8;  SEED=$(SEED);  OUT=$(OUT)"
	@echo "  TABLE=$(TABLE)  of make reproduce: one of classification, leaky, back-end, front-end, windows, noise, bits,"
	@echo "    sparsity, smoothing (default: all, and the page)"
	@echo "  SCHEDULER=$(SCHEDULER)  of make reproduce: a Dask cluster's address or file (default: this machine's cores)"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "error: $(PYTHON): got $$($(PYTHON) -V 2>&1), expected Python 3.11 or newer"; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo "error: $(PYTHON): no ensurepip, so no virtual environment; install your system's python3-venv package"; exit 2; }
	@echo "Setting up $(VENV) (pinned, about 2 GB, one to three minutes) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/pip install -q -c constraints.txt torch setuptools
	@$(VENV)/bin/pip install -q -c constraints.txt --no-build-isolation -e .
	@touch $@

demo data $(STAGES): $(READY)
	@$(PYTHON_M) flow $@ $(OPTIONS)

choose reproduce: $(READY)
	@$(PYTHON_M) study $@ $(OPTIONS)

test: $(READY)
	@$(PYTHON_M) pytest -n 2 --dist loadfile tests

nightly: $(READY)
	@PYTHONPATH=. OMP_NUM_THREADS=1 $(VENV)/bin/python tests/nightly.py

lint: $(READY)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(PYTHON_M) pytest -q tests/test_lint.py

clean:
	rm -rf build
