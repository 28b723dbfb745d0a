"""What pydantic found wrong, in words that say what would be right."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from chalicelib.domain.errors import FieldError

from .fields import PATTERNS

_JSON_TYPES = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)
_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda _: "is required",
    "json_invalid": lambda ctx: f"the body is not valid JSON: {ctx['error']}",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda ctx: f"must hold at most {ctx['max_length']} characters",
    "string_pattern_mismatch": lambda ctx: PATTERNS[ctx["pattern"]],
    "too_long": lambda ctx: f"must hold at most {ctx['max_length']} items",
    "too_short": lambda ctx: f"must hold at least {ctx['min_length']} item",
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']:g}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']:g}",
    "enum": lambda ctx: f"must be one of {_quoted(ctx['expected'])}",
    "literal_error": lambda ctx: f"must be one of {_quoted(ctx['expected'])}",
    "value_error": lambda ctx: str(ctx["error"]),
}
_WANTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
}


def explained(wrong: ValidationError, model: type[BaseModel], *, root: str) -> tuple[FieldError, ...]:
    """Every wrong field; `root` is "/" for JSON pointers, "" for parameters, which go by their name."""
    return tuple(
        FieldError(_pointer(error["loc"], root), _message(error, model))
        for error in wrong.errors(include_url=False)
    )


def _pointer(location: Iterable[int | str], root: str) -> str:
    """RFC 6901, with whatever odd key the caller sent cut to a readable length."""
    steps = [str(step)[:64].replace("~", "~0").replace("/", "~1") for step in location]
    return root + "/".join(steps) if steps else ""


def _message(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return _unknown(error["loc"], model)
    if kind in _WANTED:
        wanted = _WANTED[kind]
        return f"must be {wanted}{'' if kind.endswith('_parsing') else _instead(error['input'], wanted)}"
    if kind in _WORDS:
        return _WORDS[kind](error.get("ctx", {}))
    return str(error["msg"]).replace("Input should be", "must be")


def _instead(value: object, wanted: str) -> str:
    if value is None:
        return ", not null"
    if wanted == _WANTED["int_type"] and isinstance(value, float):
        return ", written without a point or an exponent"
    return next((f", not {name}" for kind, name in _JSON_TYPES if isinstance(value, kind)), "")


def _unknown(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    known = list(_inner(location[:-1], model))
    near = difflib.get_close_matches(str(location[-1])[:64], known, n=1)
    meant = (
        f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}" if known else "leave it out"
    )
    return f"is not known here; {meant}"


def _inner(path: Iterable[int | str], model: type[BaseModel]) -> Iterable[str]:
    """The names of the fields that a model takes there; none where no model stands, or one of several."""
    for step in path:
        if isinstance(step, int):
            continue
        field = model.model_fields.get(step)
        models = [] if field is None else list(_models(field.annotation))
        if len(models) != 1:
            return []
        (model,) = models
    return model.model_fields


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _quoted(expected: str) -> str:
    """The values out of pydantic's list of them, which spells members of an enum as Python does."""
    return ", ".join(re.findall(r"'[^']*'", expected))
