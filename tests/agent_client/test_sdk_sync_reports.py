"""Reports go with the sync until each was accepted or refused."""

import json

import pytest
from sdk_lines import SyncLine as Line

from agent_client import BadRequest, Retry, Timeout
from agent_client.testing import answering, lost_answer, refused


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
