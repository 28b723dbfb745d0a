"""Schedules: create, change, pause, resume, delete, run, and look at their runs."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.errors import Invalid
from chalicelib.domain.schedule import Schedule
from chalicelib.services.submission import Options

from .creating import KEY_HEADER, created, idempotency_key
from .fields import NoBody, NoQuery
from .operation import Call, Reply, Routes
from .schedule_presenting import etag, schedule_answer, schedule_object, small_document, translation
from .schedule_requests import (
    ScheduleDefinition,
    ScheduleFields,
    ScheduleListQuery,
    complete,
    merged,
)
from .schedule_wire import (
    ScheduleAction,
    ScheduleAnswer,
    ScheduleList,
    ScheduleObject,
)
from .task_requests import Reason
from .telling_apart import agreed
from .times import iso_or_none

routes = Routes("schedules")
ROOT = "/aitp/tasks/schedule"
ONE = ROOT + "/{schedule_id}"
_ETAG = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


@routes.route(
    "POST",
    ROOT,
    ScheduleAnswer,
    query=ScheduleFields,
    body=ScheduleDefinition,
    statuses=(201,),
    headers=KEY_HEADER,
)
def create_schedule(call: Call[ScheduleFields, ScheduleDefinition]) -> Reply[ScheduleAnswer]:
    """Make a task at every slot of a cron expression, or one at run_at."""
    sent = complete(merged(call.query, call.body))
    schedule, was_known = call.use_cases.schedules.create(
        sent.given() | {"task_options": sent.options().as_json()},
        tenant=call.tenant,
        input_data=sent.input_data,
        metadata=sent.metadata,
        key=idempotency_key(call.headers),
    )
    document = {"input": sent.input_data, "metadata": sent.metadata}
    message = f"schedule {schedule.schedule_id} was created" + translation(sent.cron_expression, schedule)
    body = schedule_answer(schedule, document, message)
    where = f"{ROOT}/{schedule.schedule_id}"
    return created(body, where, was_known=was_known, headers={"ETag": etag(schedule)})


@routes.route("GET", ROOT, ScheduleList, query=ScheduleListQuery)
def list_schedules(call: Call[ScheduleListQuery, NoBody]) -> ScheduleList:
    """List schedules, newest first where a client is named."""
    asked = call.query
    page = call.use_cases.schedules.list_schedules(
        tenant=call.tenant,
        client_id=asked.client_id,
        status=asked.status,
        limit=asked.limit + asked.offset,
        cursor=asked.cursor,
    )
    rows = [schedule_object(schedule, small_document(schedule)) for schedule in page.items[asked.offset :]]
    return ScheduleList(schedules=rows, next_cursor=page.cursor)


@routes.route("GET", ONE, ScheduleObject)
def get_schedule(call: Call[NoQuery, NoBody]) -> Reply[ScheduleObject]:
    """One schedule with its input; ETag is what If-Match of a change compares."""
    schedule = call.use_cases.schedules.get(call.path["schedule_id"], tenant=call.tenant)
    document = call.use_cases.reading.document(schedule.document) or {}
    return Reply(schedule_object(schedule, document), headers={"ETag": etag(schedule)})


@routes.route(
    "PUT",
    ONE,
    ScheduleAnswer,
    query=ScheduleFields,
    body=ScheduleDefinition,
    headers={"If-Match": "The ETag of the schedule that is to be changed; another is refused with 409."},
)
def change_schedule(call: Call[ScheduleFields, ScheduleDefinition]) -> Reply[ScheduleAnswer]:
    """Change the fields that are sent; the coming runs move only when the timing did."""
    schedule_id, sent = call.path["schedule_id"], merged(call.query, call.body)
    expected = _expected_revision(call.headers)
    before = call.use_cases.schedules.get(schedule_id, tenant=call.tenant)
    known = call.use_cases.reading.document(before.document) or {}
    document = known | sent.given_document()
    options = sent.given_options()
    after = call.use_cases.schedules.change(
        schedule_id,
        _changes(before, sent),
        tenant=call.tenant,
        document=document if document != known else None,
        # What is kept of the old options and document must still be what was read.
        expected_revision=before.revision
        if expected is None and (options or document != known)
        else expected,
    )
    message = f"schedule {schedule_id} was changed" + translation(sent.cron_expression, after)
    body = schedule_answer(after, document, message)
    return Reply(body, headers={"ETag": etag(after)})


def _changes(before: Schedule, sent: ScheduleDefinition) -> dict[str, Any]:
    """What is to be written; a new cron expression takes the place of run_at, and the other way round."""
    changes = sent.given()
    if changes.pop("client_id", before.client_id) != before.client_id:
        raise Invalid.at("/client_id", "cannot be changed; create a schedule for the other client")
    for this, other in (("cron", "run_at"), ("run_at", "cron")):
        if changes.get(this) is not None:
            changes.setdefault(other, None)
    if options := sent.given_options():
        changes["task_options"] = replace(Options.from_json(before.task_options), **options).as_json()
    return changes


def _expected_revision(headers: Mapping[str, str]) -> int | None:
    said = headers.get("if-match", "*").strip()
    if said == "*":
        return None
    match = _ETAG.fullmatch(said)
    if match is None:
        raise Invalid.at("If-Match", "is not an ETag of a schedule, such as '\"3\"'")
    return int(match[1])


@routes.route("DELETE", ONE, ScheduleAction)
def delete_schedule(call: Call[NoQuery, NoBody]) -> ScheduleAction:
    """Delete a schedule; tasks it made run on."""
    schedule = call.use_cases.schedules.delete(call.path["schedule_id"], tenant=call.tenant)
    message = f"schedule {schedule.schedule_id} was deleted; tasks it made run on"
    return ScheduleAction(
        schedule_id=schedule.schedule_id, status="DELETED", next_run_at=None, message=message
    )


@routes.route("POST", ONE + "/pause", ScheduleAction, query=Reason, body=Reason)
def pause_schedule(call: Call[Reason, Reason]) -> Reply[ScheduleAction]:
    """Stop a schedule: no slot after now fires until it is resumed."""
    reason = agreed("reason", call.query.reason, call.body.reason)
    schedule = call.use_cases.schedules.pause(call.path["schedule_id"], tenant=call.tenant, reason=reason)
    return _action(schedule, "paused")


@routes.route("POST", ONE + "/resume", ScheduleAction)
def resume_schedule(call: Call[NoQuery, NoBody]) -> Reply[ScheduleAction]:
    """Let a schedule go on from the first slot after now."""
    schedule = call.use_cases.schedules.resume(call.path["schedule_id"], tenant=call.tenant)
    return _action(schedule, "resumed")


def _action(schedule: Schedule, done: str) -> Reply[ScheduleAction]:
    body = ScheduleAction(
        schedule_id=schedule.schedule_id,
        status=schedule.status.value,
        next_run_at=iso_or_none(schedule.next_run_at),
        message=f"schedule {schedule.schedule_id} was {done}; it is {schedule.status}",
    )
    return Reply(body, headers={"ETag": etag(schedule)})
