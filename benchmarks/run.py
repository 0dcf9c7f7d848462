"""Time hellodl beside whatever is installed: the same as `hellodl bench`, for those who start here.

python benchmarks/run.py [TASK ...] [--rounds N] [--out FILE]
"""

import sys

from hellodl.commands.cli import main

sys.exit(main(["bench", *sys.argv[1:]]))
