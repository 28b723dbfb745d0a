"""The sync protocol, step by step: what is named, acknowledged, reported, redelivered and let go."""

import json

import pytest
from sdk_fakes import Bench

from agent_client import BadRequest, HttpSync, NotFound, Retry, Superseded, Timeout
from agent_client.testing import FakeService, answering, lost_answer, refused


class Line:
    """An agent's end of the protocol, without threads."""

    def __init__(self, *, slots: int = 2) -> None:
        self.service = FakeService()
        self.desk = Bench(self.service, slots=slots)
        self.sync = HttpSync()
        self.sync.open(self.desk.link, self.desk.register())

    def round(self, status: str = "ACTIVE") -> float:
        return self.sync.round(status=status)

    def last(self) -> dict:
        return self.service.sent("/sync")[-1]

    def status(self, task_id: str) -> str:
        return self.service.task(task_id).status


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


def test_a_report_whose_answer_was_lost_is_sent_again_and_counts_once() -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.round()
    line.desk.complete(line.desk.jobs[0], "once")
    line.service.inject(lost_answer, on="/sync")
    with pytest.raises(Timeout):
        line.round()
    line.round()
    assert [len(sent["reports"]) for sent in line.service.sent("/sync")[1:]] == [1, 1]
    assert line.service.task(task_id).result_data == "once"
    assert line.desk.bench.reports() == []


def test_while_the_service_is_down_reports_wait() -> None:
    line = Line()
    ids = [line.service.submit("report-v1") for _ in range(2)]
    line.round()
    line.service.inject(refused, on="/sync", times=2)
    for job in line.desk.jobs:
        line.desk.complete(job)
        with pytest.raises(Exception, match="refused"):
            line.round()
    line.round()
    assert [line.status(task_id) for task_id in ids] == ["COMPLETED", "COMPLETED"]


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


def test_a_failed_attempt_comes_back_as_the_next_one() -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.round()
    line.desk.fail(line.desk.jobs[0], Retry("not yet", after=30))
    line.round()
    report = line.last()["reports"][0]
    assert report == {
        "task_id": task_id,
        "lease_token": 1,
        "status": "FAILED",
        "error_message": "not yet",
        "retryable": True,
        "retry_after_seconds": 30,
    }
    assert [job.context.attempt for job in line.desk.jobs] == [0, 1]


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


def test_a_zombies_report_is_refused_and_not_sent_again(caplog) -> None:
    line = Line()
    task_id = line.service.submit("report-v1")
    line.round()
    line.desk.complete(line.desk.jobs[0], "too late")
    line.service.state.assign(line.service.state.task(task_id), "another-agent")
    line.round()
    assert line.desk.bench.reports() == []
    assert f"Report on task {task_id} refused" in caplog.text
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


def test_large_results_go_in_several_syncs_and_what_waits_stays_named() -> None:
    line = Line()
    ids = [line.service.submit("report-v1") for _ in range(2)]
    line.round()
    for job in list(line.desk.jobs):
        line.desk.complete(job, "x" * 150_000)
    assert line.round() == 0.0
    assert [r["task_id"] for r in line.last()["reports"]] == ids[:1]
    assert [h["task_id"] for h in line.last()["held"]] == ids[1:]
    line.round()
    assert {line.status(task_id) for task_id in ids} == {"COMPLETED"}
    assert all(len(r.body or b"") < 256 * 1024 for r in line.service.requests)


def _refuses_poison(request, serve):
    body = json.loads(request.body)
    if any(report.get("result_data") == "poison" for report in body["reports"]):
        return answering(400, "validation", "no poison")(request, serve)
    return serve(request)


def test_a_result_the_service_cannot_take_fails_its_task_and_holds_up_no_other() -> None:
    line = Line(slots=3)
    ids = [line.service.submit("report-v1") for _ in range(3)]
    line.round()
    for job, result in zip(list(line.desk.jobs), ("fine", "poison", "fine"), strict=True):
        line.desk.complete(job, result)
    line.service.inject(_refuses_poison, on="/sync", times=20)
    for _ in range(10):
        line.round()
    assert [line.status(task_id) for task_id in ids] == ["COMPLETED", "FAILED", "COMPLETED"]
    assert "the service refused the result: 400 no poison" in line.service.task(ids[1]).error_message


def test_a_report_that_is_refused_in_any_form_is_dropped(caplog) -> None:
    line = Line()
    line.service.submit("report-v1")
    line.round()
    line.desk.complete(line.desk.jobs[0])
    line.service.inject(answering(400, "validation"), on="/sync", times=2)
    line.round()
    line.round()
    assert line.desk.bench.reports() == []
    assert "refused" in caplog.text


def test_a_refused_sync_without_reports_is_the_callers_to_handle() -> None:
    line = Line()
    line.service.inject(answering(400, "validation"), on="/sync")
    with pytest.raises(BadRequest):
        line.round()


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


def test_after_work_came_the_next_sync_is_soon_and_otherwise_at_the_poll_interval() -> None:
    line = Line()
    assert line.round() == 5.0
    line.service.submit("report-v1")
    assert line.round() == 0.2
    assert line.round() == 5.0


def test_the_service_may_ask_for_a_sooner_sync_but_not_for_a_flood() -> None:
    line = Line()

    def asking(seconds):
        def fault(request, serve):
            response = serve(request)
            body = json.loads(response.body) | {"next_sync_in": seconds}
            return type(response)(200, {}, json.dumps(body).encode())

        return fault

    for asked, expected in ((2, 2), (0, 0.2), (60, 5)):
        line.service.inject(asking(asked), on="/sync")
        assert line.round() == expected


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


def test_the_log_tells_the_story_in_the_documented_words(caplog) -> None:
    caplog.set_level("INFO")
    line = Line()
    line.round()
    line.service.submit("report-v1", task_id="task-001")
    line.desk.clock.advance(5)
    line.round()
    line.desk.complete(line.desk.jobs[0])
    line.round()
    at = line.desk.clock.now().astimezone()
    beat = at.replace(second=15).strftime("%H:%M:%S")
    assert [r.message for r in caplog.records] == [
        f"Heartbeat sent at {beat}",
        "Polling for tasks... 0 tasks found",
        "Polling for tasks... 1 tasks found",
        "Task task-001 assigned",
        "Executing task-001...",
        "Task completed, reporting result...",
        "Task result reported successfully",
    ]


def test_heartbeat_and_polling_lines_come_at_their_own_intervals(caplog) -> None:
    caplog.set_level("INFO")
    line = Line()
    for _ in range(5):
        line.desk.clock.advance(line.round())
    lines = [r.message.split()[0] for r in caplog.records]
    assert lines.count("Polling") == 5
    assert lines.count("Heartbeat") == 3
