# SPDX-License-Identifier: Apache-2.0
# Every target sets up what it needs: .venv, with requirements.txt installed
# once for each content of that file. Recipes use relative paths and call
# modules (python -m ...), so folders may have spaces in their names.
#
#   PYTHON=...       the Python to use instead of the first suitable one
#   VITON_HD=...     for demo: also dress the persons of this folder
#   PYTEST_ARGS=...  for test: added to pytest's command line

VENV := .venv
RUN := TF_CPP_MIN_LOG_LEVEL=2 $(VENV)/bin/python -m
PYTEST := pytest tests -q -n 2 --dist=loadfile --disable-warnings

# The stamp is named after the content, so a touched file installs nothing. It
# is written last; while `incomplete` stands, .venv counts as broken.
STAMP := $(VENV)/installed-$(shell cksum < requirements.txt | tr ' ' '-')
INCOMPLETE := $(VENV)/incomplete

# Prints its own path, or fails, under a Python that TensorFlow 2.15 cannot use.
SUPPORTED := import sys; \
  assert (3, 10) <= sys.version_info < (3, 12); \
  print(getattr(sys, "_base_executable", None) or sys.executable)

.PHONY: help setup test lint demo distributed-demo build-file clean

help:
	@echo 'make setup       make .venv and install requirements.txt, once'
	@echo 'make test        lint and all tests (at most 10 minutes on 2 cores)'
	@echo 'make lint        ruff only'
	@echo 'make demo        train, evaluate, export and run a small try-on;'
	@echo '                 pictures in demo/index.html (about 10 minutes)'
	@echo 'make demo VITON_HD=FOLDER   also on the photographs of that folder'
	@echo 'make distributed-demo   two worker processes train one small stage'
	@echo 'make build-file  write BUILD anew from the imports'
	@echo 'make clean       remove .venv, demo and caches'

setup: $(STAMP)

lint: $(STAMP)
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

test: lint
	@$(RUN) $(PYTEST) $(PYTEST_ARGS)

demo: $(STAMP)
	@$(RUN) clothflow_tf.demo --output_dir=demo \
	  $(if $(VITON_HD),'--viton_hd=$(VITON_HD)')

distributed-demo: $(STAMP)
	@$(RUN) clothflow_tf.prepare --data_dir=demo/small --config=try_on_128x128 \
	  --train_examples=64 --validation_examples=0 --test_examples=1
	@$(RUN) clothflow_tf.cluster --workers=2 -- --config=configs/demo.py \
	  --run_dir=demo/distributed --stage=flow \
	  --config.data.data_dir=demo/small --config.data.height=128 \
	  --config.data.width=128 --config.flow.train.steps=40 \
	  --config.flow.train.steps_per_epoch=10

build-file: $(STAMP)
	@$(RUN) tests.house.build_file

clean:
	rm -rf $(VENV) demo .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP):
	@if [ -e $(INCOMPLETE) ]; then rm -rf $(VENV); fi
	@$(VENV)/bin/python -c '$(SUPPORTED)' >/dev/null 2>&1 || { \
	  $(find_python); $(make_venv); }
	@$(install)
	@rm -f $(INCOMPLETE)
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
rm -f $(VENV)/installed-*; touch $(INCOMPLETE); \
printf 'Installing TensorFlow and the rest of requirements.txt into $(VENV)'; \
printf ' (0.7 GB to download, 1.9 GB on disk) '; \
while sleep 5 && kill -0 $$$$ 2>/dev/null; do printf .; done & dots=$$!; \
trap 'kill $$dots 2>/dev/null; echo' EXIT; trap 'exit 130' INT TERM HUP; \
if command -v uv >/dev/null 2>&1; then \
  uv pip install --quiet --python $(VENV)/bin/python -r requirements.txt; \
else \
  $(VENV)/bin/python -m pip --version >/dev/null 2>&1 || \
    $(VENV)/bin/python -m ensurepip >/dev/null || exit 1; \
  $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
    -r requirements.txt; \
fi
endef
