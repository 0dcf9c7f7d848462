"""`python -m hellodl` is the same as `hellodl`."""

from hellodl.commands.cli import main

raise SystemExit(main())
