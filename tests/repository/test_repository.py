"""What stands beside the source agrees with it: workflows, changelog, citation, and what the distributions hold."""

import importlib.util
import io
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path

import check_dist
import pytest
import release_notes

from hellodl.runs.machine import SOURCE

yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe")
pytest.importorskip("check_jsonschema")

PROJECT = tomllib.loads((SOURCE / "pyproject.toml").read_text("utf-8"))["project"]
GITHUB = SOURCE / ".github"
WORKFLOWS = {path.stem: yaml.load(path) for path in sorted((GITHUB / "workflows").glob("*.yml"))}
CHANGELOG = (SOURCE / "CHANGELOG.md").read_text("utf-8")
JOBS = {f"{name}: {job}": jobs for name, flow in WORKFLOWS.items() for job, jobs in flow["jobs"].items()}
STEPS = [step for job in JOBS.values() for step in job.get("steps", [])]
COMMANDS = [line.strip() for step in STEPS for line in step.get("run", "").splitlines()]


# -- workflows and forms -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("dependabot", "dependabot.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
        ("citation-file-format", "../CITATION.cff"),
    ],
)
def test_they_are_what_github_understands(schema, files):
    paths = [str(path) for path in GITHUB.glob(files)] if "*" in files else [str(GITHUB / files)]
    assert paths
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_python_that_we_name_is_tested_and_no_other():
    named = [found[1] for line in PROJECT["classifiers"] if (found := re.search(r"Python :: (3\.\d+)$", line))]
    first, last = named[0], named[-1]
    matrix = WORKFLOWS["test"]["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == named and PROJECT["requires-python"] == f">={first}"
    assert all(int(b[2:]) == int(a[2:]) + 1 for a, b in pairwise(named))
    elsewhere = {(run["os"], run["python"]) for run in matrix["include"]}
    assert elsewhere == {(f"{system}-latest", python) for system in ("macos", "windows") for python in (first, last)}
    alone = {str(step["with"]["python-version"]) for step in STEPS if "python-version" in step.get("with", {})}
    assert alone - {"${{ matrix.python }}"} <= {first, last}


def test_what_make_is_asked_for_is_in_the_makefile():
    makefile = (SOURCE / "Makefile").read_text("utf-8")
    asked = {found[1] for line in COMMANDS if (found := re.match(r"make (?:-C \S+ )?([\w-]+)", line))}
    assert not [target for target in asked if not re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE)]
    # Windows has no make, so the command stands in the workflow; it is the same one.
    recipe = re.search(r"^pytest:.*\n\t\$\(PYTHON\) (.+)$", makefile, re.MULTILINE)
    assert recipe and f"python {recipe[1]}" in COMMANDS


@pytest.mark.parametrize("name", JOBS)
def test_a_job_may_do_little_and_ends(name):
    job = JOBS[name]
    assert WORKFLOWS[name.split(":")[0]]["permissions"] == {"contents": "read"}
    assert "uses" in job or job["timeout-minutes"] <= 90
    for step in job.get("steps", []):
        action = step.get("uses", "actions/none@v1")
        assert re.fullmatch(r"actions/[\w-]+@v\d+|pypa/gh-action-pypi-publish@release/v1", action)
        assert "checkout" not in action or step["with"]["persist-credentials"] is False


def test_what_a_release_calls_does_not_cancel_what_it_calls_beside():
    groups = [flow["concurrency"]["group"] for flow in WORKFLOWS.values()]
    assert len(set(groups)) == len(groups)
    assert not any("github.workflow" in group for group in groups)  # in what is called, that is the caller's name


def test_the_address_of_the_repository_is_everywhere_that_of_pyproject():
    urls = PROJECT["urls"]
    assert yaml.load(SOURCE / "CITATION.cff")["repository-code"] == urls["Source"]
    texts = [path.read_text("utf-8") for path in GITHUB.rglob("*") if path.is_file()]
    texts += [path.read_text("utf-8") for path in [*SOURCE.glob("*.md"), SOURCE / "CITATION.cff"]]
    found = {address for text in texts for address in re.findall(r"https://[\w./-]*hellodl[\w./-]*", text)}
    allowed = (
        urls["Source"],
        urls["Documentation"],
        "https://pypi.org/project/hellodl/",
        "https://img.shields.io/pypi/",
    )
    assert not [address for address in found if not address.startswith(allowed)]


# -- the changelog, and a release --------------------------------------------------------------------------------


def test_the_changelog_tells_of_this_version_and_the_citation_is_of_it():
    sections = release_notes.sections(CHANGELOG)
    assert list(sections)[:2] == ["Unreleased", PROJECT["version"]]
    days = [day for version, (day, _) in sections.items() if version != "Unreleased"]
    assert all(days) and days == sorted(days, reverse=True)
    assert yaml.load(SOURCE / "CITATION.cff")["version"] == PROJECT["version"]


def test_a_module_that_moved_is_where_the_changelog_says():
    rows = re.findall(r"^ +\| `(hellodl\.\w+)` \| (`.+) \|$", CHANGELOG, re.MULTILINE)
    moved = [(home, *entry) for home, what in rows for entry in re.findall(r"`([\w.]+)`(?: as `(\w+)`)?", what)]
    assert len(moved) > 60
    for home, was, name in moved:
        assert importlib.util.find_spec(f"{home}.{name or was.rpartition('.')[2]}"), (home, was)


CHANGES = "# Changes\n\n## [Unreleased]\n{}\n## [0.2.0] - 2030-01-31\n\n- new\n\n## [0.1.0] - 2029-01-01\n\n- first\n"


def test_the_notes_of_a_release_are_its_section():
    assert release_notes.notes("v0.2.0", "0.2.0", CHANGES.format("")) == "- new"
    assert release_notes.notes("v0.1.0", "0.1.0", CHANGES.format("")) == "- first"


def test_the_notes_of_a_release_have_a_line_for_each_paragraph_item_and_row():
    item = "### Changed\n\n- of two\n  lines:\n\n  | a | b |\n  |---|---|\n- another\n\nand\nmore"
    notes = release_notes.notes("v0.2.0", "0.2.0", CHANGES.format("").replace("- new", item))
    assert notes == "### Changed\n\n- of two lines:\n\n  | a | b |\n  |---|---|\n- another\n\nand more"


@pytest.mark.parametrize(
    ("tag", "version", "changes", "words"),
    [
        ("v0.2.1", "0.2.0", CHANGES.format(""), "the tag is v0.2.1, but"),
        ("v0.2.0", "0.2.0", CHANGES.format("\n- more\n"), "under Unreleased"),
        ("v0.3.0", "0.3.0", CHANGES.format(""), r"wants a section '## \[0.3.0\]"),
        ("v0.2.0", "0.2.0", CHANGES.format("").replace(" - 2030-01-31", ""), "wants a section"),
        ("v0.2.0", "0.2.0", CHANGES.format("").replace("- new", ""), "wants a section"),
    ],
)
def test_a_tag_that_does_not_fit_is_an_error(tag, version, changes, words):
    with pytest.raises(release_notes.ReleaseError, match=words):
        release_notes.notes(tag, version, changes)


# -- what the distributions hold ---------------------------------------------------------------------------------


def in_manifest(name: str) -> bool:
    """Whether a file gets into the source distribution, by the few words of MANIFEST.in that we use."""
    found = name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")  # setuptools takes these anyway
    for line in (SOURCE / "MANIFEST.in").read_text("utf-8").splitlines():
        word, *given = line.split() or ["#"]
        inside = any(name.startswith(f"{folder}/") for folder in given)
        if word == "include":
            found |= name in given
        elif word == "graft":
            found |= inside
        elif word == "prune":
            found &= not inside
        elif word == "global-exclude":
            found &= not any(fnmatch(Path(name).name, pattern) for pattern in given)
        else:
            assert word.startswith("#"), f"teach this test what '{word}' means"
    return found


def test_the_source_distribution_takes_every_file_of_the_repository():
    if not (SOURCE / ".git").exists():
        pytest.skip("only git knows which files are the repository's, and this is no clone")
    assert not [name for name in check_dist.tracked() if not in_manifest(name)]
    assert not in_manifest("src/hellodl/__pycache__/nn.cpython-311.pyc") and not in_manifest("course/api/nn.md")


@pytest.fixture
def dist(tmp_path, monkeypatch):
    """A wheel and a source distribution of a small repository, and how to add a file to either."""
    monkeypatch.setattr(check_dist, "tracked", lambda: {"README.md", "src/hellodl/__init__.py"})

    def build(wheel: list[str], sdist: list[str]) -> str:
        with zipfile.ZipFile(tmp_path / "hellodl-0-py3-none-any.whl", "w") as file:
            for name in ["hellodl-0.dist-info/METADATA", *wheel]:
                file.writestr(name, "")
        with tarfile.open(tmp_path / "hellodl-0.tar.gz", "w:gz") as file:
            for name in ["PKG-INFO", "src/hellodl.egg-info/SOURCES.txt", *sdist]:
                file.addfile(tarfile.TarInfo(f"hellodl-0/{name}"), io.BytesIO())
        return str(tmp_path)

    return build


def test_distributions_that_hold_what_they_should(dist, capsys):
    assert check_dist.main(dist(["hellodl/__init__.py"], ["README.md", "src/hellodl/__init__.py"])) == 0
    assert "all that should be in them" in capsys.readouterr().out


def test_a_file_that_is_missing_or_too_much_is_named(dist, capsys):
    assert check_dist.main(dist(["hellodl/__init__.py", "tests/x.py"], ["src/hellodl/__init__.py"])) == 1
    out = capsys.readouterr().out
    assert "any.whl should not hold tests/x.py" in out and "tar.gz lacks README.md" in out


def test_a_folder_without_distributions_is_an_error(tmp_path, capsys):
    assert check_dist.main(str(tmp_path)) == 1
    assert "0 wheels" in capsys.readouterr().out
