"""Dead messages of the work queue, as the wire shows them."""

from .wire import wire


@wire
class DeadMessageObject:
    """A message that no consumer could handle; `reason` is the error of its last try."""

    message_id: str
    body: str
    reason: str
    receives: int
    first_at: str
    at: str


@wire
class DeadMessageList:
    """A page, newest day first."""

    messages: list[DeadMessageObject]
    next_cursor: str | None


@wire
class RefusedMessage:
    """A dead message that was not redriven, and why."""

    message_id: str
    reason: str


@wire
class MessageRedrive:
    """What was redriven and what was not; `next_cursor` is given when a page was redriven."""

    redriven: list[str]
    refused: list[RefusedMessage]
    next_cursor: str | None
