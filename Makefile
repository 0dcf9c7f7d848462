# Two commands for a machine that has python3 (with venv) and make: `make demo` and `make test`.
# They set up .venv on their own. With PYTHON given, that environment is taken as it is:
#     uv run hellodl demo        and        uv run --extra dev make test PYTHON=python
PYTHON ?= .venv/bin/python
CODE := src tests tools benchmarks

.PHONY: demo test test-web lint types imports pytest setup clean

demo: setup
	$(PYTHON) -m hellodl demo

test: lint types imports pytest

lint: setup
	$(PYTHON) -m ruff check $(CODE)
	$(PYTHON) -m ruff format --check $(CODE)

types: setup
	$(PYTHON) -m mypy

imports: setup
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

pytest: setup
	$(PYTHON) -m pytest

# The page in a real browser; skipped, with the reason, where there is no Chromium (apt-get install chromium).
test-web: setup
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev,browser]'
	$(PYTHON) -m pytest tests/web/test_browser.py -rs

ifeq ($(PYTHON),.venv/bin/python)
setup: .venv/ready
else
setup:
endif

# Made anew when the dependencies change.
.venv/ready: pyproject.toml
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
