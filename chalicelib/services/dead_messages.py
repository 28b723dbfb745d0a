"""Work messages that died: recorded with their reason, listed, and sent once more when somebody asks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.domain.dead_message import DeadMessage, died, kept_days
from chalicelib.domain.errors import unknown_cursor
from chalicelib.values import dataclass

from .messages import UnknownMessage, decoded
from .ports import Clock, DeadMessages, Hint, Metrics, Page, WorkQueue

MOST_REDRIVEN = 100  # by one call
UNKNOWN = "there is no such dead message: it was redriven before, or is older than 14 days"
UNSENT = "the work queue did not take it; redrive it again"


@dataclass(frozen=True)
class Refused:
    """A dead message that stays as it is, and why."""

    message_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Redriven:
    """What a redrive did, and after a page of them the cursor of the next."""

    message_ids: tuple[str, ...]
    refused: tuple[Refused, ...]
    cursor: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class DeadLettering:
    """The queue moves dead messages by itself; here is kept why they died."""

    messages: DeadMessages
    queue: WorkQueue
    clock: Clock
    metrics: Metrics

    def failed(self, message_id: str, body: str, *, receives: int, error: Exception) -> None:
        """A consumer could not handle it: recorded when the queue will not show it again.

        One that cannot be read is no exception: during a deployment an older consumer sees newer messages.
        """
        dead = died(message_id, body, error=error, receives=receives, now=self.clock())
        if dead is not None:
            self.metrics.count("work_dead_total")
            self.messages.record(dead)

    def page(self, *, limit: int, cursor: str | None) -> Page[DeadMessage]:
        """Newest day first, a day's in no promised order; a read for each day that is looked into."""
        items: list[DeadMessage] = []
        days, inner = _place(cursor, kept_days(self.clock()))
        for n, day in enumerate(days):
            found = self.messages.of_day(day, limit=limit - len(items), cursor=inner)
            items += found.items
            if found.cursor is not None:
                return Page(tuple(items), f"{day}.{found.cursor}")
            if len(items) == limit:
                return Page(tuple(items), f"{days[n + 1]}." if n + 1 < len(days) else None)
            inner = None
        return Page(tuple(items))

    def redrive(self, message_ids: Sequence[str]) -> Redriven:
        """Send these to the work queue once more; at most MOST_REDRIVEN."""
        dead = self.messages.find(message_ids, days=kept_days(self.clock()))
        known = {message.message_id for message in dead}
        missing = [Refused(i, UNKNOWN) for i in dict.fromkeys(message_ids) if i not in known]
        done = self._redriven(dead)
        return replace(done, refused=(*done.refused, *missing))

    def redrive_page(self, *, limit: int, cursor: str | None) -> Redriven:
        """Send all of a page to the work queue once more; at most MOST_REDRIVEN."""
        page = self.page(limit=limit, cursor=cursor)
        return replace(self._redriven(page.items), cursor=page.cursor)

    def _redriven(self, dead: Iterable[DeadMessage]) -> Redriven:
        """Sent first, then deleted: a crash between sends twice, and a doubled hint finds nothing to do."""
        again: list[tuple[DeadMessage, Hint]] = []
        refused: list[Refused] = []
        for message in dead:
            try:
                again.append((message, replace(decoded(message.body), at=None)))
            except UnknownMessage as error:
                refused.append(Refused(message.message_id, str(error)))
        lost = self.queue.announce(*(hint for _, hint in again), now=self.clock())
        refused += [Refused(message.message_id, UNSENT) for message, hint in again if hint in lost]
        sent = [message for message, hint in again if hint not in lost]
        for message in sent:
            self.messages.delete(message)
        return Redriven(
            message_ids=tuple(dict.fromkeys(message.message_id for message in sent)), refused=tuple(refused)
        )


def _place(cursor: str | None, days: list[str]) -> tuple[list[str], str | None]:
    """The days from a cursor on, and the place in the first of them. Raises Invalid."""
    if cursor is None:
        return days, None
    day, _, inner = cursor.partition(".")
    if day not in days:
        raise unknown_cursor()
    return days[days.index(day) :], inner or None
