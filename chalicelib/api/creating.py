"""Making something, once: the idempotency key that comes with it, and the answer that says where it is."""

import re
from collections.abc import Mapping
from typing import TypeVar

from chalicelib.domain.errors import Invalid

from .operation import Reply

A = TypeVar("A")
KEY_HEADER = {
    "Idempotency-Key": "The same key and body again answers what was made before; another body is refused."
}
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """What the caller named this creation; raises Invalid for what cannot be a key."""
    key = headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid.at("Idempotency-Key", "must hold 1 to 255 visible ASCII characters, such as a UUID")
    return key


def created(body: A, location: str, *, was_known: bool, headers: Mapping[str, str] | None = None) -> Reply[A]:
    """201, also when an earlier call had made it: the answer is the same."""
    return Reply(body, 201, {"Location": location, **replayed(was_known=was_known), **(headers or {})})


def replayed(*, was_known: bool) -> dict[str, str]:
    """The header that says so."""
    return {"Idempotent-Replayed": "true"} if was_known else {}
