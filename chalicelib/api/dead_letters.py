"""Tasks that are over without a result: list those that failed, try them again."""

from chalicelib.domain.errors import FieldError, Invalid
from chalicelib.domain.task import Task
from chalicelib.services.reading import FullTask
from chalicelib.services.redriving import Redrive, Redriven

from .creating import KEY_HEADER, created, idempotency_key, replayed
from .dead_letter_requests import DeadLetterQuery, RedriveFields, Retry, wanted
from .dead_letter_wire import DeadLetter, DeadLetterList, RedrivenTask, RefusedTask, TaskRedrive
from .fields import NoBody, NoQuery
from .operation import Call, Reply, Routes
from .task_presenting import task_answer
from .task_wire import TaskAnswer
from .times import iso, iso_or_none

routes = Routes("dead letters")
ROOT = "/aitp/dead-letters"


@routes.route(
    "POST", "/aitp/tasks/{task_id}/retry", TaskAnswer, body=Retry, statuses=(201,), headers=KEY_HEADER
)
def retry_task(call: Call[NoQuery, Retry]) -> Reply[TaskAnswer]:
    """Make a new task, once, in the place of one that is FAILED or CANCELLED."""
    task_id = call.path["task_id"]
    made, was_known = call.use_cases.retrying.retry(
        task_id, tenant=call.tenant, edited=call.body.edited(), key=idempotency_key(call.headers)
    )
    body = task_answer(FullTask(made), f"task {task_id} is retried as task {made.task_id}")
    return created(body, f"/aitp/tasks/{made.task_id}", was_known=was_known)


@routes.route("GET", ROOT, DeadLetterList, query=DeadLetterQuery)
def list_dead_letters(call: Call[DeadLetterQuery, NoBody]) -> DeadLetterList:
    """List tasks that failed for good in the last 30 days and were not retried, newest end first."""
    asked = call.query
    page = call.use_cases.dead_letters.page(
        wanted(asked), tenant=call.tenant, limit=asked.limit, cursor=asked.cursor
    )
    return DeadLetterList(dead_letters=[_dead_letter(task) for task in page.items], next_cursor=page.cursor)


@routes.route("POST", ROOT + "/redrive", TaskRedrive, body=RedriveFields, headers=KEY_HEADER)
def redrive_dead_letters(call: Call[NoQuery, RedriveFields]) -> Reply[TaskRedrive]:
    """Retry the tasks named, or the next dead letters of a filter, spaced so that no agent is flooded."""
    asked = _understood(call.body)
    key = idempotency_key(call.headers)
    try:
        done = call.use_cases.redriving.redrive(asked, tenant=call.tenant, key=key)
    except Invalid as wrong:  # the list knows its cursor as a parameter
        raise Invalid(tuple(FieldError(f"/{e.pointer}", e.message) for e in wrong.errors)) from None
    return Reply(_answer(done), headers=replayed(was_known=done.was_known))


def _understood(sent: RedriveFields) -> Redrive:
    """Raises Invalid where the fields do not go together."""
    given = sent.model_fields_set
    if (sent.task_ids is None) == (sent.filter is None):
        raise Invalid.at("/filter", "send either task_ids or a filter ({} is every dead letter)")
    if sent.task_ids is not None and (beside := given & {"limit", "cursor"}):
        raise Invalid.at(f"/{min(beside)}", "goes with a filter; all of task_ids are redriven")
    if "input_data" in given and (sent.task_ids is None or len(sent.task_ids) != 1):
        raise Invalid.at("/input_data", "edits one task: send it with exactly one id in task_ids")
    which = {} if sent.filter is None else {"wanted": wanted(sent.filter)}
    return Redrive(
        task_ids=tuple(sent.task_ids or ()),
        limit=sent.limit,
        cursor=sent.cursor,
        edited=sent.edited(),
        per_second=sent.per_second,
        **which,
    )


def _answer(done: Redriven) -> TaskRedrive:
    redriven = [RedrivenTask(task_id=task_id, retried_as=made.task_id) for task_id, made in done.made]
    refused = [RefusedTask(task_id=task_id, reason=reason) for task_id, reason in done.refused]
    message = f"{len(redriven)} redriven, {len(refused)} refused"
    if done.cursor is not None:
        message += "; there may be more: call again, with next_cursor to pass over those refused"
    return TaskRedrive(redriven=redriven, refused=refused, next_cursor=done.cursor, message=message)


def _dead_letter(task: Task) -> DeadLetter:
    return DeadLetter(
        task_id=task.task_id,
        client_id=task.client_id,
        task_type=task.task_type,
        capability_required=task.capability,
        failure_kind=None if task.failure is None else task.failure.value,
        error_message=task.error,
        attempts=task.token,
        agent_id=None if task.last is None else task.last.agent_id,
        created_at=iso(task.created_at),
        ended_at=iso_or_none(task.ended_at),
        schedule_id=task.schedule_id,
        retry_of=task.retry_of,
    )
