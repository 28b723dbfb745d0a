"""The task that a slot of a schedule becomes."""

from chalicelib.domain import lifecycle
from chalicelib.domain.execution import Firing
from chalicelib.domain.schedule import Schedule
from chalicelib.domain.task import Task

from .submission import Options


def task_of(schedule: Schedule, slot: Firing, now: int) -> Task:
    """It refers to the schedule's own document instead of copying it."""
    task = Task(
        task_id=slot.task_id,
        tenant=schedule.tenant,
        client_id=schedule.client_id,
        created_at=now,
        task_type=schedule.task_type,
        capability=schedule.capability,
        document=schedule.document,
        priority=schedule.priority,
        schedule_id=schedule.schedule_id,
        slot=slot.slot,
        awaited=True,
        **Options.from_json(schedule.task_options).as_fields(now=now),
    )
    return lifecycle.submitted(task, now=now)
