"""Which attempt of each task was taken last, so that none is taken twice."""

from __future__ import annotations

from collections import OrderedDict

_REMEMBERED = 10_000


class LastTokens:
    """The highest lease token of each task; tasks not heard of for long are forgotten."""

    def __init__(self) -> None:
        self._by_task: OrderedDict[str, int] = OrderedDict()

    def covers(self, task_id: str, token: int) -> bool:
        """This assignment, or a later one of the task, was noted."""
        return self._by_task.get(task_id, -1) >= token

    def note(self, task_id: str, token: int) -> bool:
        """False when it is covered already."""
        if self.covers(task_id, token):
            return False
        self._by_task[task_id] = token
        self._by_task.move_to_end(task_id)
        if len(self._by_task) > _REMEMBERED:
            self._by_task.popitem(last=False)
        return True
