# The commands of the README. Each installs what it needs first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXPERIMENT ?= table1
ENGINE ?= torch
SECONDS ?= 60
READERS ?=

.PHONY: setup smoke test test-slow fuzz lint render parity caffe clean

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

parity: setup  ## torchcaffe against a real Caffe (`make caffe` builds one)
	$(BIN)/python -m pytest -q -m parity

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

clean:
	rm -rf $(VENV) runs build *.egg-info
