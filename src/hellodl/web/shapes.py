"""The shape of every answer, for /openapi.json.

Answers are not held against these models while the page is served: a curve of thousands of points would be gone through
twice. `tests/web/test_fuzz.py` does it instead.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Column = list[float | None]  # None stands for NaN and infinity, and for what was not measured


class Shape(BaseModel):
    """An answer: an object with these members and no others."""

    model_config = ConfigDict(extra="forbid")


class Refused(Shape):
    """An error, in one line that says what to do."""

    error: str


class Status(Shape):
    """How things are; `words` are there to learn a hand from, `text_data` is what the text model learned from, and
    `job` the learning that goes on."""

    version: str
    lessons: Count
    words: Count
    personal: bool
    text_model: str
    text_data: str
    busy: bool
    job: str | None


class Letter(Shape):
    """A text by hand: strokes as SVG's paths on a sheet, how many points each has, and how many hands there are."""

    width: float
    height: float
    pen: float
    hands: Count
    strokes: list[str]
    points: list[Count]


# Draw, and read a photo.


class Candidate(Shape):
    """A character, and how likely it is."""

    character: str
    probability: Share


class Layer(Shape):
    """What a layer saw: its shape, and all its maps in one picture ("data:")."""

    name: str
    shape: list[Count]
    picture: str


class Drawn(Candidate):
    """What a drawing is taken for, and what the reader saw on the way."""

    candidates: list[Candidate]
    picture: str
    layers: list[Layer]


class Character(Shape):
    """A character of a page: what it is, what else it might be, where, and whether a space is before it."""

    letter: str
    probability: Share
    runner_up: str
    runner_up_probability: Share
    box: Annotated[list[float], Field(min_length=4, max_length=4)]
    space: bool


class Read(Shape):
    """What a photo says, when it is turned to the right by so many degrees."""

    width: Count
    height: Count
    turned: Literal[0, 90, 180, 270]
    text: str
    lines: list[list[Character]]


# Teach.


class Counted(Shape):
    """How many characters are in the collection."""

    lessons: Count


class Listed(Counted):
    """The same, and how often each is."""

    counts: dict[str, Count]


class Added(Counted):
    """The same, and how many came now."""

    added: Count


class Begun(Shape):
    """A learning: its number."""

    job: str


# Runs.


class Runs(Shape):
    """Runs, as the run log has them (`hellodl runs --json` too)."""

    runs: list[dict[str, Any]]


class LayerKinds(Shape):
    """An array of a network, and whether its weights, gradients or activations were recorded."""

    name: str
    kinds: list[str]


class KernelSteps(Shape):
    """Kernels, and the steps at which they were recorded."""

    name: str
    steps: list[Count]


class Run(Shape):
    """All that the run log has about a run, and what more there is to ask for."""

    model_config = ConfigDict(extra="allow")

    id: Count
    program: str
    status: str
    layers: list[LayerKinds]
    kernels: list[KernelSteps]
    confusion: bool


class Curve(Shape):
    """A curve by step."""

    step: list[Count]
    loss: Column
    accuracy: Column


class TrainingCurve(Curve):
    """A curve that also has the learning rate."""

    learning_rate: Column


class Curves(Shape):
    """The curves of a run."""

    training: TrainingCurve
    validation: Curve


class Statistics(Shape):
    """An array of a network, step by step."""

    steps: list[Count]
    mean: Column
    std: Column
    low: Column
    high: Column
    zeros: Column
    update_ratio: Column
    histograms: list[list[Count]]


class Kernels(Shape):
    """Kernels of a shape (out, in, height, width), in one list."""

    shape: list[Count]
    values: Column


class Confusion(Shape):
    """How often each class (row) was taken for which (column)."""

    classes: str
    matrix: list[list[Count]]
