"""`python -m hellodl` is the same as `hellodl`."""

from hellodl.cli import main

raise SystemExit(main())
