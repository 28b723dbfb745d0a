"""A free slot takes the best waiting task of its agent's capabilities."""

from dataclasses import dataclass, replace

from chalicelib.domain import queueing, routing
from chalicelib.domain.agent import Agent
from chalicelib.domain.errors import LostRace
from chalicelib.domain.task import Task

from .handing import Handing
from .ports import AgentUnavailable, Chance, Clock, Standing, TaskStore
from .roster import Roster

LINES = 2  # at most so many lines a call, the next ones in turn
LOOKAHEAD = 4  # keys read per free slot
PAGE = 100
DEEPER = 3  # pages read on while nothing before them suits this agent
HEAD_START_MS = 250  # a new task is left to its dispatch so long: both at once waste a transaction
LOST_CLAIMS = 2  # per slot
RIVALS = 4  # others that a doubted agent is compared with


@dataclass(frozen=True, eq=False, repr=False)
class Pull:
    """Capacity pulls, so that a backlog costs nothing while it waits."""

    tasks: TaskStore
    roster: Roster
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
        """From the head on; further in while all before is for others, so that it does not block the line."""
        line = queueing.line(agent.tenant, capability)
        cursor: str | None = None
        for size in (min(PAGE, LOOKAHEAD * free), *[PAGE] * DEEPER):
            page = self.tasks.standing(line, limit=size, after=cursor)
            taken, is_over = self._claimed(agent, page.items, free, seq, holding=holding)
            cursor = page.cursor
            if taken or is_over or cursor is None:
                break
        return taken

    def _claimed(
        self, agent: Agent, ahead: tuple[Standing, ...], free: int, seq: int | None, *, holding: int
    ) -> tuple[list[Task], bool]:
        """The tasks claimed, and whether to look no further."""
        taken: list[Task] = []
        lost = 0
        for task in self._waiting(ahead):
            if len(taken) >= free or lost >= LOST_CLAIMS * free:
                return taken, True
            loaded = replace(agent, in_flight=agent.in_flight + holding + len(taken))
            if not self._may_take(loaded, task):
                continue
            if self._stands_back(loaded, task):
                return taken, True
            try:
                choice = routing.pulled(loaded, task)
                taken.append(self.handing.assign(task, loaded, choice=choice, seq=seq))
            except LostRace:
                lost += 1
            except AgentUnavailable:
                return taken, True
        return taken, False

    def _waiting(self, ahead: tuple[Standing, ...]) -> list[Task]:
        """Agents that meet at one line's head try different tasks of a priority band first."""
        if not ahead:
            return []
        chances = [self.chance.random() for _ in ahead]
        ids = queueing.shuffled_bands(ahead, chances=chances)
        return [task for task in self.tasks.get_many(ids) if task.in_line]

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
