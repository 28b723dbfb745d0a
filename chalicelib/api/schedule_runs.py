"""What schedules do: the runs to come, the runs there were, and one more now."""

from chalicelib.domain import cron, cron_words
from chalicelib.domain.errors import Invalid
from chalicelib.services.reading import FullTask

from .creating import KEY_HEADER, created, idempotency_key
from .fields import NoBody, NoQuery, Paging
from .operation import Call, Reply, Routes
from .schedule_presenting import execution_object
from .schedule_requests import CronQuery
from .schedule_wire import CronCheck, ExecutionList
from .schedules import ONE, ROOT
from .task_presenting import task_answer
from .task_wire import TaskAnswer
from .telling_apart import agreed
from .times import iso

routes = Routes("schedules")
SHOWN_RUNS = 10


@routes.route("POST", ONE + "/run", TaskAnswer, statuses=(201,), headers=KEY_HEADER)
def run_schedule(call: Call[NoQuery, NoBody]) -> Reply[TaskAnswer]:
    """Run a schedule once now, beside its cron."""
    schedule_id, key, was_known = call.path["schedule_id"], idempotency_key(call.headers), False
    if key is None:
        task = call.use_cases.firing.run_now(schedule_id, tenant=call.tenant)
    else:
        task, was_known = call.use_cases.firing.run_once(schedule_id, tenant=call.tenant, key=key)
    body = task_answer(FullTask(task), f"schedule {schedule_id} runs as task {task.task_id}")
    return created(body, f"/aitp/tasks/{task.task_id}", was_known=was_known)


@routes.route("GET", ONE + "/executions", ExecutionList, query=Paging)
def list_executions(call: Call[Paging, NoBody]) -> ExecutionList:
    """List the slots that fired, newest first, with what became of their tasks."""
    page, results = call.use_cases.schedules.executions(
        call.path["schedule_id"], tenant=call.tenant, limit=call.query.limit, cursor=call.query.cursor
    )
    rows = [execution_object(run, result) for run, result in zip(page.items, results, strict=True)]
    return ExecutionList(executions=rows, next_cursor=page.cursor)


@routes.route("POST", ROOT + "/validate", CronCheck, query=CronQuery, body=CronQuery)
def validate_cron(call: Call[CronQuery, CronQuery]) -> CronCheck:
    """Say whether a cron expression is understood, when it fires next, and what may surprise its owner."""
    text = agreed("cron_expression", call.query.cron_expression, call.body.cron_expression)
    zone = agreed("timezone", call.query.timezone, call.body.timezone) or "UTC"
    if text is None:
        raise Invalid.at("cron_expression", "is required")
    now = call.use_cases.clock()
    try:
        expression = cron.parse(text)
        runs = [iso(slot) for slot in cron.describe_next(expression, zone, now, SHOWN_RUNS)]
        warnings = cron_words.warnings(expression, zone, now)
    except Invalid as wrong:
        return _check(text, zone, [], [], wrong.errors[0].message)
    return _check(
        expression.text, zone, runs, warnings, f"fires next at {runs[0]}" if runs else "never fires"
    )


def _check(text: str, zone: str, runs: list[str], warnings: list[str], message: str) -> CronCheck:
    return CronCheck(
        valid=bool(runs),
        cron_expression=text,
        timezone=zone,
        next_run_at=runs[0] if runs else None,
        next_runs=runs,
        warnings=warnings,
        message=message,
    )
