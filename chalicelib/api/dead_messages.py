"""Dead messages of the work queue: look at them, send them once more. For admins: they are of no tenant."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from chalicelib.domain.dead_message import DeadMessage
from chalicelib.domain.errors import Invalid
from chalicelib.services.dead_messages import MOST_REDRIVEN, Redriven

from .dead_message_wire import DeadMessageList, DeadMessageObject, MessageRedrive, RefusedMessage
from .fields import Id, NoBody, Paging, Request
from .operation import Call, Routes
from .times import iso

routes = Routes("dead letters")
ROOT = "/aitp/dead-letters/messages"


class RedrivenMessages(Request):
    """Which messages; without any, those of the page that the query asks for."""

    message_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_REDRIVEN)] | None = None


@routes.route("GET", ROOT, DeadMessageList, query=Paging, is_for_admins=True)
def list_dead_messages(call: Call[Paging, NoBody]) -> DeadMessageList:
    """List the work messages of the last 14 days that no consumer could handle, newest day first."""
    page = call.use_cases.dead_lettering.page(limit=call.query.limit, cursor=call.query.cursor)
    return DeadMessageList(messages=_objects(page.items), next_cursor=page.cursor)


@routes.route(
    "POST", ROOT + "/redrive", MessageRedrive, query=Paging, body=RedrivenMessages, is_for_admins=True
)
def redrive_messages(call: Call[Paging, RedrivenMessages]) -> MessageRedrive:
    """Send dead messages to the work queue once more: those named, else those of a page."""
    message_ids, page = call.body.message_ids, call.query
    if message_ids is None:
        return _redrive(call.use_cases.dead_lettering.redrive_page(limit=page.limit, cursor=page.cursor))
    if page.model_fields_set:
        raise Invalid.at(min(page.model_fields_set), "cannot be combined with message_ids; send one of them")
    return _redrive(call.use_cases.dead_lettering.redrive(message_ids))


def _objects(messages: Iterable[DeadMessage]) -> list[DeadMessageObject]:
    return [
        DeadMessageObject(
            message_id=message.message_id,
            body=message.body,
            reason=message.reason,
            receives=message.receives,
            first_at=iso(message.first_at),
            at=iso(message.at),
        )
        for message in messages
    ]


def _redrive(done: Redriven) -> MessageRedrive:
    refused = [RefusedMessage(message_id=r.message_id, reason=r.reason) for r in done.refused]
    return MessageRedrive(redriven=list(done.message_ids), refused=refused, next_cursor=done.cursor)
