"""Dead work messages in DynamoDB, by the day they were recorded first."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.dead_message import DeadMessage, kept_days
from chalicelib.services.ports import Page

from . import paging
from .reads import rows_of
from .tables import DeadMessageRecord
from .writes import Refused, Writes


class DynamoDeadMessages:
    """services.ports.DeadMessages over the dead-messages table."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def record(self, message: DeadMessage) -> None:
        today, yesterday = kept_days(message.at)[:2]
        with suppress(Refused):  # not recorded yesterday: the queue shows a message twice within minutes
            self._put(message, yesterday, DeadMessageRecord.first_at.exists())
            return
        self._put(message, today)

    def _put(self, message: DeadMessage, day: str, condition: Condition | None = None) -> None:
        row = DeadMessageRecord
        actions: list[Action] = [
            row.body.set(message.body),
            row.reason.set(message.reason),
            row.receives.set(message.receives),
            row.first_at.set(row.first_at | message.first_at),
            row.at.set(message.at),
            row.ttl.set(row.ttl | message.expires_at),
        ]
        update = DeadMessageRecord(day, message.message_id).update
        self._writes.once(partial(update, actions=actions, condition=condition), cid="")

    def of_day(self, day: str, *, limit: int, cursor: str | None) -> Page[DeadMessage]:
        rows, after = paging.queried(DeadMessageRecord, day, limit=limit, cursor=cursor)
        return Page(tuple(_message(row) for row in rows), after)

    def find(self, message_ids: Sequence[str], *, days: Sequence[str]) -> list[DeadMessage]:
        keys = [(day, message_id) for day in days for message_id in message_ids]
        return [_message(row) for row in rows_of(self._writes.connection, DeadMessageRecord, keys)]

    def delete(self, message: DeadMessage) -> None:
        DeadMessageRecord(message.day, message.message_id).delete()


def _message(row: DeadMessageRecord) -> DeadMessage:
    return DeadMessage(
        message_id=row.message_id,
        body=row.body,
        reason=row.reason,
        receives=int(row.receives),
        first_at=int(row.first_at),
        at=int(row.at),
    )
