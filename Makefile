# SPDX-License-Identifier: Apache-2.0
# Every target sets up what it needs: .venv, with requirements.txt and
# requirements-test.txt installed once for each content of these files, and this
# project, importable from anywhere, once for each content of pyproject.toml.
# Recipes use relative paths and call modules (python -m ...), so folders may
# have spaces in their names.
#
#   PYTHON=...       the Python to use instead of the first suitable one
#   VITON_HD=...     for demo, demo-train: also dress the persons of this folder
#   LPIPS=...        for results: arrays of LPIPS with AlexNet (.npz)
#   PYTEST_ARGS=...  for test: added to pytest's command line
#   TARGETS=...      for bazel: which tests to run

VENV := .venv
RUN := TF_CPP_MIN_LOG_LEVEL=2 $(VENV)/bin/python -m
LINT_IMPORTS := from importlinter import cli; cli.lint_imports_command()
# In the order of tests/conftest.py, where long modules come first.
PYTEST := pytest tests -q -n 2 --dist=loadfile --no-loadscope-reorder \
  --disable-warnings

# Stamps are named after the content, so a touched file installs nothing. They
# are written last; while `incomplete` stands, .venv counts as broken.
REQUIREMENTS := requirements.txt requirements-test.txt
STAMP := $(VENV)/installed-$(shell cat $(REQUIREMENTS) | cksum | tr ' ' '-')
PROJECT := $(VENV)/project-$(shell cksum < pyproject.toml | tr ' ' '-')
INCOMPLETE := $(VENV)/incomplete
PHOTOGRAPHS = $(if $(VITON_HD),'--viton_hd=$(VITON_HD)')

# Prints its own path, or fails, under a Python that TensorFlow 2.15 cannot use.
SUPPORTED := import sys; \
  assert (3, 10) <= sys.version_info < (3, 12); \
  print(getattr(sys, "_base_executable", None) or sys.executable)

.PHONY: help setup test lint demo demo-train train-shipped results
.PHONY: distributed-demo build-files bazel clean

help:
	@echo 'make setup       make .venv, install the requirements and this'
	@echo '                 project, once'
	@echo 'make test        lint and all tests (10 to 20 minutes on 2 cores)'
	@echo 'make lint        ruff, and the contracts of who imports whom'
	@echo 'make demo        dress drawn people with the shipped weights;'
	@echo '                 pictures in demo/index.html (less than a minute)'
	@echo 'make demo VITON_HD=FOLDER   also the photographs of that folder'
	@echo 'make demo-train  draw people, train, evaluate and export a small'
	@echo '                 model; demo/training/index.html (12 minutes)'
	@echo 'make train-shipped   train what is shipped, for many hours; goes on'
	@echo '                 where it was interrupted'
	@echo 'make results     train and measure what the paper argues against, for'
	@echo '                 many hours; goes on where it was interrupted'
	@echo 'make distributed-demo   two worker processes train one small stage'
	@echo 'make build-files write the BUILD files anew from the imports'
	@echo 'make bazel       where Bazel is installed: build everything, and'
	@echo '                 test it but for training'
	@echo 'make clean       remove .venv, demo and caches'

setup: $(PROJECT)

lint: $(PROJECT)
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(VENV)/bin/python -c '$(LINT_IMPORTS)' --no-cache --no-logo

test: lint
	@$(RUN) $(PYTEST) $(PYTEST_ARGS)

demo: $(PROJECT)
	@$(RUN) clothflow_tf.demo --output_dir=demo $(PHOTOGRAPHS)

demo-train: $(PROJECT)
	@$(RUN) clothflow_tf.demo_training --output_dir=demo/training $(PHOTOGRAPHS)

train-shipped: $(PROJECT)
	@$(RUN) clothflow_tf.prepare --data_dir=data --train_examples=30000 \
	  --validation_examples=200 --test_examples=500
	@$(RUN) clothflow_tf.train --config=configs/mobile.py \
	  --config.data.data_dir=data --run_dir=runs/shipped \
	  --stage=all --stage=joint
	@$(RUN) clothflow_tf.evaluate --run_dir=runs/shipped \
	  --report_dir=runs/shipped/report
	@$(RUN) export.shipped --run_dir=runs/shipped --output_dir=weights/try_on

results: $(PROJECT)
	@$(RUN) clothflow_tf.results --output_dir=runs/results \
	  $(if $(LPIPS),'--lpips=$(LPIPS)' '--features=alexnet=$(LPIPS)') \
	  --write=docs/results.md --figures=docs/results

distributed-demo: $(PROJECT)
	@$(RUN) clothflow_tf.prepare --data_dir=demo/small --config=try_on_128x128 \
	  --train_examples=64 --validation_examples=0 --test_examples=1
	@$(RUN) clothflow_tf.cluster --workers=2 -- --config=configs/demo.py \
	  --run_dir=demo/distributed --stage=flow \
	  --config.data.data_dir=demo/small --config.data.height=128 \
	  --config.data.width=128 --config.flow.train.steps=40 \
	  --config.flow.train.steps_per_epoch=10

build-files: $(PROJECT)
	@$(RUN) tests.tools.build_files

bazel: $(PROJECT)
	@$(RUN) tests.tools.bazel $(TARGETS)

clean:
	rm -rf $(VENV) demo build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP):
	@if [ -e $(INCOMPLETE) ]; then rm -rf $(VENV); fi
	@$(VENV)/bin/python -c '$(SUPPORTED)' >/dev/null 2>&1 || { \
	  $(find_python); $(make_venv); }
	@$(install)
	@rm -f $(INCOMPLETE)
	@touch '$@'

# Seconds, and offline: what it is built with, setuptools, TensorBoard requires.
$(PROJECT): $(STAMP)
	@rm -f $(VENV)/project-*
	@$(pip_install) --no-deps --no-build-isolation -e .
	@touch '$@'

# Sets $python. A command on PATH may be a shim that fails, so each is run.
define find_python
for command in $(if $(PYTHON),'$(PYTHON)',python3.11 python3.10 python3 python \
    "$$(uv python find '>=3.10,<3.12' 2>/dev/null)"); do \
  python=$$("$$command" -c '$(SUPPORTED)' 2>/dev/null) && break; \
done; \
if [ -z "$$python" ]; then $(no_python); exit 1; fi
endef

define no_python
{ echo 'No suitable Python: ClothFlow needs 3.10 or 3.11, because TensorFlow'; \
  echo '2.15 has no wheels for newer ones.' \
    $(if $(PYTHON),'$(PYTHON) is none.','None is on PATH.'); \
  echo 'Get one with'; \
  echo '  uv python install 3.11        (uv itself: pip install uv)'; \
  echo 'or from the system, for example'; \
  echo '  apt-get install python3.11 python3.11-venv      (Debian 12)'; \
  echo '  brew install python@3.11                        (macOS)'; \
  echo 'then run make again, or make PYTHON=/path/to/python3.11'; } >&2
endef

define make_venv
rm -rf $(VENV); \
if command -v uv >/dev/null 2>&1; then \
  uv venv --quiet --python "$$python" $(VENV); \
else \
  "$$python" -m venv $(VENV) || { rm -rf $(VENV); \
    echo "$$python cannot make a virtual environment; on Debian install" \
      'the package of its version, such as python3.11-venv.' >&2; exit 1; }; \
fi
endef

# Quiet, with a dot every five seconds as the sign of life. An environment that
# uv made has no pip until ensurepip puts it there.
define install
rm -f $(VENV)/installed-* $(VENV)/project-*; touch $(INCOMPLETE); \
printf 'Installing TensorFlow and the rest of requirements.txt into $(VENV)'; \
printf ' (0.7 GB to download, 1.9 GB on disk) '; \
while sleep 5 && kill -0 $$$$ 2>/dev/null; do printf .; done & dots=$$!; \
trap 'kill $$dots 2>/dev/null; echo' EXIT; trap 'exit 130' INT TERM HUP; \
$(pip_install) $(REQUIREMENTS:%=-r %)
endef

# To be followed by pip's arguments.
define pip_install
pip() { \
  if command -v uv >/dev/null 2>&1; then \
    uv pip install --quiet --python $(VENV)/bin/python "$$@"; \
  else \
    $(VENV)/bin/python -m pip --version >/dev/null 2>&1 || \
      $(VENV)/bin/python -m ensurepip >/dev/null || exit 1; \
    $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
      "$$@"; \
  fi; \
}; pip
endef
