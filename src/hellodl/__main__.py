"""The door of `hellodl`, which is also `python -m hellodl`; behind it is `commands.cli`."""

import sys


def main() -> int:
    """Run what the command line says; Ctrl-C is one line also while the rest is still loading."""
    try:
        from hellodl.commands import cli

        return cli.main()
    except KeyboardInterrupt:
        print("hellodl: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
