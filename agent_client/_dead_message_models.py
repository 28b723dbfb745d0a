"""What the service answers about dead messages of its work queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class DeadMessage:
    """A message that no consumer could handle; `reason` is the error of its last try."""

    message_id: str
    body: str = ""
    reason: str = ""
    receives: int = 0
    first_at: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RefusedMessage:
    """A dead message that was not redriven, and why."""

    message_id: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageRedrive:
    """`redriven` are ids; `next_cursor` is given when a page was redriven and there are more."""

    redriven: tuple[str, ...] = ()
    refused: tuple[RefusedMessage, ...] = ()
    next_cursor: str | None = None
