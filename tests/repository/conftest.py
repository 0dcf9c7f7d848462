"""What checks distributions and writes a release's notes are programs in a folder; what takes long waits."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
