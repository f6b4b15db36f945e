# The commands of the README. Each installs what it needs first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXPERIMENT ?= table1
ENGINE ?= torch

.PHONY: setup smoke test test-slow lint render parity caffe gpu-check clean

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

parity: setup  ## torchcaffe against a real Caffe (`make caffe` builds one)
	$(BIN)/python -m pytest -q -m parity tests/parity tests/layerhint tests/torchcaffe --write-parity results/parity.md

lint: setup  ## style, types, the direction of imports, drift of generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/render.py --check

render: setup  ## templates/ and experiments/ to generated/
	$(BIN)/python tools/render.py

caffe: setup  ## builds a real Caffe, in about ten minutes
	$(BIN)/python tools/build_caffe.py

gpu-check:  ## on a machine with a GPU: the tests of that path, and its time beside a plain PyTorch loop
	$(PYTHON) -m benchmarks.gpu_check

clean:
	rm -rf $(VENV) runs build *.egg-info
