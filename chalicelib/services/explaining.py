"""Why a task waits, and where one would go: the real router, which assigns nothing here."""

from collections import Counter
from collections.abc import Mapping

from chalicelib.domain import routing, waiting
from chalicelib.domain.agent import Agent
from chalicelib.domain.errors import NotFound
from chalicelib.domain.routing import Choice
from chalicelib.domain.task import Task
from chalicelib.domain.waiting import Cause
from chalicelib.values import dataclass

from .dispatch import DRAWS
from .ports import Chance, Clock, TaskStore
from .roster import Roster

LOOKED_AT = sum(DRAWS)  # agents at most, as many as a dispatch reads
COUNTED = 100  # tasks before it in line at most


@dataclass(frozen=True)
class Explanation:
    """What routing makes of a task now; `choice` is None when no agent is looked for.

    `ahead` counts the tasks before it in line, `next_free_ms` says when a slot is likely free.
    """

    task: Task
    cause: Cause
    choice: Choice | None = None
    ahead: int | None = None
    next_free_ms: int | None = None


@dataclass(frozen=True)
class _Looked:
    """The agents that were drawn, and how many there are to draw from."""

    agents: list[Agent]
    fleet: int


@dataclass(frozen=True, eq=False, repr=False)
class Explaining:
    """Reads only, at most six calls whatever the number of agents and tasks."""

    tasks: TaskStore
    roster: Roster
    clock: Clock
    chance: Chance

    def explain(self, task_id: str, *, tenant: str) -> Explanation:
        """Raises NotFound, also for another tenant's."""
        task = self.tasks.get(task_id)
        if task is None or task.tenant != tenant:
            raise NotFound(f"no task {task_id}")
        cause = waiting.outside(task, now=self.clock())
        if cause is not None:
            return Explanation(task, cause)
        return self._chosen(task, self._looked(task), ahead=self._ahead(task))

    def tried(self, task: Task, *, draws: int) -> tuple[Explanation, Mapping[str, float]]:
        """What would become of a task that is not stored, and each agent's share over so many choices."""
        looked = self._looked(task)
        choices = (self._choice(task, looked) for _ in range(draws))
        chosen = Counter(choice.agent.agent_id for choice in choices if choice.agent is not None)
        shares = {agent_id: count / draws for agent_id, count in chosen.most_common()}
        return self._chosen(task, looked, ahead=None), shares

    def _looked(self, task: Task) -> _Looked:
        """Those that a dispatch would draw from; where there are none, those that cannot take work."""
        agents = self.roster.agents
        pool = self.roster.candidates(task.tenant, task.capability)
        if not pool:
            known = agents.with_capability(task.tenant, task.capability, limit=LOOKED_AT, cursor=None)
            return _Looked([a for a in agents.get_many(known.items) if not a.left], 0)
        drawn = self.chance.sample(pool, min(LOOKED_AT, len(pool)))
        return _Looked(agents.get_many(drawn), len(pool))

    def _choice(self, task: Task, looked: _Looked) -> Choice:
        """As a dispatch would: among a few, and when none of them may have it among all."""
        now, first = self.clock(), min(DRAWS[0], len(looked.agents))
        few = self.chance.sample(looked.agents, first)
        choice = routing.choose(task, few, now=now, chance=self.chance, are_all=looked.fleet <= first)
        if choice.agent is not None or first == len(looked.agents):
            return choice
        are_all = looked.fleet <= LOOKED_AT
        return routing.choose(task, looked.agents, now=now, chance=self.chance, are_all=are_all)

    def _chosen(self, task: Task, looked: _Looked, *, ahead: int | None) -> Explanation:
        choice = self._choice(task, looked)
        free = waiting.next_free_ms(looked.agents, choice, task, fleet=looked.fleet)
        return Explanation(task, waiting.in_line(choice), choice, ahead, free)

    def _ahead(self, task: Task) -> int | None:
        """Of the first hundred; None when it stands further back, or the index does not show it yet."""
        line = self.tasks.standing(task.queue_key or "", limit=COUNTED).items
        ids = [standing.task_id for standing in line]
        return ids.index(task.task_id) if task.task_id in ids else None
