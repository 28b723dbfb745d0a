"""Changing how urgent a task is, and how long it may run."""

from chalicelib.domain import adjusting
from chalicelib.domain.task import Task
from chalicelib.values import dataclass

from .changing import Changing
from .lining import Lining


@dataclass(frozen=True, eq=False, repr=False)
class Adjusting:
    """Said once or often, with the same effect. Both raise NotFound, and IllegalMove for what is over."""

    changing: Changing
    lining: Lining

    def prioritise(self, task_id: str, *, tenant: str, priority: int) -> Task:
        """The task with this priority, in line where that puts it."""

        def decide(task: Task) -> Task:
            is_raised = task.in_line and task.behind and priority > task.priority
            place = self.lining.sooner(task, priority) if is_raised else None
            return adjusting.prioritised(task, priority, place=place)

        return self.changing.change(task_id, decide, tenant=tenant)

    def retime(self, task_id: str, *, tenant: str, timeout_ms: int) -> Task:
        """The task, which may run so long from its start on."""
        return self.changing.change(task_id, lambda task: adjusting.retimed(task, timeout_ms), tenant=tenant)
