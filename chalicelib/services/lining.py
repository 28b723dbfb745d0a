"""Placing new tasks in their line, fairly between clients, at no cost while nobody waits.

    nobody waits          its age is its place; a few that this process made since it looked go in turn
    somebody waits        a turn after its client's last task: one conditional write on a row of its own
    made for later, or    in turn with what this process made just before for the same client;
    by a schedule         nothing is read or written

docs/adr/0004-turns-in-a-line.md says what this was weighed against.
"""

from dataclasses import field
from threading import Lock
from typing import NamedTuple

from chalicelib.domain import lifecycle, queueing, turns
from chalicelib.domain.queueing import MINUTE_MS
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from .ports import Clock, Limits, TaskStore

LOOK = 10  # tasks at the head of a line that are looked at
FRESH_MS = 1_000  # what was seen of a line is good for so long
SLACK_MS = 30_000  # others may have put so many turns into a line since it was looked at
UNSEEN = 4  # tasks are placed in a line that was seen empty before it is looked at again
BURST_MS = 10_000  # what a process made for later follows on if it comes within this time
MOST_AHEAD_MS = 600_000  # that a task is put back by what its process alone remembers


@dataclass
class _View:
    """What was seen of a line, and put there since."""

    read_at: int
    waiting: list[Task]
    end: int  # the order of its last task
    is_short: bool  # all of it was seen
    unseen: int = 0  # tasks placed since it was seen empty

    @property
    def is_whole(self) -> bool:
        """`waiting` is all that is known of the line, not its head alone."""
        return self.is_short and len(self.waiting) < LOOK

    def last(self, priority: int) -> int:
        """The place with which a task of this priority stands at the end."""
        return self.end + (priority - 1) * MINUTE_MS


class _Next(NamedTuple):
    """Where the next task of a client, line and priority joins, as this process knows it."""

    place: int
    known_at: int
    void: int  # how much of what its row is ahead does not count


@dataclass(eq=False, repr=False)
class Lining:
    """What is remembered saves calls: a place is a matter of fairness, never of correctness."""

    tasks: TaskStore
    limits: Limits
    clock: Clock
    most_remembered: int = 10_000
    _views: dict[str, _View] = field(default_factory=dict)
    _next: dict[str, _Next] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def placed(self, task: Task) -> Task:
        """A new task, not written yet, at its place."""
        if not task.in_line:
            return self.paced(task)
        view = self._view(_line(task))
        if not view.waiting:
            view.unseen += 1
            return self._paced(task, since=view.read_at)
        tag, behind = self._turn(task, view, task.priority)
        placed = lifecycle.placed(task, tag=tag, behind=behind, is_parked=True)
        view = self._view(_line(task))  # perhaps it was looked at again
        view.end = max(view.end, placed.queue_order or 0)
        if len(view.waiting) < LOOK:
            view.waiting.append(placed)
        return placed

    def paced(self, task: Task) -> Task:
        """The same by what this process remembers alone."""
        return self._paced(task, since=self.clock() - BURST_MS)

    def sooner(self, task: Task, priority: int) -> int:
        """Where a waiting task stands that gets a higher priority: as if it came now, but never later."""
        tag, _ = self._turn(task, self._view(_line(task)), priority)
        return min(task.place, tag)

    def _paced(self, task: Task, *, since: int) -> Task:
        name, place = _name(task, task.priority), task.place
        tag = min(max(place, self._known(name, since=since)), place + MOST_AHEAD_MS)
        self._remember(name, tag + turns.TURN_MS)
        return lifecycle.placed(task, tag=tag, behind=tag > place)

    def _turn(self, task: Task, view: _View, priority: int) -> tuple[int, bool]:
        """The place, and whether others of the same client go first."""
        joins = turns.line_time(view.waiting, priority=priority, now=self.clock())
        own = turns.own_turn(view.waiting, client_id=task.client_id, priority=priority)
        name = _name(task, priority)
        known = self._known(name, since=view.read_at - FRESH_MS)
        if view.is_whole and not own and not known:
            self._remember(name, joins + turns.TURN_MS)
            return joins, False  # whoever looks next sees it in line: no row has to tell
        since = max(joins, own, known)
        begin = self.limits.reserve(f"tag#{name}", turns.TURN_MS, since=since)
        void = 0 if begin == since else self._void(name)
        if begin - void > view.last(priority) + SLACK_MS:
            # Its row may be of a backlog that is gone: nobody is put behind the end of the line.
            over = begin - void - self._view(_line(task), anew=True).last(priority) - turns.TURN_MS
            void += over if over > SLACK_MS else 0
        tag = max(joins, begin - void)
        self._remember(name, tag + turns.TURN_MS, void=void)
        return tag, tag > joins

    def _view(self, line: str, *, anew: bool = False) -> _View:
        now = self.clock()
        known = None if anew else self._views.get(line)
        if known is not None and 0 <= now - known.read_at < FRESH_MS and known.unseen < UNSEEN:
            return known
        head = self.tasks.standing(line, limit=LOOK)
        rows = self.tasks.get_many([standing.task_id for standing in head.items])
        last = head if head.cursor is None else self.tasks.standing(line, limit=1, last_first=True)
        end = max((standing.order for standing in last.items), default=0)
        view = _View(now, [row for row in rows if row.in_line], end, is_short=head.cursor is None)
        with self._lock:
            if len(self._views) >= self.most_remembered:
                self._views.clear()
            self._views[line] = view
        return view

    def _known(self, name: str, *, since: int) -> int:
        known = self._next.get(name)
        return known.place if known is not None and known.known_at >= since else 0

    def _void(self, name: str) -> int:
        known = self._next.get(name)
        return known.void if known is not None else 0

    def _remember(self, name: str, place: int, *, void: int = 0) -> None:
        with self._lock:
            if len(self._next) >= self.most_remembered:
                self._next.clear()
            self._next[name] = _Next(place, self.clock(), void)


def _line(task: Task) -> str:
    return queueing.line(task.tenant, task.capability)


def _name(task: Task, priority: int) -> str:
    return f"{_line(task)}#{task.client_id}#{priority}"
