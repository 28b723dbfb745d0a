"""The documents of rows: read together where they lie apart, and no more of them than an answer holds."""

import json
from collections.abc import Sequence
from typing import Any

from chalicelib.domain.content import Content, unpacked

from .ports import PayloadStore

ANSWER_BYTES = 4 * 1024 * 1024  # Lambda refuses answers above 6 MB
CHUNK = 50  # documents read at once: at most 12.5 MB


def keep(payloads: PayloadStore, content: Content, text: str, *, ttl: int | None = None) -> None:
    """One too large for its row lies apart, written before the row; its name holds its hash."""
    if content.key is not None:
        payloads.put(*content.key, text, ttl=ttl)


def read(payloads: PayloadStore, contents: Sequence[Content | None]) -> list[Any]:
    """Each document, in one read; None where there is none (any more)."""
    keys = list(dict.fromkeys(c.key for c in contents if c is not None and c.key is not None))
    texts = payloads.get_many(keys) if keys else {}

    def text(content: Content | None) -> str | None:
        if content is None:
            return None
        return content.inline if content.key is None else texts.get(content.key)

    return [unpacked(text(content)) for content in contents]


def fitting(payloads: PayloadStore, contents: Sequence[Content | None]) -> list[Any]:
    """The documents of the first rows, as many as fit one answer: all of them, unless they are large."""
    found: list[Any] = []
    room = ANSWER_BYTES
    for start in range(0, len(contents), CHUNK):
        for document in read(payloads, contents[start : start + CHUNK]):
            room -= len(json.dumps(document))
            if room < 0 and found:
                return found
            found.append(document)
    return found
