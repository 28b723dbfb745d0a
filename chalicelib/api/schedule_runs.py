"""What schedules do: the runs to come, the runs there were, and one more now."""

from chalicelib.domain import outlook
from chalicelib.domain.cron_text import CronFormat
from chalicelib.domain.errors import FieldError, Invalid
from chalicelib.domain.zones import zone_named
from chalicelib.services.reading import FullTask

from .creating import KEY_HEADER, created, idempotency_key
from .fields import NoBody, NoQuery, Paging
from .operation import Call, Reply, Routes
from .outlook_presenting import cron_check, refused_check, schedule_preview
from .schedule_presenting import backfill_answer, execution_object
from .schedule_requests import BackfillRange, CronBody, CronQuery, PreviewQuery
from .schedule_wire import BackfillAnswer, CronCheck, ExecutionList, SchedulePreview
from .schedules import ONE, ROOT
from .task_presenting import task_answer
from .task_wire import TaskAnswer
from .telling_apart import agreed

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


@routes.route("POST", ONE + "/backfill", BackfillAnswer, query=BackfillRange, body=BackfillRange)
def backfill_schedule(call: Call[BackfillRange, BackfillRange]) -> BackfillAnswer:
    """Run the slots of a past range that have no run yet, 100 at most; asked again, none runs twice."""
    since = agreed("since", call.query.since, call.body.since)
    until = agreed("until", call.query.until, call.body.until)
    lacking = [name for name, at in (("since", since), ("until", until)) if at is None]
    if since is None or until is None:
        raise Invalid(tuple(FieldError(f"/{name}", "is required") for name in lacking))
    schedule, plan = call.use_cases.backfilling.backfill(
        call.path["schedule_id"], since=since, until=until, tenant=call.tenant
    )
    return backfill_answer(schedule, plan)


@routes.route("GET", ONE + "/executions", ExecutionList, query=Paging)
def list_executions(call: Call[Paging, NoBody]) -> ExecutionList:
    """List what became of the slots, newest first: of their tasks, or why they have none."""
    page, results = call.use_cases.schedules.executions(
        call.path["schedule_id"], tenant=call.tenant, limit=call.query.limit, cursor=call.query.cursor
    )
    rows = [execution_object(run, result) for run, result in zip(page.items, results, strict=True)]
    return ExecutionList(executions=rows, next_cursor=page.cursor)


@routes.route("POST", ROOT + "/validate", CronCheck, query=CronQuery, body=CronBody)
def validate_cron(call: Call[CronQuery, CronBody]) -> CronCheck:
    """Say whether a cron expression is understood, when it fires next, and what may surprise its owner."""
    text = agreed("cron_expression", call.query.cron_expression, call.body.cron_expression)
    zone = agreed("timezone", call.query.timezone, call.body.timezone) or "UTC"
    form = agreed("cron_format", call.query.cron_format, call.body.cron_format) or CronFormat.STANDARD
    schedule_id = agreed("schedule_id", call.query.schedule_id, call.body.schedule_id)
    if text is None:
        raise Invalid.at("cron_expression", "is required")
    now = call.use_cases.clock()
    try:
        found = outlook.of_expression(
            text,
            form,
            zone,
            now=now,
            count=SHOWN_RUNS,
            schedule_id=schedule_id,
            policy=call.body.dst_policy.policy(),
        )
    except Invalid as wrong:
        return refused_check(text, form, zone, wrong.errors[0].message)
    return cron_check(found, text, form, zone)


@routes.route("GET", ONE + "/preview", SchedulePreview, query=PreviewQuery)
def preview_schedule(call: Call[PreviewQuery, NoBody]) -> SchedulePreview:
    """Say what a schedule will do: its coming runs, in plain words and with what may surprise its owner."""
    schedule = call.use_cases.schedules.get(call.path["schedule_id"], tenant=call.tenant)
    shown_in = schedule.timezone if call.query.timezone is None else call.query.timezone
    place = zone_named(shown_in)
    found = outlook.of_schedule(schedule, now=call.use_cases.clock(), count=call.query.count)
    return schedule_preview(schedule, found, place)
