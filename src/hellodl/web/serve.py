"""`hellodl web`: the page, on this machine.

It prints the address, and opens it where somebody sits at this machine's screen. Nobody else can reach it, unless
`--lan` says that this network may: then whoever has the address that is printed, with its token, gets in.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hellodl.console import log
from hellodl.errors import HelloError
from hellodl.runs.log import DEFAULT_PATH

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PORT = 8765
TRIED = 20  # ports from there on, where none is asked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the page is, who may see it, and what it shows."""
    parser.add_argument(
        "--port", type=port, metavar="N", help=f"of the address ({PORT}, or the next one that is free; 0: any)"
    )
    parser.add_argument(
        "--lan",
        action="store_true",
        help="let other machines of this network in, with the token that is printed (not encrypted: "
        "only in a network that you trust)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the page, only print its address")
    parser.add_argument(
        "--log", type=Path, default=DEFAULT_PATH, metavar="FILE", help=f"the runs that the page shows ({DEFAULT_PATH})"
    )
    parser.add_argument(
        "--mine",
        type=Path,
        metavar="DIR",
        help="the folder of your collection ($HELLODL_MINE, else among your own data)",
    )


def port(text: str) -> int:
    """A port's number, for argparse."""
    number = int(text)
    if not 0 <= number < 65536:
        raise ValueError
    return number


def main(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    # OpenCV looks at this when it is first imported, so before anything else here is: a second lock on the door that
    # `photo.MOST_PIXELS` closes.
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "60000000")
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise HelloError('the page needs a few more packages; install them by: pip install "hellodl[web]"') from error
    from hellodl.data.collection import collection
    from hellodl.web.app import make_app
    from hellodl.web.safety import Door

    listening = listen("0.0.0.0" if options.lan else "127.0.0.1", options.port)
    number = listening.getsockname()[1]
    names, door, address = frozenset[str](), None, f"http://localhost:{number}/"
    if options.lan:
        names = own_names()
        address = f"http://{own_address()}:{number}/"
        door = Door(lambda token: say(f"{address}?token={token}"), cookie=f"hellodl-{number}")
    else:
        say(address)
    app = make_app(collection(options.mine), options.log, options.threads, names=names, door=door)
    log.info("the page is there until you stop it by Ctrl-C" + ("; a token opens once, for one browser" * options.lan))
    if not options.no_browser and somebody_looks():
        webbrowser.open(address if door is None else f"{address}?token={door.token}")
    serve(app, listening, options.debug)
    return 0


def serve(app: ASGIApp, listening: socket.socket, debug: bool = False) -> None:
    """Answer whoever asks, until Ctrl-C."""
    import uvicorn

    from hellodl.train.threads import single_threaded_products
    from hellodl.web.patience import Patience

    config = uvicorn.Config(
        app,
        http=Patience,
        ws="none",
        log_level="debug" if debug else "critical",
        access_log=debug,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
    )
    # Set once for all: what several threads set and take back in turns would not be what they found in the end.
    with single_threaded_products(), suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, wanted: int | None) -> socket.socket:
    """A socket that listens: on the port that is wanted, else on the first free one of some."""
    failed: OSError | None = None
    for number in [wanted] if wanted is not None else range(PORT, PORT + TRIED):
        try:
            return socket.create_server((host, number), backlog=128)
        except OSError as error:
            failed = error
    at = f"port {wanted}" if wanted is not None else f"ports {PORT} to {PORT + TRIED - 1}"
    raise HelloError(f"{at} cannot be had ({failed and failed.strerror}); choose another by --port")


def say(address: str) -> None:
    """The address on standard output, at once: a program may wait for it."""
    print(address, flush=True)


def own_names() -> frozenset[str]:
    """What this machine is called in its network."""
    name = socket.gethostname().lower().removesuffix(".")
    return frozenset({name, f"{name.partition('.')[0]}.local"})


def own_address() -> str:
    """The address by which a network knows this machine: the one from which it would send to far away."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        try:
            towards.connect(("192.0.2.1", 9))  # nobody's address (RFC 5737), and nothing is sent
            return str(towards.getsockname()[0])
        except OSError:
            return socket.gethostname()


def somebody_looks() -> bool:
    """Whether the terminal is that of a person at this machine's own screen."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()) or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
