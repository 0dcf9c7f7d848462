"""The door of `hellodl`, which is also `python -m hellodl`; behind it is `commands.cli`."""

import os
import signal
from types import FrameType


def main() -> int:
    """Run what the command line says; Ctrl-C is one line also while the rest is still loading."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not so in the background of a shell
        signal.signal(signal.SIGINT, leave)
    from hellodl.commands import cli

    return cli.main(loaded=hear)


def leave(number: int, frame: FrameType | None) -> None:
    """End at once: nothing has been begun, and libraries that are half loaded would each have their say."""
    os.write(2, b"hellodl: interrupted\n")
    os._exit(130)


def hear() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt, so that what was begun is put away."""
    if signal.getsignal(signal.SIGINT) is leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    raise SystemExit(main())
