"""The table of addresses: what is asked where, and who answers.

An endpoint checks the question against its description, has the work done at the desk for that kind of work, and
hands the answer back. Work never runs on the thread that talks to the network.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from hellodl.data.collection import Collection
from hellodl.errors import HelloError, PhotoError
from hellodl.nn.sampling import Knobs
from hellodl.runs.log import RunLog
from hellodl.web import draw, openapi, photo, watch, writing
from hellodl.web.answers import Answer, Events, refusal, tell
from hellodl.web.desks import Chairs, Desk
from hellodl.web.lessons import Job, Lessons
from hellodl.web.readers import Readers
from hellodl.web.safety import Door, Guard
from hellodl.web.schema import Schema, from_query, parsed
from hellodl.web.static import page_files

TEMPERATURE, LENGTH, RUNS_SHOWN, POINTS = 0.8, 500, 200, 600


def make_app(
    mine: Collection,
    runs: Path,
    threads: int | None = None,
    *,
    names: frozenset[str] = frozenset(),
    door: Door | None = None,
) -> ASGIApp:
    """The server as an ASGI application: `mine` is the collection of who owns it, `runs` the file of the run log.

    `names` and `door` are what `safety.Guard` wants.
    """
    page = Page(mine, runs, threads)
    handlers: Mapping[Any, Callable[[Request, Any], Response]] = {
        HTTPException: http_error,
        HelloError: hello_error,
        ClientDisconnect: lambda request, error: Response(status_code=400),  # nobody is there to read it
        Exception: unexpected,
    }
    app = Starlette(routes=page.routes(), exception_handlers=handlers, lifespan=page.life)
    app.router.redirect_slashes = False
    return Guard(app, names=names, door=door, bodies=openapi.BODIES)


class Page:
    """All that the addresses have in common: the readers, the lessons, the runs, and the desks."""

    def __init__(self, mine: Collection, runs: Path, threads: int | None):
        self.threads = threads
        self.readers = Readers(mine)
        self.lessons = Lessons(mine, self.readers, threads)
        self.runs = watch.Runs(RunLog(runs))
        self.files = page_files()
        self.version = _version()
        # Drawings one after the other: two at once would hand Python's lock to and fro, and both come later (20 clients
        # on two cores: 95% within 20 ms, where two workers took 60).
        self.drawing = Desk("drawing", 1, 63, seconds=10, retry_after=1)
        self.reading = Desk("reading", 1, 7, seconds=photo.SECONDS + 30, retry_after=5)
        self.keeping = Desk("lessons", 1, 31, seconds=photo.SECONDS + 30)
        self.learning = Desk("learning", 1, 0, seconds=600)
        self.records = Desk("the run log", 2, 62, seconds=30)
        self.writing = Desk("writing", 2, 6, seconds=30)
        self.listening = Chairs("listening", 64)
        self._sample: bytes | None = None
        self._learner: asyncio.Task[Any] | None = None

    def routes(self) -> list[Route]:
        """Which address is answered by whom."""
        asked: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "/", self.index),
            ("GET", "/static/{name}", self.static),
            ("GET", "/openapi.json", self.openapi),
            ("GET", "/api/status", self.status),
            ("POST", "/api/draw", self.draw),
            ("POST", "/api/read", self.read),
            ("GET", "/api/sample", self.sample),
            ("GET", "/api/lessons", self.list_lessons),
            ("POST", "/api/lessons", self.add_lesson),
            ("DELETE", "/api/lessons", self.forget),
            ("POST", "/api/lessons/undo", self.undo),
            ("POST", "/api/learn", self.learn),
            ("GET", "/api/jobs/{id}/events", self.job_events),
            ("POST", "/api/jobs/{id}/cancel", self.cancel),
            ("GET", "/api/runs", self.list_runs),
            ("GET", "/api/runs/events", self.run_events),
            ("GET", "/api/runs/{id}", self.run),
            ("GET", "/api/runs/{id}/curves", self.curves),
            ("GET", "/api/runs/{id}/layers", self.layers),
            ("GET", "/api/runs/{id}/kernels", self.kernels),
            ("GET", "/api/runs/{id}/confusion", self.confusion),
            ("POST", "/api/write", self.write),
        ]
        methods: dict[str, dict[str, Callable[[Request], Awaitable[Response]]]] = {}
        for method, path, endpoint in asked:
            methods.setdefault(path, {})[method] = endpoint
        return [Route(path, _by_method(known), methods=[*known]) for path, known in methods.items()]

    @asynccontextmanager
    async def life(self, app: Starlette) -> AsyncIterator[None]:
        """From the first request to the last."""
        yield
        if self.lessons.job is not None:
            self.lessons.job.called_off = True  # or the process would wait for it
        for desk in (self.drawing, self.reading, self.keeping, self.learning, self.records, self.writing):
            desk.close()

    # The page itself.

    async def index(self, request: Request) -> Response:
        """The page."""
        return self.files["index.html"].answer(request)

    async def static(self, request: Request) -> Response:
        """One of its files."""
        file = self.files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404, "there is no such file")
        return file.answer(request)

    async def openapi(self, request: Request) -> Response:
        """What may be asked."""
        return Answer(openapi.description(self.version))

    async def status(self, request: Request) -> Response:
        """How things are."""
        counts = await self.keeping.serve(self.lessons.counts)
        job = self.lessons.job
        return Answer(
            {
                "version": self.version,
                "lessons": sum(counts.values()),
                "personal": self.readers.personal,
                "text_model": self.readers.writer_name(),
                "busy": job is not None,
                "job": job and job.number,
            }
        )

    # Draw, and read a photo.

    async def draw(self, request: Request) -> Response:
        """What a drawn character is taken for."""
        asked = await self.body(request, openapi.DRAWING)
        return Answer(await self.drawing.serve(self.judged, asked["strokes"], asked.get("personal", False)))

    def judged(self, strokes: list[list[list[float]]], personal: bool) -> dict[str, Any]:
        """The work of `draw`."""
        try:
            picture = draw.normalised(strokes)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        return draw.looked_at(self.readers.reader(personal), picture)

    async def read(self, request: Request) -> Response:
        """What a photo says."""
        asked = query(request, openapi.READ_QUERY)
        if not request.headers.get("content-type", "").startswith("image/"):
            raise HTTPException(415, "that is no picture; send the bytes of a photo as image/jpeg, image/png ...")
        with self.reading.seat():  # before the body comes: photos that wait their turn would fill the memory
            data = await request.body()
            return Answer(await self.reading.do(self.read_photo, data, asked))

    def read_photo(self, data: bytes, asked: dict[str, Any]) -> dict[str, Any]:
        """The work of `read`."""
        known = self.readers.reader(asked.get("personal") == "1")
        return photo.read(data, known, self.threads, asked.get("rotate", "none"), asked.get("case", "page"))

    async def sample(self, request: Request) -> Response:
        """A made page."""
        if self._sample is None:
            self._sample = await self.reading.serve(photo.sample)
        return Response(self._sample, media_type="image/png")

    # Teach.

    async def list_lessons(self, request: Request) -> Response:
        """What is in the collection."""
        counts = await self.keeping.serve(self.lessons.counts)
        return Answer({"lessons": sum(counts.values()), "counts": counts})

    async def add_lesson(self, request: Request) -> Response:
        """Keep characters."""
        with self.keeping.seat():
            asked = await self.body(request, openapi.LESSON)
            if "strokes" in asked:
                return Answer(await self.keeping.do(self.lessons.add_drawing, asked["strokes"], asked["letter"]))
            told = (asked["photo"], asked["characters"], asked.get("personal", False), asked.get("rotate", "none"))
            return Answer(await self.keeping.do(self.lessons.add_photo, *told))

    async def undo(self, request: Request) -> Response:
        """Take the last lesson back."""
        return Answer(await self.keeping.serve(self.lessons.undo))

    async def forget(self, request: Request) -> Response:
        """Forget all."""
        return Answer(await self.keeping.serve(self.lessons.forget))

    async def learn(self, request: Request) -> Response:
        """Begin to learn."""
        job = await self.keeping.serve(self.lessons.begin)
        self._learner = asyncio.create_task(self.learning.do(self.lessons.learn, job))
        return Answer({"job": job.number}, 202)

    async def job_events(self, request: Request) -> Response:
        """How the learning goes on."""
        job = self.job(request)
        after = request.headers.get("last-event-id", "")
        return Events(job.events(int(after) if after.isdecimal() and len(after) < 10 else 0), self.listening)

    async def cancel(self, request: Request) -> Response:
        """Call it off."""
        job = self.job(request)
        job.called_off = True
        return Answer({"job": job.number})

    def job(self, request: Request) -> Job:
        """The learning that an address names."""
        job = self.lessons.jobs.get(request.path_params["id"])
        if job is None:
            raise HTTPException(404, "there is no such job; POST /api/learn begins one")
        return job

    # Runs.

    async def list_runs(self, request: Request) -> Response:
        """The runs."""
        asked = query(request, openapi.RUNS_QUERY)
        listed = self.runs.listed
        return Answer(await self.records.serve(listed, asked.get("program"), asked.get("limit", RUNS_SHOWN)))

    async def run(self, request: Request) -> Response:
        """One run."""
        return Answer(await self.records.serve(self.runs.run, run_number(request)))

    async def curves(self, request: Request) -> Response:
        """Its curves."""
        points = query(request, openapi.CURVES_QUERY).get("points", POINTS)
        return Answer(await self.records.serve(self.runs.curves, run_number(request), points))

    async def layers(self, request: Request) -> Response:
        """Statistics of one array."""
        asked = query(request, openapi.LAYERS_QUERY, "name", "kind")
        return Answer(await self.records.serve(self.runs.layers, run_number(request), asked["name"], asked["kind"]))

    async def kernels(self, request: Request) -> Response:
        """Kernels."""
        asked = query(request, openapi.KERNELS_QUERY, "name")
        kernels = self.runs.kernels
        return Answer(await self.records.serve(kernels, run_number(request), asked["name"], asked.get("step")))

    async def confusion(self, request: Request) -> Response:
        """What was taken for what."""
        return Answer(await self.records.serve(self.runs.confusion, run_number(request)))

    async def run_events(self, request: Request) -> Response:
        """How a run goes on."""
        asked = query(request, openapi.EVENTS_QUERY, "run")
        await self.records.serve(self.runs.find, asked["run"])
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isdecimal() and len(last) < 16 else asked.get("after", -1)
        return Events(watch.events(self.records, self.runs, asked["run"], after), self.listening)

    # Write.

    async def write(self, request: Request) -> Response:
        """Write on from a prompt."""
        asked = await self.body(request, openapi.PROMPT)
        network, vocabulary = await self.records.serve(self.readers.writer)
        top_k = asked.get("top_k")
        knobs = Knobs(asked.get("temperature", TEMPERATURE), top_k if top_k is None else int(top_k))  # 3.0 is 3
        prompt = asked["prompt"].encode("utf-8", "replace").decode()  # half characters are none
        source = writing.pieces(network, vocabulary, prompt, int(asked.get("length", LENGTH)), knobs)
        return Events(writing.events(self.writing, source), self.writing)

    async def body(self, request: Request, schema: Schema) -> Any:
        """The JSON of a request, which fits the schema."""
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise HTTPException(415, "that is no JSON; send what /openapi.json describes as application/json")
        return parsed(await request.body(), schema)


def _by_method(known: dict[str, Callable[[Request], Awaitable[Response]]]) -> Callable[[Request], Awaitable[Response]]:
    """An address that does one thing when asked (GET), and another when told (POST, DELETE)."""
    only = next(iter(known.values()))
    if len(known) == 1:
        return only

    async def chosen(request: Request) -> Response:
        return await known["GET" if request.method == "HEAD" else request.method](request)

    return chosen


def query(request: Request, schemas: Mapping[str, Schema], *required: str) -> dict[str, Any]:
    """What the query of an address says, of what is known here. Raises HTTPException 422."""
    for name in required:
        if name not in request.query_params:
            raise HTTPException(422, f"?{name}= is missing")
    given = request.query_params
    return {name: from_query(given[name], schema, name) for name, schema in schemas.items() if name in given}


def run_number(request: Request) -> int:
    """The number of the run that an address names."""
    given = request.path_params["id"]
    if not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise HTTPException(404, "a run has a number; /api/runs lists them")
    return int(given)


def http_error(request: Request, error: HTTPException) -> Response:
    """An error that an endpoint found, or Starlette (no such address, no such method)."""
    return refusal(error.status_code, error.detail, dict(error.headers or {}))


def hello_error(request: Request, error: HelloError) -> Response:
    """An error that says what to do: of a photo, or of how things are."""
    return refusal(422 if isinstance(error, PhotoError) else 409, str(error))


def unexpected(request: Request, error: Exception) -> Response:
    """A mistake of ours: told in full where the server runs, and in one line here."""
    tell(f"{request.method} {request.url.path}", error)
    return refusal(500, f"unexpected {type(error).__name__}; the terminal of hellodl web says more")


def _version() -> str:
    try:
        return metadata.version("hellodl")
    except metadata.PackageNotFoundError:
        return "(not installed)"
