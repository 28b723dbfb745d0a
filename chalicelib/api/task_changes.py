"""Tasks that are not over: change how urgent one is, or how long it may run."""

from chalicelib.services.reading import FullTask

from .fields import NoQuery, milliseconds
from .operation import Call, Routes
from .task_presenting import task_answer
from .task_requests import NewPriority, NewTimeout
from .task_wire import TaskAnswer

routes = Routes("tasks")


@routes.route("PUT", "/aitp/tasks/{task_id}/priority", TaskAnswer, body=NewPriority)
def change_priority(call: Call[NoQuery, NewPriority]) -> TaskAnswer:
    """Change how urgent a task is: one that waits moves in its line, one that is held bears the number."""
    task = call.use_cases.adjusting.prioritise(
        call.path["task_id"], tenant=call.tenant, priority=call.body.priority
    )
    return task_answer(FullTask(task), f"task {task.task_id} has priority {task.priority}")


@routes.route("PUT", "/aitp/tasks/{task_id}/timeout", TaskAnswer, body=NewTimeout)
def change_timeout(call: Call[NoQuery, NewTimeout]) -> TaskAnswer:
    """Change how long a task may run, counted from its start: of one that runs this moves the deadline."""
    wanted = milliseconds(call.body.timeout_seconds)
    task = call.use_cases.adjusting.retime(call.path["task_id"], tenant=call.tenant, timeout_ms=wanted)
    return task_answer(FullTask(task), f"task {task.task_id} may run {task.timeout_ms / 1000:g} s")
