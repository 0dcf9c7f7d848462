"""Where a number came from: the versions of what computed it, the processor, the commit.

A figure without these cannot be compared with another: the same program is twice as fast on one machine as on
the next, and rounds differently with another library. Run log, benchmarks and model cards all store them.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]  # the source tree, if that is what runs


def versions() -> dict[str, str]:
    """Versions of Python, hellodl, NumPy, OpenCV and Numba; what is not installed (or not wanted) is left out."""
    found = {"python": platform.python_version()}
    opencv = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless")
    sought: dict[str, tuple[str, ...]] = {"hellodl": ("hellodl",), "numpy": ("numpy",), "opencv": opencv}
    if os.environ.get("HELLODL_JIT") != "0":
        sought["numba"] = ("numba",)
    for name, packages in sought.items():
        for package in packages:
            try:
                found[name] = metadata.version(package)
                break
            except metadata.PackageNotFoundError:
                continue
    return found


def processor() -> str:
    """The processor's name and how many of its cores we may use, such as `Xeon Gold 6230, 2 cores, Linux`."""
    name = ""
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    name = name or platform.processor() or platform.machine()
    return f"{name}, {cores()} cores, {platform.system()}"


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def commit() -> str | None:
    """The commit of hellodl's own source tree, with `-dirty` if it was changed since; None without one."""
    # Installed into an environment inside another project's tree, git would answer for that project.
    if not (SOURCE / ".git").exists() or not (SOURCE / "src" / "hellodl").is_dir():
        return None
    command = ["git", "-C", str(SOURCE), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
