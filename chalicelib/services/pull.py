"""A free slot takes the best waiting task of its agent's capabilities."""

from collections.abc import Sequence
from dataclasses import field, replace

from chalicelib.domain import queueing, routing
from chalicelib.domain.agent import Agent
from chalicelib.domain.errors import LostRace
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from .crowding import Crowding
from .handing import Handing
from .ports import AgentUnavailable, Chance, Clock, Standing, TaskStore
from .roster import Roster

LINES = 2  # at most so many lines a call, the next ones in turn
LOOKAHEAD = 4  # keys read per free slot
PAGE = 100
ASIDE = 1  # pages passed over for a task that no other agent prefers
DEEPER = 3  # pages read on while nothing before them suits this agent
HEAD_START_MS = 250  # a new task is left to its dispatch so long: both at once waste a transaction
LOST_CLAIMS = 2  # per slot: one at the line's head, one out of the others' way
RIVALS = 4  # others that a doubted agent is compared with


@dataclass
class _Taking:
    """One agent at one line: what it took, and how often others were faster."""

    agent: Agent
    capability: str
    free: int
    seq: int | None
    holding: int  # taken from other lines in this call
    taken: list[Task] = field(default_factory=list)
    lost: int = 0
    is_done: bool = False

    @property
    def is_over(self) -> bool:
        """Its slots are full, or others are where it is."""
        return self.is_done or len(self.taken) >= self.free or self.lost >= self.free

    @property
    def loaded(self) -> Agent:
        """The agent with what it holds by now."""
        return replace(self.agent, in_flight=self.agent.in_flight + self.holding + len(self.taken))


@dataclass(frozen=True, eq=False, repr=False)
class Pull:
    """Capacity pulls, so that a backlog costs nothing while it waits."""

    tasks: TaskStore
    roster: Roster
    crowding: Crowding
    handing: Handing
    clock: Clock
    chance: Chance
    head_start_ms: int = HEAD_START_MS

    def fill(self, agent: Agent, *, slots: int | None = None, seq: int | None = None) -> list[Task]:
        """The tasks taken, up to the agent's free slots (and `slots`, what it asks for itself)."""
        free = agent.free_slots if slots is None else min(slots, agent.free_slots)
        taken: list[Task] = []
        if free <= 0 or not agent.is_taking(self.clock()):
            return taken
        for capability in self._lines_in_turn(agent):
            taken += self._from_line(agent, capability, free - len(taken), seq, holding=len(taken))
            if len(taken) >= free:
                break
        return taken

    def _lines_in_turn(self, agent: Agent) -> list[str]:
        """Two of its lines, starting anywhere: over a few calls each has its turn."""
        names = list(agent.profile.capabilities)
        start = int(self.chance.random() * len(names))
        return (names[start:] + names[:start])[:LINES]

    def _from_line(
        self, agent: Agent, capability: str, free: int, seq: int | None, *, holding: int
    ) -> list[Task]:
        """Whoever meets others at the line's head begins once more, out of their way."""
        for _ in range(LOST_CLAIMS):
            taking = _Taking(agent, capability, free, seq, holding)
            self._through(taking)
            if taking.taken or not taking.lost:
                break
        if not taking.lost:
            self.crowding.alone(agent, capability)
        return taking.taken

    def _through(self, taking: _Taking) -> None:
        """From the head on; further in while all before is for others, so that it does not block the line."""
        line = queueing.line(taking.agent.tenant, taking.capability)
        is_crowded = self.crowding.is_crowded(taking.agent, taking.capability)
        cursor: str | None = None
        first = PAGE if is_crowded else min(PAGE, LOOKAHEAD * taking.free)
        for depth, size in enumerate((first, *[PAGE] * DEEPER)):
            page = self.tasks.standing(line, limit=size, after=cursor)
            cursor = page.cursor
            is_last = cursor is None or depth >= ASIDE
            ids = self._aside(taking, page.items, is_last) if is_crowded else self._shuffled(page.items)
            waiting = self.tasks.get_many(ids) if ids else []
            self._claim(taking, [task for task in waiting if task.in_line])
            if taking.is_over or cursor is None:
                return

    def _aside(self, taking: _Taking, ahead: Sequence[Standing], is_last: bool) -> list[str]:
        """What no other agent prefers; in the end, before it goes without, anything."""
        own = self.crowding.own(taking.agent, taking.capability, ahead)
        ids = self._shuffled(ahead) if is_last and not own else own
        return ids[: LOOKAHEAD * taking.free]

    def _shuffled(self, ahead: Sequence[Standing]) -> list[str]:
        """Agents that meet at one line's head try different tasks of a priority band first."""
        return queueing.shuffled_bands(ahead, chances=[self.chance.random() for _ in ahead])

    def _claim(self, taking: _Taking, waiting: list[Task]) -> None:
        for task in waiting:
            if taking.is_over:
                return
            loaded = taking.loaded
            if not self._may_take(loaded, task):
                continue
            if self._stands_back(loaded, task):
                taking.is_done = True
                return
            try:
                choice = routing.pulled(loaded, task)
                taking.taken.append(self.handing.assign(task, loaded, choice=choice, seq=taking.seq))
            except LostRace:
                taking.lost += 1
                self.crowding.met(taking.agent, taking.capability)
            except AgentUnavailable:
                taking.is_done = True
        taking.is_done = taking.is_done or bool(taking.taken)

    def _may_take(self, agent: Agent, task: Task) -> bool:
        now = self.clock()
        if task.has_expired(now) or self._is_being_dispatched(task, now):
            return False
        if routing.why_not(agent, task, now=now) is not None:
            return False
        if not routing.had_it(agent.agent_id, task):
            return True
        fleet = self.roster.agents.get_many(self._others(agent, task))
        return not any(routing.could_take(other, task, now=now) for other in fleet)

    def _stands_back(self, agent: Agent, task: Task) -> bool:
        """Only an agent that is doubted costs a read: of a few others, which it is compared with."""
        now = self.clock()
        if not routing.is_doubted(agent, task.capability, now=now):
            return False
        others = self._others(agent, task)
        rivals = self.roster.agents.get_many(self.chance.sample(others, min(RIVALS, len(others))))
        return routing.stands_back(agent, rivals, task, now=now, chance=self.chance)

    def _others(self, agent: Agent, task: Task) -> list[str]:
        return sorted(set(self.roster.candidates(task.tenant, task.capability)) - {agent.agent_id})

    def _is_being_dispatched(self, task: Task, now: int) -> bool:
        """A new task has been announced: whoever is free gets it at this moment."""
        return task.last is None and task.not_before is None and task.created_at > now - self.head_start_ms
