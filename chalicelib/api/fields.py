"""The types that request models are made of: each states its bounds, and in words what would be right."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from chalicelib.domain import versions
from chalicelib.domain.errors import Invalid
from chalicelib.domain.ids import checked

METADATA_BYTES = 8 * 1024
KEPT_ERROR = 1_000  # characters of an error message that its task's small row keeps
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]*$"
_CAPABILITY = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$"
_URL = r"^[A-Za-z][A-Za-z0-9+.-]*://[^\s\x00-\x1f]+$"

# What a string must look like, by its pattern: nobody should have to read a regular expression.
PATTERNS = {
    _NO_CONTROL: "must not hold control characters such as line breaks",
    _CAPABILITY: (
        "must start with a letter or digit and hold 1 to 128 characters of A-Z a-z 0-9 . _ : / -, "
        "such as 'translate/en-de'"
    ),
    _URL: "must be a URL such as 'https://agent.example.com/tasks'",
}


class Request(BaseModel):
    """What a caller sends: unknown fields are refused, and JSON types are taken at their word."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        populate_by_name=True,
        defer_build=True,  # by `parsing`: a cold start pays for the models it meets
    )
    old_spellings: ClassVar[Mapping[str, str]] = {}  # of fields that older clients name otherwise


def milliseconds(seconds: float) -> int:
    """Durations are seconds on the wire, whole milliseconds inside."""
    return round(seconds * 1000)


def moment(value: object) -> int:
    """Milliseconds UTC of an ISO-8601 time with an offset; raises ValueError saying what would be right."""
    if not isinstance(value, str):
        raise ValueError("must be a time as a string, such as '2026-01-31T09:00:00Z'")
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not an ISO-8601 time; write it as '2026-01-31T09:00:00Z'") from None
    if parsed.tzinfo is None:
        raise ValueError("does not say in which zone; end it with 'Z' (UTC) or an offset such as '+02:00'")
    if not _EPOCH <= parsed < _LATEST:
        raise ValueError("must lie between the years 1970 and 2199")
    return (parsed - _EPOCH) // timedelta(milliseconds=1)


def identifier(value: str) -> str:
    """Raises ValueError where `domain.ids.checked` refuses."""
    try:
        return checked(value, pointer="")
    except Invalid as refused:
        raise ValueError(refused.errors[0].message) from None


def _small(value: dict[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    if size > METADATA_BYTES:
        raise ValueError(f"holds {size} bytes of JSON; at most {METADATA_BYTES} are kept")
    return value


def one_of_a_kind(name: Callable[[Any], str]) -> Callable[[list[Any]], list[Any]]:
    """A check that no item of a list has the name of an earlier one."""

    def check(items: list[Any]) -> list[Any]:
        names = [name(item) for item in items]
        twice = next((n for i, n in enumerate(names) if n in names[:i]), None)
        if twice is not None:
            raise ValueError(f"names {twice!r} twice; name each once")
        return items

    return check


def _version_range(value: str) -> str:
    versions.bounds(value)
    return value


_MOMENT_SCHEMA = {"type": "string", "format": "date-time"}
Moment = Annotated[int, BeforeValidator(moment), WithJsonSchema(_MOMENT_SCHEMA)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(identifier)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_NO_CONTROL)]
Capability = Annotated[str, StringConstraints(pattern=_CAPABILITY)]
Url = Annotated[str, StringConstraints(max_length=2_048, pattern=_URL)]
Words = Annotated[str, Field(max_length=1_000)]
ErrorWords = Annotated[
    str,
    Field(max_length=10_000, description="The first 1,000 characters are kept."),
    AfterValidator(lambda text: text[:KEPT_ERROR]),
]
Metadata = Annotated[dict[str, Any], AfterValidator(_small)]
Tags = Annotated[list[Name], Field(max_length=10), AfterValidator(one_of_a_kind(str))]
VersionRange = Annotated[str, Field(max_length=100), AfterValidator(_version_range)]
Priority = Annotated[int, Field(ge=1, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]
Token = Annotated[int, Field(ge=1, le=2**53)]
Limit = Annotated[int, Field(ge=1, le=100)]
Offset = Annotated[int, Field(ge=0, le=1_000)]
Cursor = Annotated[str, Field(min_length=1, max_length=2_048)]


class NoBody(Request):
    """The operation takes no body."""


class NoQuery(Request):
    """The operation takes no query parameters."""


class Paging(Request):
    """Where a list goes on, and how far."""

    limit: Limit = 50
    cursor: Cursor | None = None
