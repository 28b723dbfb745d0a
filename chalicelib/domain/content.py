"""Payloads: what clients and agents hand us, kept apart from the small row that changes state."""

import hashlib
import json
from typing import Any

from chalicelib.values import dataclass

from .errors import TooLarge

INLINE_BYTES = 256
MAX_BYTES = 256 * 1024
ATTEMPTS = "attempt#"  # how the kinds of attempts begin


@dataclass(frozen=True)
class Content:
    """A JSON document: in line on the row when small, else by reference to `payloads` (owner, kind)."""

    sha256: str
    inline: str | None = None
    owner: str | None = None
    kind: str | None = None

    @property
    def key(self) -> tuple[str, str] | None:
        """Where the document lies, or None when it is in line."""
        return None if self.owner is None or self.kind is None else (self.owner, self.kind)


def packed(document: Any, *, owner: str, kind: str) -> tuple[Content, str]:
    """The content for a row and its JSON text; raises TooLarge above 256 KB."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    size = len(text.encode())
    if size > MAX_BYTES:
        raise TooLarge(f"{kind} holds {size} bytes of JSON; at most {MAX_BYTES} are kept")
    digest = hashlib.sha256(text.encode()).hexdigest()
    if size <= INLINE_BYTES:
        return Content(digest, inline=text), text
    return Content(digest, owner=owner, kind=f"{kind}#{digest[:16]}"), text


def attempt_kind(token: int) -> str:
    """The kind of the document in which an attempt is kept; they sort by token."""
    return f"{ATTEMPTS}{token:06d}"


def fingerprint(request: Any) -> str:
    """Tells two requests apart, whatever the order of their fields."""
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def unpacked(text: str | None) -> Any:
    """The document of a JSON text; None for none."""
    return None if text is None else json.loads(text)
