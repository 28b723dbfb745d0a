"""How handlers are called, and what their endings become."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sdk_fakes import START, ManualClock

from agent_client import Agent, Assignment, Fail, Retry, TaskContext
from agent_client._jobs import RESULT_BYTES, Job, completed, failed
from agent_client._runner import Handler

TASK = Assignment(
    task_id="t-1", lease_token=3, task_type="t", capability_required="x", attempt=2, timeout_seconds=60
)


def job() -> Job:
    return Job(TASK, TaskContext(TASK, clock=ManualClock()))


class Waiter:
    async def __call__(self, task):
        return task


async def coroutine(task, context):
    return task, context


@pytest.mark.parametrize(
    ("function", "is_async", "takes_context"),
    [
        (lambda task: task, False, False),
        (lambda task, context: context, False, True),
        (lambda task, context=None: context, False, True),
        (lambda task, verbose=False: verbose, False, False),
        (lambda *args: args, False, False),
        (coroutine, True, True),
        (Waiter(), True, False),
    ],
)
def test_a_handler_is_called_as_it_is_written(function, is_async, takes_context) -> None:
    handler = Handler.of(function)
    assert (handler.is_async, handler.takes_context) == (is_async, takes_context)


@pytest.mark.parametrize("function", [lambda: 1, lambda a, b, c: 1, lambda *, task: 1])
def test_a_function_that_cannot_be_a_handler_is_refused_at_once(function) -> None:
    with pytest.raises(TypeError, match=r"\(task\) or \(task, context\)"):
        Agent("a").handler("x")(function)


def test_a_capability_has_one_handler() -> None:
    agent = Agent("a", capabilities=["y"])
    agent.handler("x")(lambda task: task)
    with pytest.raises(ValueError, match="x has a handler already"):
        agent.handler("x")(lambda task: task)
    assert agent.capabilities == ("y", "x")


def test_an_agent_without_the_handlers_it_promises_does_not_start() -> None:
    with pytest.raises(ValueError, match="no handler for y"):
        Agent("a", capabilities=["y"]).start()
    with pytest.raises(ValueError, match="no handler for anything"):
        Agent("a").run()
    with pytest.raises(ValueError, match="at least 1"):
        Agent("a", max_concurrency=0)


def test_results_are_taken_as_they_were_when_the_handler_ended() -> None:
    result = {"when": datetime(2026, 1, 2, tzinfo=UTC), "list": (1, 2)}
    report = completed(TASK, result)
    result["list"] = ()
    assert report.result_data == {"when": "2026-01-02T00:00:00+00:00", "list": [1, 2]}
    assert report.fields()["lease_token"] == 3


@pytest.mark.parametrize("result", [{1, 2}, float("inf"), object(), "\ud800"])
def test_a_result_that_is_no_json_fails_the_task_for_good(result) -> None:
    report = completed(TASK, result)
    assert (report.status, report.retryable) == ("FAILED", False)
    assert "not JSON" in report.error_message


def test_a_result_nested_without_end_fails_the_task_for_good() -> None:
    endless: list = []
    endless.append(endless)
    assert completed(TASK, endless).retryable is False


def test_a_result_too_large_for_the_service_fails_the_task_for_good() -> None:
    assert completed(TASK, "x" * (RESULT_BYTES - 2)).status == "COMPLETED"
    report = completed(TASK, "x" * RESULT_BYTES)
    assert "at most" in report.error_message
    assert report.retryable is False


def test_endings_become_reports() -> None:
    assert failed(TASK, ValueError("odd")).fields() == {
        "task_id": "t-1",
        "lease_token": 3,
        "status": "FAILED",
        "error_message": "ValueError: odd",
        "retryable": True,
    }
    assert [failed(TASK, Retry(after=s)).retry_after_seconds for s in (5, -1, 1e9)] == [5, 0, 86_400]
    assert failed(TASK, Fail("never")).retryable is False
    assert failed(TASK, Fail("")).error_message == "Fail"
    assert len(failed(TASK, ValueError("x" * 5000)).error_message) == 1000
    assert "?" in failed(TASK, ValueError("\ud800")).error_message


def test_the_context_names_the_trace_of_whoever_submitted_the_task() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    traced = TaskContext(replace(TASK, traceparent=trace), clock=ManualClock())
    assert (traced.traceparent, TaskContext(TASK, clock=ManualClock()).traceparent) == (trace, None)


def test_the_context_tells_attempt_and_time_left() -> None:
    clock = ManualClock()
    context = TaskContext(TASK, clock=clock)
    assert (context.attempt, context.slot, context.remaining()) == (2, None, None)
    context.begin()
    assert context.deadline == START + timedelta(seconds=60)
    clock.advance(45)
    assert context.remaining() == 15
    clock.advance(45)
    assert context.remaining() == 0


def test_without_a_timeout_there_is_no_deadline() -> None:
    task = Assignment(task_id="t", lease_token=1, task_type="t", capability_required="x")
    context = TaskContext(task, clock=ManualClock())
    context.begin()
    assert context.deadline is None


def test_progress_stays_between_nothing_and_all() -> None:
    context = job().context
    for said, kept in ((0.25, 0.25), (-1, 0.0), (7, 1.0)):
        context.progress(said)
        assert context.latest_progress == kept
