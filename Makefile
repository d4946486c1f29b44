# Every target works alone on a machine with Python >= 3.11 and make; .venv is made at first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: demo test quick check bench api clean

demo: $(STAMP)
	$(BIN)/headrace run examples/digits.py

test: check
	$(BIN)/python -m pytest -n 2

quick: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m "not xla and not slow"

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/gen_api.py --check

bench: $(STAMP)
	@ls benchmarks/bench_*.py >/dev/null
	@for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

api: $(STAMP)
	$(BIN)/python scripts/gen_api.py

# The stamp is written last, so that an interrupted installation is made again.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("headrace needs Python 3.11 or newer; set PYTHON=") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
