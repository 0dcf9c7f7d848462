# Two commands for a machine that has python3 and make: `make demo` and `make test`.
# With uv:  uv run hellodl demo   and   uv run --extra dev make test PYTHON=python
PYTHON ?= .venv/bin/python

.PHONY: demo test lint types imports pytest setup clean

demo: setup
	$(PYTHON) -m hellodl demo

test: setup lint types imports pytest

lint: setup
	$(PYTHON) -m ruff check src tests tools benchmarks
	$(PYTHON) -m ruff format --check src tests tools benchmarks

types: setup
	$(PYTHON) -m mypy

imports: setup
	$(PYTHON) -m importlinter.cli lint 2>/dev/null || $(dir $(PYTHON))lint-imports

pytest: setup
	$(PYTHON) -m pytest

setup: .venv/ready

# Remade when pyproject.toml changes; where PYTHON is given, that environment is taken as it is.
.venv/ready: pyproject.toml
ifeq ($(PYTHON),.venv/bin/python)
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@
endif

clean:
	rm -rf .venv build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
