"""The client's calls about schedules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Unpack

from agent_client._calls import Call, Calls, present, segment
from agent_client._task_calls import TaskOptions
from agent_client.models import Backfill, CronCheck, Execution, Schedule, SchedulePreview, Task

_ROOT = "/aitp/tasks/schedule"


class ScheduleOptions(TaskOptions, total=False):
    """Task options, and how the slots are to be treated."""

    cron_expression: str
    cron_format: str
    run_at: datetime
    description: str
    timezone: str
    dst_policy: Mapping[str, str]
    overlap_policy: str
    catchup_policy: str
    catchup_window_seconds: float
    pause_on_failures: int
    window_seconds: float
    excluded_dates: list[str]
    start_at: datetime
    end_at: datetime
    max_runs: int


class ScheduleCalls(Calls):
    """Cron schedules and their executions."""

    def create_schedule(
        self,
        task_type: str,
        *,
        capability_required: str,
        client_id: str,
        input_data: Any = None,
        idempotency_key: str | None = None,
        **options: Unpack[ScheduleOptions],
    ) -> Schedule:
        """A task at every slot of `cron_expression`, or once at `run_at`."""
        body = {
            "task_type": task_type,
            "capability_required": capability_required,
            "client_id": client_id,
            "input_data": {} if input_data is None else input_data,
            **options,
        }
        key = idempotency_key or self._ports.new_id()
        return self._fetch(Schedule, Call("POST", _ROOT, body=body, headers={"Idempotency-Key": key}))

    def get_schedule(self, schedule_id: str) -> Schedule:
        return self._fetch(Schedule, Call("GET", _path(schedule_id)))

    def list_schedules(
        self, *, client_id: str | None = None, status: str | None = None, limit: int | None = None
    ) -> Iterator[Schedule]:
        """All schedules that match, page after page; `limit` is the size of a page."""
        query = {"client_id": client_id, "status": status, "limit": limit}
        return self._pages(Schedule, "schedules", Call("GET", _ROOT, query=query))

    def update_schedule(
        self,
        schedule_id: str,
        *,
        if_match: str | None = None,
        input_data: Any = None,
        **changes: Unpack[ScheduleOptions],
    ) -> Schedule:
        """Changes the fields named; with `if_match` only when the schedule still has that etag."""
        body = {**changes, **present({"input_data": input_data})}
        headers = present({"If-Match": if_match})
        return self._fetch(Schedule, Call("PUT", _path(schedule_id), body=body, headers=headers))

    def delete_schedule(self, schedule_id: str) -> Schedule:
        return self._fetch(Schedule, Call("DELETE", _path(schedule_id)))

    def pause_schedule(self, schedule_id: str, *, reason: str | None = None) -> Schedule:
        """No slot after this fires until it is resumed."""
        body = present({"reason": reason})
        return self._fetch(
            Schedule, Call("POST", _path(schedule_id, "pause"), body=body or None, repeatable=True)
        )

    def resume_schedule(self, schedule_id: str) -> Schedule:
        """Goes on from the next slot after now."""
        return self._fetch(Schedule, Call("POST", _path(schedule_id, "resume"), repeatable=True))

    def run_schedule(self, schedule_id: str, *, idempotency_key: str | None = None) -> Task:
        """One run now, beside the cron."""
        key = idempotency_key or self._ports.new_id()
        return self._fetch(Task, Call("POST", _path(schedule_id, "run"), headers={"Idempotency-Key": key}))

    def backfill_schedule(self, schedule_id: str, *, since: datetime, until: datetime) -> Backfill:
        """Runs the slots of a past range that have no run yet, 100 at most; repeated, none runs twice."""
        body = {"since": since, "until": until}
        return self._fetch(Backfill, Call("POST", _path(schedule_id, "backfill"), body=body, repeatable=True))

    def executions(self, schedule_id: str, *, limit: int | None = None) -> Iterator[Execution]:
        """What became of its slots, page after page; `limit` is the size of a page."""
        call = Call("GET", _path(schedule_id, "executions"), query={"limit": limit})
        return self._pages(Execution, "executions", call)

    def preview_schedule(
        self, schedule_id: str, *, count: int | None = None, timezone: str | None = None
    ) -> SchedulePreview:
        """Its coming runs, ten if no count is given; `timezone` is where their local times are told."""
        query = {"count": count, "timezone": timezone}
        return self._fetch(SchedulePreview, Call("GET", _path(schedule_id, "preview"), query=query))

    def validate_cron(
        self,
        cron_expression: str,
        *,
        timezone: str | None = None,
        dst_policy: Mapping[str, str] | None = None,
        cron_format: str | None = None,
        schedule_id: str | None = None,
    ) -> CronCheck:
        """Whether the expression is understood, and its next runs; `schedule_id` decides what `H` is."""
        query = {
            "cron_expression": cron_expression,
            "cron_format": cron_format,
            "timezone": timezone,
            "schedule_id": schedule_id,
        }
        body = present({"dst_policy": dst_policy})
        return self._fetch(
            CronCheck, Call("POST", _path("validate"), query=query, body=body or None, repeatable=True)
        )


def _path(*parts: str) -> str:
    return "/".join([_ROOT, *(segment(part) for part in parts)])
