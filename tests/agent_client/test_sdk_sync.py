"""The sync protocol, step by step: what is named, acknowledged, redelivered and let go."""

import json
from dataclasses import replace

import pytest
from sdk_lines import SyncLine as Line

from agent_client import NotFound, Superseded, Timeout
from agent_client._http import Request, Response
from agent_client.testing import Serve, lost_answer


def test_work_is_taken_named_done_and_reported() -> None:
    line = Line()
    task_id = line.service.submit("report-v1", {"x": 1})
    line.round()
    (job,) = line.desk.jobs
    assert job.task.input_data == {"x": 1}
    line.round()
    assert line.last()["held"] == [{"task_id": task_id, "lease_token": 1, "status": "ACTIVE"}]
    assert line.status(task_id) == "ACTIVE"
    line.desk.complete(job, {"y": 2})
    line.round()
    assert line.service.task(task_id).result_data == {"y": 2}
    assert line.last()["held"] == []
    line.round()
    assert line.last()["reports"] == []


def test_each_answer_received_is_acknowledged_by_the_next_sync() -> None:
    line = Line()
    for _ in range(3):
        line.round()
    assert [sent["ack"] for sent in line.service.sent("/sync")] == [0, 1, 2]


def test_a_lost_answer_is_asked_for_with_the_same_ack_and_its_task_comes_again_under_its_token() -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.service.inject(lost_answer, on="/sync")
    with pytest.raises(Timeout):
        line.round()
    line.round()
    assert [sent["ack"] for sent in line.service.sent("/sync")] == [0, 0]
    (job,) = line.desk.jobs
    assert job.key == (task_id, 1)


def test_the_same_assignment_delivered_twice_runs_once() -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.round()
    task = line.desk.jobs[0].task
    assert not line.desk.bench.take(task)
    line.desk.complete(line.desk.jobs[0])
    line.round()
    assert not line.desk.bench.take(task)
    assert len(line.desk.jobs) == 1
    assert line.status(task_id) == "COMPLETED"


def test_a_cancelled_task_stops_its_handler_and_its_result_is_dropped() -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.round()
    (job,) = line.desk.jobs
    line.desk.client.cancel_task(task_id)
    line.round()
    assert job.context.is_cancelled
    line.desk.complete(job)
    line.round()
    assert line.last()["reports"] == []
    assert line.last()["held"] == []


def test_a_cancelled_handler_fills_its_slot_until_it_ends() -> None:
    line = Line(slots=1)
    line.service.submit("report-v1", task_id="first")
    line.round()
    line.desk.client.cancel_task("first")
    line.service.submit("report-v1", task_id="second")
    line.round()
    line.round()
    assert line.last()["free_slots"] == 0
    line.desk.complete(line.desk.jobs[0])
    line.round()
    assert [job.task.task_id for job in line.desk.jobs] == ["first", "second"]


def test_a_task_given_to_another_agent_is_let_go_and_a_late_result_is_not_recorded() -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.round()
    (job,) = line.desk.jobs
    line.service.state.assign(line.service.state.task(task_id), "another-agent")
    line.round()
    assert job.context.is_cancelled
    line.desk.complete(job, "too late")
    line.round()
    assert line.service.task(task_id).result_data is None


def test_a_newer_attempt_of_a_task_ends_the_older_one_here() -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.round()
    line.service.state.task(task_id).update(status="PENDING")
    line.round()
    old, new = line.desk.jobs
    assert old.context.is_cancelled
    assert (old.task.lease_token, new.task.lease_token) == (1, 2)
    line.desk.complete(old, "old")
    line.desk.complete(new, "new")
    line.round()
    assert line.service.task(task_id).result_data == "new"


def test_progress_goes_with_the_next_sync() -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.round()
    line.desk.jobs[0].context.progress(1.7)
    line.round()
    assert line.last()["held"][0]["progress"] == 1.0
    assert line.service.task(task_id).progress == 1.0


def test_more_than_fits_waits_for_a_slot_and_is_named_as_assigned() -> None:
    line = Line(slots=1)
    for _ in range(2):
        line.service.submit("report-v1")
    line.round()
    assert len(line.desk.jobs) == 1
    spare = line.desk.jobs[0].task.__class__(
        task_id="spare", lease_token=7, task_type="t", capability_required="report-v1"
    )
    line.desk.bench.take(spare)
    assert line.desk.bench.free_slots() == 0
    assert {"task_id": "spare", "lease_token": 7, "status": "ASSIGNED"} in line.desk.bench.held()
    line.desk.complete(line.desk.jobs[0])
    assert line.desk.jobs[1].task is spare


def test_another_session_supersedes_this_one() -> None:
    line = Line()
    line.desk.register(session_id="session-2")
    with pytest.raises(Superseded):
        line.round()


def test_an_unknown_agent_is_told_so() -> None:
    line = Line()
    line.service.state.agents.clear()
    with pytest.raises(NotFound):
        line.round()


def test_what_has_not_started_is_given_back_by_a_drain_and_what_comes_late_too() -> None:
    line = Line(slots=1)
    first = line.service.submit("report-v1")
    line.round()
    task = line.desk.jobs[0].task
    kind = type(task)
    waiting = kind(task_id="waiting", lease_token=1, task_type="t", capability_required="report-v1")
    late = kind(task_id="late", lease_token=1, task_type="t", capability_required="report-v1")
    line.desk.bench.take(waiting)
    line.desk.bench.close_intake()
    assert not line.desk.bench.take(late)
    line.round("DRAINING")
    sent = line.last()
    assert sent["status"] == "DRAINING"
    assert sent["free_slots"] == 0
    assert [r["task_id"] for r in sent["released"]] == ["waiting", "late"]
    assert [h["task_id"] for h in sent["held"]] == [first]
    line.round("DRAINING")
    assert line.last()["released"] == []


def test_an_input_left_out_of_an_answer_is_fetched() -> None:
    def without_input(request: Request, serve: Serve) -> Response:
        answer = serve(request)
        body = json.loads(answer.body)
        for given in body["assignments"]:
            given |= {"input_data": None, "input_data_omitted": True}
        return replace(answer, body=json.dumps(body).encode())

    line = Line()
    line.service.submit("report-v1", {"x": 1})
    line.service.inject(without_input, on="/sync")
    line.round()
    assert [job.task.input_data for job in line.desk.jobs] == [{"x": 1}]
