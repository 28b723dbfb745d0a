"""Dead letters: tasks that failed for good and that nobody has retried yet, newest end first."""

import re

from chalicelib.domain.errors import unknown_cursor
from chalicelib.domain.redrive import day_of
from chalicelib.domain.task import RETENTION_S, FailureKind, Task
from chalicelib.domain.zones import DAY_MS
from chalicelib.values import dataclass

from .ports import Clock, Page, TaskStore

MOST_KEYS = 1_000  # read for one page, however selective its filters
MOST_READS = 60  # of the index for one page: each of the days that rows are kept may be empty
BATCH = 100
_CURSOR = re.compile(r"([0-9]{1,6})\.(.*)", re.DOTALL)  # the day, and the store's own cursor within it


@dataclass(frozen=True, kw_only=True)
class DeadFilter:
    """Which of them. Ended at `since` or later and before `until`, milliseconds UTC."""

    capability: str | None = None
    task_type: str | None = None
    client_id: str | None = None
    schedule_id: str | None = None
    failure: FailureKind | None = None
    since: int | None = None
    until: int | None = None

    def admits(self, task: Task) -> bool:
        """Whether the row belongs to the list; the index that led to it may lag."""
        named = (
            (self.capability, task.capability),
            (self.task_type, task.task_type),
            (self.client_id, task.client_id),
            (self.schedule_id, task.schedule_id),
            (self.failure, task.failure),
        )
        return task.is_dead and all(wanted in (None, found) for wanted, found in named)


@dataclass(frozen=True, eq=False, repr=False)
class DeadLetters:
    """Read from an index by the day of their end, over the days that rows are kept."""

    tasks: TaskStore
    clock: Clock

    def page(self, wanted: DeadFilter, *, tenant: str, limit: int, cursor: str | None) -> Page[Task]:
        """Newest end first. It may be short, or empty, and still have a cursor. Raises Invalid."""
        first, last = self._days(wanted)
        day, after = (last, None) if cursor is None else _place(cursor, last)
        found: list[Task] = []
        keys = reads = 0
        while day >= first and len(found) < limit and keys < MOST_KEYS and reads < MOST_READS:
            part = self.tasks.dead(
                tenant,
                day,
                since=max(wanted.since or 0, day * DAY_MS),
                until=_sooner(wanted.until, (day + 1) * DAY_MS),
                limit=min(BATCH, limit - len(found)),
                cursor=after,
            )
            found += filter(wanted.admits, self.tasks.get_many(part.items))
            keys, reads = keys + len(part.items), reads + 1
            day, after = (day, part.cursor) if part.cursor else (day - 1, None)
        return Page(tuple(found), f"{day}.{after or ''}" if day >= first else None)

    def _days(self, wanted: DeadFilter) -> tuple[int, int]:
        """The oldest and the newest to look at."""
        now = self.clock()
        oldest = max(wanted.since or 0, now - RETENTION_S * 1000)
        return day_of(oldest), day_of(_sooner(wanted.until, now + 1) - 1)


def _sooner(limit: int | None, end: int) -> int:
    return end if limit is None else min(limit, end)


def _place(cursor: str, last: int) -> tuple[int, str | None]:
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[1]) > last:
        raise unknown_cursor()
    return int(match[1]), match[2] or None
