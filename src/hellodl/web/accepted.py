"""What the page's server accepts: every request as a pydantic model, with its types and limits.

FastAPI checks what comes by these models, and describes it by them in /openapi.json: the two cannot drift apart. JSON
is taken at its word (`strict`): true is no number, "1" is none, and NaN and infinity are none either. What is wrong is
said by `refusals`; how many bytes may come at all is in the table `BODIES`, which `safety` keeps to.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Body, Header, Path, Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    FailFast,
    Field,
    Strict,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

T = TypeVar("T")

PHOTO = 30_000_000  # bytes
# How many bytes a body may have, by address; `safety.BODY` where none is named. Base64 makes four bytes of three.
BODIES = {"/api/read": PHOTO, "/api/lessons": 4 * PHOTO // 3 + 4 * 2**20}

# Bodies: JSON.


class Sent(BaseModel):
    """The JSON of a request: an object with members that are known here, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def has_known_names(cls, members: Any) -> Any:
        """Stop at the first unknown name: `extra` alone would list all of them, and there is room for millions."""
        if isinstance(members, dict) and any(name not in cls.model_fields for name in members):
            known = ", ".join(cls.model_fields)
            raise PydanticCustomError(
                "unknown", "It has something that is not known here; it may have {known}", {"known": known}
            )
        return members


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _mended(text: Any) -> Any:
    return re.sub("[\ud800-\udfff]", "\ufffd", text) if isinstance(text, str) else text


WHOLE = BeforeValidator(_whole)  # to JSON, 3.0 and 3 are the same number
MENDED = BeforeValidator(_mended)  # half a character, which JSON can spell, is none, but no reason to refuse the others

# A list of thousands stops at its first mistake (FailFast), and does not tell them all.
Place = Annotated[float, Field(ge=-1e6, le=1e6)]
Point = Annotated[list[Place], Field(min_length=2, max_length=2)]
Stroke = Annotated[list[Point], FailFast()]
Strokes = Annotated[list[Stroke], Field(max_length=1000), FailFast()]
Box = Annotated[list[Annotated[float, Field(ge=0, le=1e6)]], Field(min_length=4, max_length=4)]
Rotate = Literal["none", "auto"]
Case = Literal["page", "upper", "lower"]


class Drawing(Sent):
    """A drawn character: its strokes, each a list of points [x, y]."""

    strokes: Strokes
    personal: bool = False


class DrawnLesson(Sent):
    """A drawn character, and which it is."""

    strokes: Strokes
    letter: Annotated[str, Field(min_length=1, max_length=1), MENDED]


class TrueLine(Sent):
    """A line of a photo, by the box [x, y, width, height] around what was read in it, and what it truly says."""

    box: Box
    text: Annotated[str, Field(max_length=1000), MENDED]

    def whole_box(self) -> tuple[int, int, int, int]:
        """The box in whole pixels."""
        x, y, width, height = map(round, self.box)
        return x, y, width, height


class PhotoLesson(Sent):
    """A photo in base64, and what some of its lines say."""

    photo: str
    lines: Annotated[list[TrueLine], Field(min_length=1, max_length=500), FailFast()]
    personal: bool = False
    rotate: Rotate = "none"


class OwnWord(Sent):
    """A word that somebody wrote, and what it says."""

    text: Annotated[str, Field(min_length=1, max_length=20), MENDED]
    strokes: Annotated[Strokes, Field(min_length=1)]


class PenLesson(Sent):
    """Words that somebody wrote with a pen."""

    words: Annotated[list[OwnWord], Field(min_length=1, max_length=12), FailFast()]


def _form(lesson: Any) -> str:
    forms = {"photo": "PhotoLesson", "words": "PenLesson"}
    return next((form for name, form in forms.items() if isinstance(lesson, dict) and name in lesson), "DrawnLesson")


Forms = (
    Annotated[DrawnLesson, Tag("DrawnLesson")]
    | Annotated[PhotoLesson, Tag("PhotoLesson")]
    | Annotated[PenLesson, Tag("PenLesson")]
)
Lesson = Annotated[Forms, Discriminator(_form), Body()]


class Prompt(Sent):
    """What to write on from, and how boldly (see `nn.sampling.Knobs`)."""

    prompt: Annotated[str, Field(max_length=5000), MENDED]
    temperature: Annotated[float, Field(ge=0, le=10)] = 0.8
    top_k: Annotated[int, Field(ge=1, le=100_000), WHOLE] | None = None
    length: Annotated[int, Field(ge=1, le=1000), WHOLE] = 500


class Penned(Sent):
    """What to write by hand, in which hand (or whose, by words of theirs; or by those that are kept), how tidily, and
    what chance starts from."""

    text: Annotated[str, Field(min_length=1, max_length=600), MENDED]
    hand: Annotated[int, Field(ge=0, le=100_000), WHOLE] = 7
    tidy: Annotated[float, Field(ge=0, le=10)] = 0.5
    seed: Annotated[int, Field(ge=0, le=2**31), WHOLE] = 0
    like: Annotated[list[OwnWord], Field(max_length=12), FailFast()] = []
    mine: bool = False


# Addresses: numbers in the path, what stands behind the question mark, and the one header that is listened to.


def _digits(word: Any) -> Any:
    return int(word) if isinstance(word, str) and re.fullmatch("[0-9]{1,15}", word) else word


DIGITS = BeforeValidator(_digits)  # and nothing else: pydantic alone would read " 3", "+3", "3.0" and "3_0" as well
MOST = 10**15 - 1  # of runs and steps

RunNumber = Annotated[int, Path(alias="id", ge=0, le=MOST), Strict(), DIGITS]
JobNumber = Annotated[str, Path(alias="id")]  # and can't be guessed
LastEvent = Annotated[str, Header(description="the number of the last event that came, of who asks again")]
FromQuery = Annotated[T, Query()]
Number = Annotated[int, Field(ge=0, le=MOST), DIGITS]


class AddressQuery(BaseModel):
    """What a query says of what is known here; the rest of it is for somebody else."""

    model_config = ConfigDict(strict=True)


class ReadQuery(AddressQuery):
    """How to read a photo."""

    personal: Literal["0", "1"] = "0"
    rotate: Rotate = "none"
    case: Case = "page"


class RunsQuery(AddressQuery):
    """Which runs to list: those of a program (or of all), and how many of the newest."""

    program: str | None = None
    limit: Annotated[int, Field(ge=1, le=10_000), DIGITS] = 200


class CurvesQuery(AddressQuery):
    """How many points a curve may have."""

    points: Annotated[int, Field(ge=2, le=20_000), DIGITS] = 600


class LayersQuery(AddressQuery):
    """Which array of a network."""

    name: str
    kind: Literal["weight", "gradient", "activation"]


class KernelsQuery(AddressQuery):
    """Which kernels, and as they were when; the newest where no step is named."""

    name: str
    step: Number | None = None


class EventsQuery(AddressQuery):
    """Which run to follow, and from where: after a step, or from its first."""

    run: Number
    after: Number | None = None
