"""The sample agent as people run it."""

import os
import re
import signal
import subprocess
import sys

import pytest
from sdk_served import served

from agent_client import Fail
from agent_client.samples.sample_agent import build, echo, main, math, parser, report
from agent_client.testing import FakeService


def test_a_report_summarises_numbers_and_texts() -> None:
    assert report({"sales": [1, 2.5], "flag": True, "note": "Good good day"}) == {
        "numbers": 2,
        "words": 3,
        "sum": 3.5,
        "mean": 1.75,
        "min": 1,
        "max": 2.5,
        "most_frequent_words": {"good": 2, "day": 1},
    }
    assert report(None) == {"numbers": 0, "words": 0}


def test_echo_gives_back_and_math_computes() -> None:
    assert echo({"a": 1}) == {"a": 1}
    assert math([1, 2, 3]) == {"operation": "sum", "result": 6}
    assert math({"operation": "product", "numbers": [2, 3]})["result"] == 6


@pytest.mark.parametrize("data", [None, [], {"numbers": "12"}, {"operation": "root"}, [1, "2"]])
def test_math_it_cannot_do_is_not_worth_a_retry(data) -> None:
    with pytest.raises(Fail):
        math(data)


def test_the_defaults_are_the_documented_ones() -> None:
    options = parser().parse_args([])
    assert (options.name, options.heartbeat_interval, options.poll_interval) == ("sample-agent-1", 10.0, 5.0)
    assert build(options).capabilities == ("report-v1", "echo", "math")
    chosen = parser().parse_args(["--capability", "a", "--capability", "b", "--transport", "sqs"])
    assert build(chosen).capabilities == ("a", "b")


def test_what_keeps_it_from_running_is_one_clear_line(capsys) -> None:
    assert main(["--base-url", "nowhere"]) == 1
    assert capsys.readouterr().err.startswith("The agent cannot run: the base URL must look like")


def test_the_whole_story_in_a_process_of_its_own() -> None:
    service = FakeService()
    service.submit("report-v1", {"numbers": [1, 2, 3]}, task_id="task-001")
    with served(service) as url:
        arguments = [
            "--base-url",
            url,
            "--agent-id",
            "agent-007",
            "--fail-first",
            "1",
            "--work-seconds",
            "0.01",
        ]
        agent = subprocess.Popen(
            [sys.executable, "-m", "agent_client.samples.sample_agent", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            result = service.wait_for("task-001", timeout=30).result_data
        finally:
            agent.send_signal(signal.SIGTERM)
            printed, _ = agent.communicate(timeout=30)
    assert result["sum"] == 6
    assert agent.returncode == 0
    story = [
        r"Agent sample-agent-1 registered with ID: agent-007",
        r"Heartbeat sent at \d\d:\d\d:\d\d",
        r"Polling for tasks\.\.\. 1 tasks found",
        r"Task task-001 assigned",
        r"Executing task-001\.\.\.",
        r"Task task-001 failed: RuntimeError: attempt 1 fails, as asked by --fail-first 1",
        r"Task failure reported",
        r"Polling for tasks\.\.\. 1 tasks found",
        r"Task task-001 assigned",
        r"Executing task-001\.\.\.",
        r"Task completed, reporting result\.\.\.",
        r"Task result reported successfully",
        r"Stopping; a second signal stops at once",
        r"Draining: 0 tasks still run",
        r"Agent signed off",
    ]
    lines = printed.splitlines()
    # The drain may begin before the accepted report is logged, or between two syncs.
    assert all(re.fullmatch(pattern, line) for pattern, line in zip(story[:11], lines, strict=False)), printed
    assert "Task result reported successfully" in lines
    assert lines[-1] == "Agent signed off"
