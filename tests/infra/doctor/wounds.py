"""Rows made wrong, one way each: what was planted answers the id of its row."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.domain.content import Content
from chalicelib.domain.task import Status
from chalicelib.store.tables import AgentRecord, ExecutionRecord, ScheduleRecord, TaskRecord
from tests.infra.doctor.patient import AGENT, Patient


def changed(name: str, **changes: Any) -> Callable[[Patient], str]:
    """That task's row is rewritten so; its id."""

    def plant(patient: Patient) -> str:
        task = patient.task(name)
        patient.put(replace(task, **changes))
        return task.task_id

    return plant


def of_agent(**values: Any) -> Callable[[Patient], str]:
    def plant(patient: Patient) -> str:
        patient.edit(AgentRecord, AGENT, **values)
        return AGENT

    return plant


def of_schedule(**changes: Any) -> Callable[[Patient], str]:
    def plant(patient: Patient) -> str:
        schedule = patient.stores.schedules.get(patient.schedule_id)
        assert schedule is not None
        patient.stores.schedules.save(
            replace(schedule, version=schedule.version + 1, **changes), was=schedule.version
        )
        return patient.schedule_id

    return plant


def of_run(**changes: Any) -> Callable[[Patient], str]:
    def plant(patient: Patient) -> str:
        record = ExecutionRecord.get(patient.schedule_id, patient.slot)
        status = changes.get("status", record.status)
        doc = json.loads(record.doc) | {k: v for k, v in changes.items() if k != "status"}
        patient.edit(ExecutionRecord, patient.schedule_id, patient.slot, status=status, doc=json.dumps(doc))
        return f"{patient.schedule_id}#{patient.slot}"

    return plant


def gone(name: str) -> Callable[[Patient], str]:
    def plant(patient: Patient) -> str:
        patient.drop(TaskRecord, patient.ids[name])
        return f"{patient.schedule_id}#{patient.slot}"

    return plant


def run_gone(patient: Patient) -> str:
    patient.drop(ExecutionRecord, patient.schedule_id, patient.slot)
    return patient.ids["told"]


def agent_gone(patient: Patient) -> str:
    patient.drop(AgentRecord, AGENT)
    return patient.ids["runs"]


def lease_of_nobody(patient: Patient) -> str:
    task = patient.task("runs")
    assert task.lease is not None
    patient.put(replace(task, lease=replace(task.lease, token=7)))
    return task.task_id


def twin(patient: Patient) -> str:
    patient.put(replace(patient.task("untold"), task_id="twin", status=Status.PENDING, lease=None))
    return "twin"


def no_sense(
    model: Any, key: Callable[[Patient], tuple[Any, ...]], **values: Any
) -> Callable[[Patient], str]:
    def plant(patient: Patient) -> str:
        patient.edit(model, *key(patient), **values)
        return "#".join(map(str, key(patient)))

    return plant


RESULT = Content("00", inline="1")
WOUNDS: dict[str, tuple[int, Callable[[Patient], str]]] = {
    "a task that is no JSON": (1, no_sense(TaskRecord, lambda p: (p.ids["waits"],), doc="{")),
    "a task of a status that is none": (1, no_sense(TaskRecord, lambda p: (p.ids["waits"],), status="ODD")),
    "a task of no client": (1, no_sense(TaskRecord, lambda p: (p.ids["waits"],), client_key="x")),
    "an agent without a profile": (1, no_sense(AgentRecord, lambda p: (AGENT,), profile=None)),
    "a schedule that is no JSON": (1, no_sense(ScheduleRecord, lambda p: (p.schedule_id,), doc="[]")),
    "an execution that is no JSON": (
        1,
        no_sense(ExecutionRecord, lambda p: (p.schedule_id, p.slot), doc="nothing"),
    ),
    "held under an old token": (4, lease_of_nobody),
    "held by nobody": (4, changed("runs", lease=None, queue_key=None, queue_order=None)),
    "in a strange line": (4, changed("waits", queue_key="wait#other#draw#0")),
    "ended under a token that was never given": (5, changed("over", token=0)),
    "over without an end": (6, changed("over", ended_at=None)),
    "forgotten by the clock": (7, changed("runs", due_at=None)),
    "an agent forgotten by the clock": (7, of_agent(due_at=None)),
    "too many attempts": (8, changed("backs-off", attempt=4)),
    "a run before its time": (10, of_run(executed_at=1)),
    "an execution without its task": (10, gone("told")),
    "a task without its execution": (10, run_gone),
    "a second task of a slot": (10, twin),
    "a schedule before no slot": (10, of_schedule(next_slot=None)),
    "a schedule before a slot that is none": (10, of_schedule(next_slot=1_900_000_000_001)),
    "a result after it was cancelled": (11, changed("cancelled", result=RESULT)),
    "a slot that is never freed": (12, of_agent(in_flight=9)),
    "a holder that is gone": (12, agent_gone),
    "a task of another tenant than its holder": (12, changed("runs", tenant="other")),
    "a run that is not counted": (12, of_schedule(total_runs=1)),
    "a schedule that waits for what is not open": (12, of_schedule(open_runs=("gone",))),
    "an outcome that is not the task's": (12, of_run(status="FAILED")),
}
