"""The table of addresses: what is asked where, and who answers.

FastAPI holds the question against its model (in `accepted`); an endpoint has the work done at the desk for that kind of
work, and hands the answer back. Work never runs on the thread that talks to the network.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from starlette.types import ASGIApp

from hellodl.commands.pen import latest
from hellodl.data.collection import Collection
from hellodl.nn.sampling import Knobs
from hellodl.runs.log import RunLog
from hellodl.web import accepted, draw, photo, shapes, watch, writing
from hellodl.web.address import Address
from hellodl.web.answers import Answer, Events, Picture
from hellodl.web.apart import Apart, Here
from hellodl.web.desks import Chairs, Desk
from hellodl.web.lessons import Job, Lessons, as_words
from hellodl.web.readers import Readers
from hellodl.web.refusals import HANDLERS
from hellodl.web.safety import Door, Guard
from hellodl.web.static import page_files

ABOUT = "What `hellodl web` offers its page. Requests that change something need the header X-Hellodl: 1."
LEARNING = 600.0  # seconds
IMAGE = {"type": "string", "contentMediaType": "image/*"}
PHOTO_BODY = {"requestBody": {"required": True, "content": {"image/*": {"schema": IMAGE}}}}


def make_app(
    mine: Collection,
    runs: Path,
    threads: int | None = None,
    *,
    names: frozenset[str] = frozenset(),
    door: Door | None = None,
    apart: bool = True,
) -> ASGIApp:
    """The server as an ASGI application: `mine` is the collection of who owns it, `runs` the file of the run log.

    `names` and `door` are what `safety.Guard` wants. Reading and learning are done `apart`, in processes of their own.
    """
    page = Page(mine, runs, threads, apart)
    app = FastAPI(
        title="hellodl",
        version=page.version,
        description=ABOUT,
        routes=[*page.routes()],
        exception_handlers={**HANDLERS},
        lifespan=page.life,
        redirect_slashes=False,
        # Nothing comes from elsewhere, as the scripts of FastAPI's own pages would, and nobody is told who asked what.
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    return Guard(app, names=names, door=door, bodies=accepted.BODIES)


class Page:
    """All that the addresses have in common: the readers, the lessons, the runs, and the desks."""

    def __init__(self, mine: Collection, runs: Path, threads: int | None, apart: bool = True):
        self.threads = threads
        self.readers = Readers(mine)
        self.reader = Apart("reading", photo.SECONDS + 15) if apart else Here()
        self.lessons = Lessons(mine, self.readers, threads, Apart("learning", LEARNING) if apart else Here())
        self.runs = watch.Runs(RunLog(runs))
        self.files = page_files()
        self.version = _version()
        # Drawings one after the other: two at once would hand Python's lock to and fro, and both come later (20 clients
        # on two cores: 95% within 20 ms, where two workers took 60).
        self.drawing = Desk("drawing", 1, 128, seconds=10, usual=0.01, patience=5)
        self.reading = Desk("reading", 1, 64, seconds=photo.SECONDS + 30, usual=1, patience=10)
        self.keeping = Desk("lessons", 1, 64, seconds=30)
        self.learning = Desk("learning", 1, 2, seconds=LEARNING)
        self.records = Desk("the run log", 1, 128, seconds=30)
        self.writing = Desk("writing", 1, 16, seconds=30)
        self.penning = Desk("the pen", 1, 16, seconds=60, usual=0.5)
        self.listening = Chairs("listening", 128)
        self._sample: bytes | None = None
        self._learner: asyncio.Task[Any] | None = None

    def routes(self) -> list[Address]:
        """Which address is answered by whom, and in what shape; what can be got can be asked for its head alone."""
        rows = [
            Address("GET", "/", self.index, include_in_schema=False),
            Address("GET", "/static/{name}", self.static, include_in_schema=False),
            Address("GET", "/api/status", self.status, shapes.Status),
            Address("POST", "/api/draw", self.draw, shapes.Drawn),
            Address("POST", "/api/read", self.read, shapes.Read, openapi_extra=PHOTO_BODY),
            Address("GET", "/api/sample", self.sample, kind=Picture),
            Address("GET", "/api/lessons", self.list_lessons, shapes.Listed),
            Address("POST", "/api/lessons", self.add_lesson, shapes.Added, desk=self.keeping),
            Address("DELETE", "/api/lessons", self.forget, shapes.Counted),
            Address("POST", "/api/lessons/undo", self.undo, shapes.Counted),
            Address("POST", "/api/learn", self.learn, shapes.Begun, status=202),
            Address("GET", "/api/jobs/{id}/events", self.job_events, kind=Events),
            Address("POST", "/api/jobs/{id}/cancel", self.cancel, shapes.Begun),
            Address("GET", "/api/runs", self.list_runs, shapes.Runs),
            Address("GET", "/api/runs/events", self.run_events, kind=Events),
            Address("GET", "/api/runs/{id}", self.run, shapes.Run),
            Address("GET", "/api/runs/{id}/curves", self.curves, shapes.Curves),
            Address("GET", "/api/runs/{id}/layers", self.layers, shapes.Statistics),
            Address("GET", "/api/runs/{id}/kernels", self.kernels, shapes.Kernels),
            Address("GET", "/api/runs/{id}/confusion", self.confusion, shapes.Confusion),
            Address("POST", "/api/write", self.write, kind=Events),
            Address("POST", "/api/pen", self.pen, shapes.Letter),
        ]
        got = [row for row in rows if row.methods == {"GET"}]
        return rows + [Address("HEAD", row.path, row.endpoint, include_in_schema=False) for row in got]

    @asynccontextmanager
    async def life(self, app: FastAPI) -> AsyncIterator[None]:
        """From the first request to the last."""
        yield
        if self.lessons.job is not None:
            self.lessons.job.called_off = True  # or the process would wait for it
        for desk in (self.drawing, self.reading, self.keeping, self.learning, self.records, self.writing, self.penning):
            desk.close()
        self.reader.close()
        self.lessons.apart.close()

    # The page itself.

    async def index(self, request: Request) -> Response:
        """The page."""
        return self.files["index.html"].answer(request)

    async def static(self, request: Request, name: str) -> Response:
        """One of its files."""
        file = self.files.get(name)
        if file is None:
            raise HTTPException(404, "there is no such file")
        return file.answer(request)

    async def status(self) -> Response:
        """How things are."""
        counts = await self.keeping.serve(self.lessons.counts)
        words = await self.keeping.serve(self.lessons.words)
        job = self.lessons.job
        text_model, text_data = await self.records.serve(self.readers.writer_card)
        return Answer(
            {
                "version": self.version,
                "lessons": sum(counts.values()),
                "words": len(words),
                "personal": self.readers.personal,
                "text_model": text_model,
                "text_data": text_data,
                "busy": job is not None,
                "job": job and job.number,
            }
        )

    # Draw, and read a photo.

    async def draw(self, asked: accepted.Drawing) -> Response:
        """What a drawn character is taken for."""
        return Answer(await self.drawing.serve(self.judged, asked))

    def judged(self, asked: accepted.Drawing) -> dict[str, Any]:
        """The work of `draw`."""
        try:
            strip = draw.as_strip(asked.strokes)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        return draw.looked_at(*self.readers.lines(asked.personal), strip)

    async def read(self, request: Request, asked: accepted.FromQuery[accepted.ReadQuery]) -> Response:
        """What a photo says."""
        if not request.headers.get("content-type", "").startswith("image/"):
            raise HTTPException(415, "that is no picture; send the bytes of a photo as image/jpeg, image/png ...")
        self.reading.check()  # before the body comes, which nobody may be there for
        data = await request.body()
        return Answer(await self.reading.serve(self.read_photo, data, asked))

    def read_photo(self, data: bytes, asked: accepted.ReadQuery) -> dict[str, Any]:
        """The work of `read`."""
        path = self.readers.path(asked.personal == "1")
        return self.reader.do(photo.read, data, path, self.threads, asked.rotate, asked.case)

    async def sample(self) -> Response:
        """A made page, as PNG."""
        if self._sample is None:
            self._sample = await self.reading.serve(self.reader.do, photo.sample)
        return Picture(self._sample)

    # Teach.

    async def list_lessons(self) -> Response:
        """What is in one's collection."""
        counts = await self.keeping.serve(self.lessons.counts)
        return Answer({"lessons": sum(counts.values()), "counts": counts})

    async def add_lesson(self, lesson: accepted.Lesson) -> Response:
        """Keep characters to learn from."""
        if isinstance(lesson, accepted.DrawnLesson):
            return Answer(await self.keeping.serve(self.lessons.add_drawing, lesson))
        if isinstance(lesson, accepted.PenLesson):
            return Answer(await self.keeping.serve(self.lessons.add_words, lesson))
        found = await self.reading.serve(self.lessons.read_photo, lesson, self.reader)
        return Answer(await self.keeping.serve(self.lessons.add, found))

    async def undo(self) -> Response:
        """Take the last lesson back."""
        return Answer(await self.keeping.serve(self.lessons.undo))

    async def forget(self) -> Response:
        """Forget all lessons, and who learned from them."""
        return Answer(await self.keeping.serve(self.lessons.forget))

    async def learn(self) -> Response:
        """Learn from the collection, in the background."""
        job = await self.keeping.serve(self.lessons.begin)
        self._learner = asyncio.create_task(self.learning.do(self.lessons.learn, job))
        return Answer({"job": job.number}, 202)

    async def job_events(self, number: accepted.JobNumber, last_event_id: accepted.LastEvent = "") -> Response:
        """How a learning goes on."""
        return Events(self.job(number).events(after(last_event_id, 0)), self.listening)

    async def cancel(self, number: accepted.JobNumber) -> Response:
        """Call a learning off."""
        job = self.job(number)
        job.called_off = True
        return Answer({"job": job.number})

    def job(self, number: str) -> Job:
        """The learning that an address names."""
        job = self.lessons.jobs.get(number)
        if job is None:
            raise HTTPException(404, "there is no such job; POST /api/learn begins one")
        return job

    # Runs.

    async def list_runs(self, asked: accepted.FromQuery[accepted.RunsQuery]) -> Response:
        """The training runs."""
        return Answer(await self.records.serve(self.runs.listed, asked.program, asked.limit))

    async def run(self, run: accepted.RunNumber) -> Response:
        """All about one run."""
        return Answer(await self.records.serve(self.runs.run, run))

    async def curves(self, run: accepted.RunNumber, asked: accepted.FromQuery[accepted.CurvesQuery]) -> Response:
        """Its curves."""
        return Answer(await self.records.serve(self.runs.curves, run, asked.points))

    async def layers(self, run: accepted.RunNumber, asked: accepted.FromQuery[accepted.LayersQuery]) -> Response:
        """Statistics of one array."""
        return Answer(await self.records.serve(self.runs.layers, run, asked.name, asked.kind))

    async def kernels(self, run: accepted.RunNumber, asked: accepted.FromQuery[accepted.KernelsQuery]) -> Response:
        """Kernels in full."""
        return Answer(await self.records.serve(self.runs.kernels, run, asked.name, asked.step))

    async def confusion(self, run: accepted.RunNumber) -> Response:
        """What was taken for what."""
        return Answer(await self.records.serve(self.runs.confusion, run))

    async def run_events(
        self, asked: accepted.FromQuery[accepted.EventsQuery], last_event_id: accepted.LastEvent = ""
    ) -> Response:
        """How a run goes on."""
        await self.records.serve(self.runs.find, asked.run)
        seen = after(last_event_id, -1 if asked.after is None else asked.after)
        return Events(watch.events(self.records, self.runs, asked.run, seen), self.listening)

    # Write.

    async def write(self, asked: accepted.Prompt) -> Response:
        """Write on from a prompt."""
        network, vocabulary = await self.records.serve(self.readers.writer)
        knobs = Knobs(asked.temperature, asked.top_k)
        source = writing.pieces(network, vocabulary, asked.prompt, asked.length, knobs)
        return Events(writing.events(self.writing, source), self.writing)

    async def pen(self, asked: accepted.Penned) -> Response:
        """A text by hand."""
        return Answer(await self.penning.serve(self.penned, asked))

    def penned(self, asked: accepted.Penned) -> dict[str, Any]:
        """The work of `pen`."""
        like = as_words(asked.like)
        if asked.mine and not like:
            like = latest(self.lessons.words(), self.lessons.mine)
        return writing.by_hand(asked.text, asked.hand, asked.tidy, asked.seed, like)


def after(last_event_id: str, otherwise: int) -> int:
    """The event that a browser had last, as it says when it asks again."""
    return int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 16 else otherwise


def _version() -> str:
    try:
        return metadata.version("hellodl")
    except metadata.PackageNotFoundError:
        return "(not installed)"
