"""Schedules and their runs from the domain's words into the wire's."""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain import cron_aws
from chalicelib.domain.content import unpacked
from chalicelib.domain.execution import Execution
from chalicelib.domain.schedule import Schedule
from chalicelib.services.backfilling import Planned
from chalicelib.services.submission import Options

from .schedule_wire import (
    BackfillAnswer,
    BackfillSlot,
    DstPolicyObject,
    ExecutionObject,
    ScheduleAnswer,
    ScheduleObject,
)
from .task_presenting import retry_policy_object
from .times import iso, iso_or_none, seconds_or_none


def small_document(schedule: Schedule) -> dict[str, Any]:
    """Its tasks' document where it lies on the row, which costs no read; else nothing."""
    found: dict[str, Any] = unpacked(schedule.document.inline) or {}
    return found


def schedule_object(schedule: Schedule, document: dict[str, Any]) -> ScheduleObject:
    """A schedule with its tasks' document."""
    return ScheduleObject(**_fields(schedule, document))


def schedule_answer(schedule: Schedule, document: dict[str, Any], message: str) -> ScheduleAnswer:
    """The same after a call that made or changed it."""
    return ScheduleAnswer(**_fields(schedule, document), message=message)


def translation(sent: str | None, schedule: Schedule) -> str:
    """The end of a message: what an expression in another notation became."""
    once = schedule.cron is None
    became = f"a single run at {iso(schedule.run_at or 0)}" if once else f"'{schedule.cron}'"
    said = cron_aws.note(sent, became)
    return "" if said is None else f"; {said}"


def etag(schedule: Schedule) -> str:
    """Moves when its client changes it."""
    return f'"{schedule.revision}"'


def _fields(schedule: Schedule, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "schedule_id": schedule.schedule_id,
        "client_id": schedule.client_id,
        "task_type": schedule.task_type,
        "capability_required": schedule.capability,
        "priority": schedule.priority,
        "description": schedule.description,
        "status": schedule.status.value,
        "reason": schedule.reason,
        "input_data": document.get("input"),
        "metadata": document.get("metadata"),
        "created_at": iso(schedule.created_at),
        "updated_at": iso(schedule.updated_at),
        "version": schedule.revision,
        "etag": etag(schedule),
        **_timing(schedule),
        **_standing(schedule),
        **_options(Options.from_json(schedule.task_options)),
    }


def _timing(schedule: Schedule) -> dict[str, Any]:
    return {
        "cron_expression": schedule.cron,
        "cron_format": schedule.cron_format.value,
        "run_at": iso_or_none(schedule.run_at),
        "timezone": schedule.timezone,
        "dst_policy": DstPolicyObject(gap=schedule.dst.gap.value, fold=schedule.dst.fold.value),
        "next_run_at": iso_or_none(schedule.next_run_at),
        "deferred_until": iso_or_none(schedule.deferred_until),
        "last_run_at": iso_or_none(schedule.last_run_at),
        "start_at": iso_or_none(schedule.start_at),
        "end_at": iso_or_none(schedule.end_at),
        "max_runs": schedule.max_runs,
        "catchup_policy": schedule.catchup.value,
        "overlap_policy": schedule.overlap.value,
        "catchup_window_seconds": seconds_or_none(schedule.catchup_window_ms),
        "pause_on_failures": schedule.pause_on_failures,
        "window_seconds": schedule.window_ms / 1000,
        "excluded_dates": list(schedule.excluded),
    }


def _standing(schedule: Schedule) -> dict[str, Any]:
    return {
        "total_runs": schedule.total_runs,
        "failed_runs": schedule.failed_runs,
        "consecutive_failures": schedule.failures_in_row,
        "skipped_runs": schedule.skipped_runs,
        "missed_runs": schedule.missed_runs,
        "missed_since": iso_or_none(schedule.missed_since),
        "open_runs": len(schedule.open_runs),
        "waiting_slots": [iso(slot) for slot in schedule.waiting],
    }


def _options(options: Options) -> dict[str, Any]:
    return {
        "timeout_seconds": options.timeout_ms / 1000,
        "max_retries": options.max_retries,
        "retry_policy": retry_policy_object(options.retry),
        "queue_timeout_seconds": seconds_or_none(options.queue_timeout_ms),
        "min_trust": options.min_trust,
        "routing_strategy": options.strategy,
        "capability_version": options.capability_version,
        "required_tags": list(options.required_tags),
        "preferred_tags": list(options.preferred_tags),
    }


def execution_object(execution: Execution, result: Any) -> ExecutionObject:
    """One run with its result."""
    return ExecutionObject(
        slot=iso(execution.slot),
        task_id=execution.task_id,
        executed_at=iso(execution.executed_at),
        lateness_seconds=max(0, execution.lateness_ms) / 1000,
        status=execution.status.value,
        result_data=result,
        error_message=execution.error_message,
    )


def backfill_answer(schedule: Schedule, plan: Sequence[Planned]) -> BackfillAnswer:
    """What a backfill is told."""
    slots = [
        BackfillSlot(slot=iso(planned.slot), task_id=planned.task_id, was_known=planned.was_known)
        for planned in plan
    ]
    fresh = sum(not planned.was_known for planned in plan)
    rest = f"; {len(plan) - fresh} had their run or their turn before" if fresh < len(plan) else ""
    message = f"{fresh} slots of schedule {schedule.schedule_id} have their turn{rest}"
    return BackfillAnswer(
        schedule_id=schedule.schedule_id, status=schedule.status.value, slots=slots, message=message
    )
