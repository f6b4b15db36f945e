# The commands of the README. Each installs what it needs first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXPERIMENT ?= table1
ENGINE ?= torch
SECONDS ?= 60
READERS ?=
NUMBER ?= 100
POINTS ?= 20
DEVICE ?= cpu
# Whose PyTorch sees the GPU: that of `make setup`, or on a machine where another one is installed, PYTHON.
GPU_PYTHON ?= $(if $(wildcard $(VENV)/.done),$(BIN)/python,$(PYTHON))
PARITY_ON_GPU := $(addprefix tests/parity/test_,layers.py more_layers.py layer_types.py nets.py solvers.py)
GPU_TESTS := tests/torchcaffe/graph tests/torchcaffe/fast tests/torchcaffe/layer_types/test_cuda.py
OUT ?= runs/gpu-check

.PHONY: setup smoke test test-slow kills full-disk fuzz lint render parity bench gpu-check caffe clean

setup: $(VENV)/.done

$(VENV)/.done: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

smoke: setup  ## every step of every method on the sample images, in minutes
	$(BIN)/python tools/run_pipeline.py $(EXPERIMENT) --profile smoke --engine $(ENGINE)

test: setup  ## the tests that need nothing but this repository
	$(BIN)/python -m pytest -q

test-slow: setup  ## the tests that take longer
	$(BIN)/python -m pytest -q -m slow

fuzz: setup  ## hostile files for each reader of files: SECONDS for each, READERS="net lmdb" for some
	$(BIN)/python -m fuzz --seconds $(SECONDS) $(addprefix --reader ,$(READERS))

ifeq ($(DEVICE),cpu)
parity: setup  ## torchcaffe against a real Caffe (`make caffe` builds one)
	$(BIN)/python -m pytest -q -m parity tests/parity tests/layerhint tests/torchcaffe --write-parity results/parity.md
else
parity:  ## with DEVICE=cuda:0: layers, nets and solvers against a CUDA build's GPU code, in a minute
	$(GPU_PYTHON) -m pytest -q -rs -W default -m parity $(PARITY_ON_GPU) --parity-device $(DEVICE)
endif

kills: setup  ## NUMBER kills at random moments of small runs; what comes out must be the same, bit for bit
	$(BIN)/python tests/campaign/kills.py $(NUMBER)

full-disk: setup  ## a disk that fills at POINTS different points of a small run
	$(BIN)/python tests/campaign/full_disk.py $(POINTS)

lint: setup  ## style, types, the direction of imports, drift of generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/render.py --check

render: setup  ## templates/ and experiments/ to generated/
	$(BIN)/python tools/render.py

bench: setup  ## speed beside a real Caffe and plain PyTorch, in a quarter of an hour
	$(BIN)/python -m benchmarks

gpu-check:  ## on a machine with a GPU, in a few minutes: its tests, and two nets of the benchmarks, into OUT
	@# Where a test fails, the speed is measured all the same.
	@$(GPU_PYTHON) -m pytest -q -W default --timeout=60 --durations=5 $(GPU_TESTS); tests=$$?; \
	$(GPU_PYTHON) -m benchmarks --device cuda:0 --nets plain-14,kd-26-14 --rounds 5 --parts iterations,lockstep --out $(OUT) && exit $$tests

caffe: setup  ## builds a real Caffe, in about ten minutes
	$(BIN)/python tools/build_caffe.py

clean:
	rm -rf $(VENV) runs build *.egg-info
