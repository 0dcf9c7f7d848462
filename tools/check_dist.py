"""Whether the distributions hold what they should: an error names every file that is missing, or too much.

    python -m build && python tools/check_dist.py dist

A wheel holds the package, with its data, and nothing else of the repository. A source distribution holds every file of
the repository. What these are, git says, so this runs in a clone; it needs nothing that is not Python's own.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
MADE = ("PKG-INFO", "setup.cfg", "src/hellodl.egg-info/")  # by setuptools, in a source distribution


def tracked() -> set[str]:
    """Every file of the repository, as a path from its top."""
    listed = subprocess.run(["git", "-C", str(SOURCE), "ls-files", "-z"], capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\0") if name}


def in_wheel(path: Path) -> set[str]:
    """What a wheel holds, but for what describes it."""
    with zipfile.ZipFile(path) as wheel:
        return {name for name in wheel.namelist() if ".dist-info/" not in name}


def in_sdist(path: Path) -> set[str]:
    """What a source distribution holds, but for what setuptools adds."""
    with tarfile.open(path) as sdist:
        names = {member.name.partition("/")[2] for member in sdist if member.isfile()}
    return {name for name in names if not name.startswith(MADE)}


def differences(name: str, wanted: set[str], found: set[str]) -> list[str]:
    """A line for each file that is missing in a distribution, or too much."""
    missing = [f"{name} lacks {path}" for path in sorted(wanted - found)]
    return missing + [f"{name} should not hold {path}" for path in sorted(found - wanted)]


def main(folder: str) -> int:
    """Look into the one wheel and the one source distribution of a folder."""
    wheels, sdists = sorted(Path(folder).glob("*.whl")), sorted(Path(folder).glob("*.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        print(f"{folder} holds {len(wheels)} wheels and {len(sdists)} source distributions; wanted is one of each")
        return 1
    repository = tracked()
    package = {name.removeprefix("src/") for name in repository if name.startswith("src/hellodl/")}
    wheel, sdist = in_wheel(wheels[0]), in_sdist(sdists[0])
    wrong = differences(wheels[0].name, package, wheel) + differences(sdists[0].name, repository, sdist)
    for path, found in ((wheels[0], wheel), (sdists[0], sdist)):
        print(f"{path.name}: {len(found)} files, {path.stat().st_size / 1e6:.1f} MB")
    print("\n".join(wrong) or "all that should be in them, and nothing else")
    return bool(wrong)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
