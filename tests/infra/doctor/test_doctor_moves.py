"""What moves while the doctor looks is not told; what only seems to move is."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.store.tables import AgentRecord, ExecutionRecord, ScheduleRecord, TaskRecord
from infra.local.calls import Answer, Call
from tests.infra.doctor.patient import AGENT, TENANT, Patient
from tests.infra.doctor.wounds import of_run, of_schedule


def test_a_task_that_is_put_right_meanwhile_is_not_told(patient: Patient) -> None:
    task = patient.task("over")
    patient.put(replace(task, ended_at=None))
    told, diagnosis = patient.visit(meanwhile=lambda: patient.put(task))
    assert (told, diagnosis.moved) == ([], 0)


def test_a_task_that_moves_on_is_not_judged(patient: Patient) -> None:
    wrong = replace(patient.task("over"), ended_at=None)
    patient.put(wrong)
    told, diagnosis = patient.visit(meanwhile=lambda: patient.put(replace(wrong, version=wrong.version + 1)))
    assert (told, diagnosis.moved) == ([], 1)


def test_an_agent_whose_slots_are_in_motion_is_not_judged(patient: Patient) -> None:
    patient.edit(AgentRecord, AGENT, in_flight=8)
    told, diagnosis = patient.visit(meanwhile=lambda: patient.edit(AgentRecord, AGENT, in_flight=7))
    assert (told, diagnosis.moved) == ([], 1)


def test_an_agent_that_keeps_alive_is_judged_all_the_same(patient: Patient) -> None:
    patient.edit(AgentRecord, AGENT, in_flight=8)
    (violation,), _ = patient.visit(
        meanwhile=lambda: patient.use_cases.agents.heartbeat(AGENT, tenant=TENANT, wish=None)
    )
    assert (violation.number, violation.row_id) == (12, AGENT)
    assert violation.text == "counts 8 tasks in flight and holds 4"
    assert "set in_flight to 4" in violation.advice


def test_a_task_claimed_while_all_is_read_is_not_told(patient: Patient) -> None:
    """Its agent was read before, the task after the claim."""
    task_id = patient.ids["untold"]
    calls: list[str] = []

    def claims_first(call: Call, run: Callable[[], Answer]) -> Answer:
        calls.append(call.action)
        if call.action == "Scan" and calls.count("Scan") == 3:
            patient.cloud.around = None
            patient.use_cases.holding.release(task_id, agent_id=AGENT, token=1, tenant=TENANT)
            patient.cloud.around = claims_first
        return run()

    patient.cloud.around = claims_first
    try:
        told, _ = patient.visit()
    finally:
        patient.cloud.around = None
    assert told == []
    assert patient.task("untold").lease is None


def test_what_vanishes_meanwhile_is_not_told(patient: Patient) -> None:
    for name, values in (("waits", {"attempt": 9}), ("over", {"ended_at": None})):
        patient.put(replace(patient.task(name), **values))
    patient.edit(AgentRecord, AGENT, in_flight=8)
    of_run(executed_at=1)(patient)
    of_schedule(next_slot=None)(patient)
    patient.edit(TaskRecord, patient.ids["untold"], doc="{")

    def everything_goes() -> None:
        for model in (TaskRecord, AgentRecord, ScheduleRecord):
            for row in model.scan():
                row.delete()
        for run in ExecutionRecord.scan():
            run.delete()

    told, diagnosis = patient.visit(meanwhile=everything_goes)
    assert (told, diagnosis.moved) == ([], 0)
