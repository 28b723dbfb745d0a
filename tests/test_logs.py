"""What is said of errors, and of runs that no request began."""

import json
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.telemetry import RunFailed, RunLog, named, trouble
from chalicelib.telemetry.trouble import MOST_CAUSES, MOST_PLACES

from .fakes import SilentLog

SECRET = "canary-12345"


def caught(raising: Any) -> Exception:
    try:
        raising()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def throttled() -> None:
    answer = {"Error": {"Code": "ThrottlingException", "Message": SECRET}}
    raise ClientError(answer, "PutItem")


def wrapped() -> None:
    try:
        throttled()
    except ClientError as error:
        raise RuntimeError(SECRET) from error


def test_an_error_is_named_with_its_causes_and_awss_code() -> None:
    assert named(caught(wrapped)) == "RuntimeError from ClientError PutItem ThrottlingException"


def test_what_was_being_handled_is_a_cause_unless_it_was_put_aside() -> None:
    def during() -> None:
        try:
            throttled()
        except ClientError:
            raise KeyError(SECRET)  # noqa: B904 - that it says nothing of its cause is the point

    def aside() -> None:
        try:
            throttled()
        except ClientError:
            raise KeyError(SECRET) from None

    assert named(caught(during)).startswith("KeyError from ClientError")
    assert named(caught(aside)) == "KeyError"


def test_the_last_place_is_where_the_first_cause_was_raised() -> None:
    stack = trouble(caught(wrapped))["stack"]
    assert isinstance(stack, list)
    assert [place.rpartition(" ")[2] for place in stack] == ["caught", "wrapped", "wrapped", "throttled"]
    assert all(":" in place for place in stack)


def test_no_error_fills_the_log() -> None:
    def deep(n: int) -> None:
        if n == 0:
            raise ValueError(SECRET)
        deep(n - 1)

    error = caught(lambda: deep(100))
    assert len(trouble(error)["stack"]) == MOST_PLACES  # type: ignore[arg-type]
    error.__cause__ = error
    assert named(error).count("ValueError") == MOST_CAUSES


def test_an_answer_that_is_not_like_awss_is_passed_over() -> None:
    odd = ValueError(SECRET)
    odd.response = SECRET  # type: ignore[attr-defined]
    assert named(odd) == "ValueError"
    odd.response = {"Error": {}}  # type: ignore[attr-defined]
    assert named(odd) == "ValueError"


def event(*message_ids: str) -> Any:
    body = {"Records": [{"messageId": each, "body": SECRET} for each in message_ids]} if message_ids else {}
    return SimpleNamespace(context=SimpleNamespace(aws_request_id="run-1"), to_dict=lambda: body)


@pytest.fixture
def log() -> SilentLog:
    return SilentLog()


@pytest.fixture
def runs(log: SilentLog) -> RunLog:
    seconds = count()
    return RunLog(lambda: log, lambda: next(seconds) / 4)


def test_a_run_is_one_line(runs: RunLog, log: SilentLog) -> None:
    runs.told("tick", event(), lambda: None)
    assert log.lines == [("run", {"request_id": "run-1", "run": "tick", "duration_ms": 250.0})]


def test_a_batch_is_told_with_its_size_and_what_failed_of_it(runs: RunLog, log: SilentLog) -> None:
    answer = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert runs.told("work", event("a", "b"), lambda: answer) is answer
    assert (log.lines[0][1]["records"], log.lines[0][1]["failed"]) == (2, 1)
    assert SECRET not in json.dumps(log.lines)


def test_a_batch_that_fails_as_a_whole_says_nothing_of_failures_when_it_ends_well(
    runs: RunLog, log: SilentLog
) -> None:
    runs.told("stats", event("a"), lambda: {"state": {}})
    assert "failed" not in log.lines[0][1]


def test_a_run_that_fails_says_what_and_where_and_what_is_printed_of_it_says_nothing_more(
    runs: RunLog, log: SilentLog
) -> None:
    with pytest.raises(RunFailed, match=r"^stats failed: RuntimeError from ClientError") as told:
        runs.told("stats", event("a"), wrapped)
    assert SECRET not in str(told.getrepr(chain=True))
    ((message, line),) = log.lines
    assert (message, line["run"], line["request_id"]) == ("run failed", "stats", "run-1")
    assert line["error"] == "RuntimeError from ClientError PutItem ThrottlingException"
    assert SECRET not in json.dumps(log.lines)


def test_who_ends_the_process_is_not_held_up(runs: RunLog, log: SilentLog) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs.told("tick", event(), killed)
    assert log.lines == []
