"""Tasks: submit, look at, report on, cancel."""

from chalicelib.domain.errors import Invalid
from chalicelib.domain.task import OVER, Task
from chalicelib.domain.trace import traceparent
from chalicelib.services.holding import Report
from chalicelib.services.ports import Page
from chalicelib.services.reading import FullTask, TaskFilter
from chalicelib.services.submission import Order

from .creating import KEY_HEADER, created, idempotency_key
from .fields import NoBody, NoQuery, milliseconds
from .operation import Call, Reply, Routes
from .task_presenting import task_answer, task_detail, task_object, task_row
from .task_requests import Reason, StatusQuery, StatusReport, TaskListQuery, TaskSubmission
from .task_wire import CancelledTask, TaskAnswer, TaskDetail, TaskList
from .telling_apart import agreed

routes = Routes("tasks")
TRACE_HEADER = {"traceparent": "W3C Trace Context: kept with the task and handed to its agent."}
SUBMIT_HEADERS = {**KEY_HEADER, **TRACE_HEADER}


@routes.route("POST", "/aitp/tasks", TaskAnswer, body=TaskSubmission, statuses=(201,), headers=SUBMIT_HEADERS)
def submit_task(call: Call[NoQuery, TaskSubmission]) -> Reply[TaskAnswer]:
    """Submit a task: after the answer it is never lost."""
    sent = call.body
    order = Order(
        client_id=sent.client_id,
        task_type=sent.task_type,
        capability=sent.capability_required,
        input_data=sent.input_data,
        metadata=sent.metadata,
        priority=sent.priority,
        expires_at=sent.expires_at,
        not_before=sent.not_before,
        options=sent.options(),
        traceparent=traceparent(call.headers.get("traceparent")),
    )
    key = idempotency_key(call.headers)
    task, was_known = call.use_cases.submission.submit(order, tenant=call.tenant, key=key)
    body = task_answer(FullTask(task, metadata=sent.metadata), f"task {task.task_id} was accepted")
    return created(body, f"/aitp/tasks/{task.task_id}", was_known=was_known)


@routes.route("GET", "/aitp/tasks", TaskList, query=TaskListQuery)
def list_tasks(call: Call[TaskListQuery, NoBody]) -> TaskList:
    """List tasks of a client, of a schedule, of an agent (which also takes waiting work), or all of them.

    An agent's are those it holds; with a `status` of what is over, those that it ended in the last 30 days.
    """
    asked = call.query
    anchors = ("client_id", "assigned_agent_id", "schedule_id")
    named = [name for name in anchors if getattr(asked, name) is not None]
    if len(named) > 1:
        raise Invalid.at(named[1], f"cannot be combined with {named[0]}; a list is anchored on one of them")
    wanted = TaskFilter(
        client_id=asked.client_id,
        schedule_id=asked.schedule_id,
        status=asked.status,
        task_type=asked.task_type,
        offset=asked.offset,
    )
    if asked.assigned_agent_id is not None:
        of_agent = _past if asked.status in OVER else _inbox
        return of_agent(call, asked.assigned_agent_id, wanted)
    page = call.use_cases.reading.list_tasks(
        wanted, tenant=call.tenant, limit=asked.limit, cursor=asked.cursor
    )
    return _listed(page)


def _listed(page: Page[Task]) -> TaskList:
    return TaskList(tasks=[task_object(FullTask(task)) for task in page.items], next_cursor=page.cursor)


def _past(call: Call[TaskListQuery, NoBody], agent_id: str, wanted: TaskFilter) -> TaskList:
    """What the agent ended, newest first."""
    page = call.use_cases.past_tasks.of_agent(
        agent_id, wanted, tenant=call.tenant, limit=call.query.limit, cursor=call.query.cursor
    )
    return _listed(page)


def _inbox(call: Call[TaskListQuery, NoBody], agent_id: str, wanted: TaskFilter) -> TaskList:
    """What the agent holds now, by its order: no pages, since its slots bound it."""
    _, held = call.use_cases.agents.poll(agent_id, tenant=call.tenant)
    rows = [task for task in held if not task.is_over and wanted.admits(task)]
    rows = rows[wanted.offset : wanted.offset + call.query.limit]
    full = call.use_cases.reading.with_input(rows)
    return TaskList(tasks=[task_row(row) for row in full], next_cursor=None)


@routes.route("GET", "/aitp/tasks/{task_id}", TaskDetail)
def get_task(call: Call[NoQuery, NoBody]) -> TaskDetail:
    """One task with its input, its result and all its attempts."""
    return task_detail(call.use_cases.reading.task(call.path["task_id"], tenant=call.tenant))


@routes.route("PUT", "/aitp/tasks/{task_id}/status", TaskAnswer, query=StatusQuery, body=StatusReport)
def report_status(call: Call[StatusQuery, StatusReport]) -> TaskAnswer:
    """Report that a held task began, goes on, or ended. The accepted report sent again is answered alike."""
    sent, task_id = call.body, call.path["task_id"]
    agent_id = agreed("agent_id", call.query.agent_id, sent.agent_id)
    after = sent.retry_after_seconds
    report = Report(
        task_id=task_id,
        agent_id=agent_id or call.use_cases.reading.holder(task_id, tenant=call.tenant),
        token=sent.lease_token,
        status=sent.status,
        result=sent.result_data,
        error=sent.error_message,
        retryable=sent.retryable,
        retry_after_ms=None if after is None else milliseconds(after),
        progress=sent.progress,
    )
    task = call.use_cases.holding.report(report, tenant=call.tenant)
    return task_answer(FullTask(task), f"task {task_id} is {task.status}")


@routes.route("DELETE", "/aitp/tasks/{task_id}", CancelledTask, query=Reason, body=Reason)
def cancel_task(call: Call[Reason, Reason]) -> CancelledTask:
    """Cancel a task: at once for the caller; its agent hears when it next speaks."""
    reason = agreed("reason", call.query.reason, call.body.reason)
    task = call.use_cases.cancelling.cancel(call.path["task_id"], tenant=call.tenant, reason=reason)
    return CancelledTask(
        task_id=task.task_id, status=task.status.value, message=f"task {task.task_id} was cancelled"
    )
