"""The doctor on the embedded engine: a healthy deployment is healthy, each planted wound is named."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.store.tables import AgentRecord, TaskRecord
from infra.doctor.diagnosis import BATCH
from infra.local.calls import Answer, Call
from tests.infra.doctor.patient import AGENT, TENANT, Patient
from tests.infra.doctor.wounds import WOUNDS, changed

READS = {"Scan", "Query", "BatchGetItem"}


def test_a_healthy_deployment_has_nothing_to_tell(patient: Patient) -> None:
    told, diagnosis = patient.visit()
    assert told == []
    assert (diagnosis.violations, diagnosis.moved, diagnosis.is_whole) == (0, 0, True)
    assert diagnosis.read == {"agents": 1, "schedules": 1, "tasks": 8, "executions": 2}


def test_an_empty_deployment_has_nothing_to_tell(empty: Patient) -> None:
    told, diagnosis = empty.visit()
    assert (told, diagnosis.read.total()) == ([], 0)


def test_it_only_reads(patient: Patient) -> None:
    patient.edit(AgentRecord, AGENT, in_flight=99)
    patient.edit(TaskRecord, patient.ids["runs"], doc="no JSON")
    patient.drop(TaskRecord, patient.ids["told"])
    called: Counter[str] = Counter()

    def noted(call: Call, run: Callable[[], Answer]) -> Answer:
        called[call.action] += 1
        return run()

    patient.cloud.around = noted
    try:
        patient.visit()
    finally:
        patient.cloud.around = None
    assert called.keys() == READS


@pytest.mark.parametrize("name", WOUNDS)
def test_each_wound_is_told_with_its_row(patient: Patient, name: str) -> None:
    number, plant = WOUNDS[name]
    row_id = plant(patient)
    assert (number, row_id) in patient.finds()


def test_a_row_that_makes_no_sense_hides_none_beside_it(patient: Patient) -> None:
    patient.edit(TaskRecord, patient.ids["waits"], doc="{")
    patient.edit(TaskRecord, patient.ids["told"], doc="{")
    unreadable = {(1, patient.ids["waits"]), (1, patient.ids["told"])}
    assert patient.finds() == unreadable
    patient.put(replace(patient.task("over"), ended_at=None))
    assert patient.finds() == {*unreadable, (6, patient.ids["over"])}


def test_an_agent_is_not_blamed_for_a_task_that_cannot_be_read(patient: Patient) -> None:
    patient.edit(TaskRecord, patient.ids["runs"], doc="{")
    assert patient.finds() == {(1, patient.ids["runs"])}


def test_nothing_is_missed_between_pages(patient: Patient) -> None:
    assert patient.finds(page=1) == set()
    for name in ("runs", "over", "waits"):
        patient.put(replace(patient.task(name), token=0))
    assert patient.finds(page=1) == {(4, patient.ids["runs"]), (5, patient.ids["over"])}


def test_more_than_are_looked_at_together_are_all_told(patient: Patient) -> None:
    wrong = replace(patient.task("waits"), attempt=9)
    names = {f"task-{n}" for n in range(BATCH + 5)}
    for name in names:
        patient.put(replace(wrong, task_id=name))
    told, diagnosis = patient.visit(limit=1_000)
    assert {violation.row_id for violation in told} == names
    assert diagnosis.violations == BATCH + 5


def test_a_task_of_a_deleted_schedule_is_fine(patient: Patient) -> None:
    patient.use_cases.schedules.delete(patient.schedule_id, tenant=TENANT)
    assert patient.finds() == set()


def test_it_gives_up_after_so_many(patient: Patient) -> None:
    for name in ("runs", "over", "waits"):
        changed(name, attempt=9)(patient)
    told, diagnosis = patient.visit(limit=2)
    assert (len(told), diagnosis.violations, diagnosis.is_whole) == (2, 2, False)
    told, diagnosis = patient.visit(limit=3)
    assert (len(told), diagnosis.is_whole) == (3, True)
