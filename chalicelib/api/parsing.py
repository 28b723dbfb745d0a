"""Bytes and query strings into request models; all that is wrong becomes one Invalid."""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from math import isinf
from typing import TypeVar

from pydantic import ValidationError

from chalicelib.domain.content import MAX_BYTES
from chalicelib.domain.errors import FieldError, Invalid, TooLarge

from .fields import Request
from .wording import explained

M = TypeVar("M", bound=Request)
MAX_NESTING = 32
MAX_DIGITS = 100
_BUILDING = threading.Lock()
# Each is linear in the text: a quote that is never closed takes the rest, and no run of digits is read twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_DIGITS = re.compile(rb"[0-9]{%d}" % (MAX_DIGITS + 1))
_EXPONENT = re.compile(rb"[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+")


def body(raw: bytes, model: type[M]) -> M:
    """The request's body; an empty one counts as `{}`. Raises Invalid, TooLarge."""
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"the body holds {len(raw)} bytes; at most {MAX_BYTES} are taken")
    text = raw if raw.strip() else b"{}"
    _refuse_other_encodings(text)
    _refuse_what_parsers_let_through(_STRING.sub(b'""', text))
    try:
        parsed = _built(model).model_validate_json(text)
    except ValidationError as wrong:
        raise Invalid(explained(wrong, model, root="/")) from None
    _refuse_two_spellings(text, model)
    return parsed


def query(parameters: Mapping[str, Sequence[str]], model: type[M]) -> M:
    """The query parameters, each given at most once. Raises Invalid."""
    if twice := [name for name, values in parameters.items() if len(values) > 1]:
        raise Invalid(tuple(FieldError(name, "is given more than once") for name in twice))
    try:
        return _built(model).model_validate_strings({name: values[0] for name, values in parameters.items()})
    except ValidationError as wrong:
        raise Invalid(explained(wrong, model, root="")) from None


def _built(model: type[M]) -> type[M]:
    """The model with its validator, which is built when first needed; pydantic is not thread-safe at that."""
    if not model.__pydantic_complete__:
        with _BUILDING:
            model.model_rebuild()
    return model


def _refuse_other_encodings(raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        raise Invalid.at("", f"the body is not UTF-8: byte {wrong.start} cannot be read") from None


def _refuse_what_parsers_let_through(bare: bytes) -> None:
    """Numbers that JSON cannot hold, and nesting that costs more than it is worth; `bare` has no strings."""
    if b"NaN" in bare or b"Infinity" in bare:
        raise Invalid.at("", "NaN and Infinity are not JSON; send null, or a string")
    if _DIGITS.search(bare):
        raise Invalid.at("", f"the body holds a number of over {MAX_DIGITS} digits; send it as a string")
    if any(isinf(float(number)) for number in _EXPONENT.findall(bare)):
        raise Invalid.at("", "the body holds a number too large for a double; send it as a string")
    depth = 0
    for bracket in _BRACKET.finditer(bare):
        depth += 1 if bracket.group() in b"[{" else -1
        if depth > MAX_NESTING:
            raise Invalid.at("", f"the body is nested deeper than {MAX_NESTING} levels")


def _refuse_two_spellings(raw: bytes, model: type[Request]) -> None:
    """A field under its old and its new name with different values: neither is silently dropped."""
    for new, old in model.old_spellings.items():
        if f'"{old}"'.encode() in raw and f'"{new}"'.encode() in raw:
            sent = json.loads(raw)
            if old in sent and new in sent and sent[old] != sent[new]:
                raise Invalid.at(f"/{old}", f"is another spelling of {new}, and the two differ; send one")
