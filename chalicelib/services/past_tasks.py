"""What an agent brought to an end: its past tasks, found by what moved its trust."""

from chalicelib.domain.task import Task
from chalicelib.domain.trust_events import Told
from chalicelib.values import dataclass

from .ports import Page, TaskStore
from .reading import TaskFilter, gathered
from .trusting import Trusting


@dataclass(frozen=True, eq=False, repr=False)
class PastTasks:
    """Of the last 30 days, as far as the history of trust reaches (an index: it may lag)."""

    tasks: TaskStore
    trusting: Trusting

    def of_agent(
        self, agent_id: str, wanted: TaskFilter, *, tenant: str, limit: int, cursor: str | None
    ) -> Page[Task]:
        """Newest end first: tasks that are over and whose last assignment was this agent's.

        Without those whose end said nothing of it: cancelled, called hopeless, done for its own owner. Raises
        NotFound.
        """

        def page(size: int, after: str | None) -> Page[Task]:
            moved = self.trusting.history(agent_id, tenant=tenant, limit=size, cursor=after)
            return Page(tuple(self._ended(moved)), moved.cursor)

        found = gathered(page, wanted.admits, limit=limit + wanted.offset, cursor=cursor)
        return Page(found.items[wanted.offset :], found.cursor)

    def _ended(self, moved: Page[Told]) -> list[Task]:
        """An earlier attempt at a task is not its end, and what disproved a verdict is no attempt."""
        ends = [(told.event.task_id or "", told.event.token) for told in moved.items]
        rows = {row.task_id: row for row in self.tasks.get_many(list(dict(ends)))}
        found = [(rows.get(task_id), token) for task_id, token in ends]
        return [row for row, token in found if row is not None and _ended_with(row, token)]


def _ended_with(task: Task, token: int | None) -> bool:
    return task.is_over and task.last is not None and task.last.token == token
