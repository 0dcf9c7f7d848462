"""Does a request look as it is described? As much of JSON Schema (2020-12) as our description needs, and no more.

The description in `openapi` is what clients go by; to check requests by the same text is the one way to keep the two
from drifting apart.
"""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.exceptions import HTTPException

Schema = dict[str, Any]

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def parsed(body: bytes, schema: Schema) -> Any:
    """JSON that fits the schema. Raises HTTPException, 400 for what is no JSON and 422 for what does not fit."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is no JSON; send what /openapi.json describes") from None
    if wrong := misfit(value, schema, "the body"):
        raise HTTPException(422, wrong)
    return value


def from_query(given: str, schema: Schema, name: str) -> Any:
    """What a word of the query means: a number where one is wanted. Raises HTTPException 422."""
    value: Any = given
    if schema.get("type") == "integer" and given.removeprefix("-").isdecimal() and len(given) < 20:
        value = int(given)
    if wrong := misfit(value, schema, name):
        raise HTTPException(422, wrong)
    return value


def misfit(value: Any, schema: Schema, name: str) -> str | None:
    """What is wrong with a value, in one line; None where nothing is."""
    if "oneOf" in schema:
        found = [misfit(value, one, name) for one in schema["oneOf"]]
        return None if found.count(None) == 1 else f"{name} is none of its forms: {'; or '.join(filter(None, found))}"
    if "enum" in schema:
        choices = schema["enum"]
        fits = any(type(value) is type(one) and value == one for one in choices)
        return None if fits else f"{name} must be one of {', '.join(map(str, choices))}"
    kinds = schema.get("type", [*TYPES])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    kind = next((kind for kind in kinds if _is(value, kind)), None)
    if kind is None:
        return f"{name} must be: {' or '.join(kinds)}"
    if isinstance(value, dict):
        return _misfit_object(value, schema, name)
    if isinstance(value, list):
        return _misfit_array(value, schema, name)
    size = len(value) if isinstance(value, str) else value
    low, high = ("minLength", "maxLength") if isinstance(value, str) else ("minimum", "maximum")
    unit = " characters" if isinstance(value, str) else ""
    if low in schema and value is not None and size < schema[low]:
        return f"{name} must be at least {schema[low]}{unit}"
    if high in schema and value is not None and size > schema[high]:
        return f"{name} must be at most {schema[high]}{unit}"
    return None


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of this kind: true is no number here, and 3.0 is a whole one."""
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float):
        return math.isfinite(value) and (kind == "number" or (kind == "integer" and value.is_integer()))
    return isinstance(value, TYPES[kind])


def _misfit_object(value: dict[str, Any], schema: Schema, name: str) -> str | None:
    known = schema.get("properties", {})
    for key in schema.get("required", ()):
        if key not in value:
            return f"{name} lacks {key!r}"
    for key, inner in value.items():
        if key in known:
            if wrong := misfit(inner, known[key], key):
                return wrong
        elif schema.get("additionalProperties") is False:
            return f"{name} has something that is not known here; it may have {', '.join(known)}"
    return None


def _misfit_array(value: list[Any], schema: Schema, name: str) -> str | None:
    if len(value) < schema.get("minItems", 0):
        return f"{name} must have at least {schema['minItems']} items"
    if len(value) > schema.get("maxItems", math.inf):
        return f"{name} must have at most {schema['maxItems']} items"
    inner = schema.get("items")
    if inner is None:
        return None
    return next((wrong for item in value if (wrong := misfit(item, inner, name))), None)
