"""What one write of a task adds to the counters."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chalicelib.domain.counting import Countable
from chalicelib.domain.counting import counted as counted_of
from chalicelib.domain.task import Attempt, Outcome, Status, Task
from tests.contract.values import a_task

WAITING = a_task()


def counted(before: Task | None, after: Task | None) -> Mapping[str, int]:
    return counted_of(before and Countable.of(before), after and Countable.of(after))


def ended(outcome: Outcome) -> Attempt:
    return Attempt(attempt=0, token=1, agent_id="a", assigned_at=1, started_at=2, ended_at=3, outcome=outcome)


def test_a_new_row_is_a_task_created() -> None:
    assert counted(None, WAITING) == {"tasks_created_total": 1}


def test_a_task_made_in_anothers_place_is_redriven_too() -> None:
    assert counted(None, replace(WAITING, retry_of="task-0")) == {
        "tasks_created_total": 1,
        "tasks_redriven_total": 1,
    }


def test_a_row_that_expires_counts_nothing() -> None:
    assert counted(replace(WAITING, status=Status.COMPLETED), None) == {}


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"token": 1, "status": Status.ASSIGNED}, {"tasks_assigned_total": 1}),
        ({"status": Status.ACTIVE}, {}),
        ({"progress": 0.5}, {}),
        ({"status": Status.COMPLETED}, {"tasks_completed_total": 1}),
        ({"status": Status.CANCELLED}, {"tasks_cancelled_total": 1}),
        ({"attempt": 1, "last": ended(Outcome.ERROR)}, {"tasks_retried_total": 1}),
        (
            {"status": Status.FAILED, "last": ended(Outcome.TIMEOUT)},
            {"tasks_failed_total": 1, "tasks_timed_out_total": 1},
        ),
        ({"last": ended(Outcome.AGENT_LOST)}, {"tasks_agent_lost_total": 1}),
        ({"last": ended(Outcome.RELEASED)}, {}),
    ],
)
def test_a_change_counts_what_it_changes(change: dict[str, object], counts: dict[str, int]) -> None:
    assert counted(WAITING, replace(WAITING, **change)) == counts  # type: ignore[arg-type]


def test_what_is_over_is_counted_once_though_its_row_is_written_again() -> None:
    over: Task = replace(WAITING, status=Status.FAILED, last=ended(Outcome.TIMEOUT))
    assert counted(over, replace(over, unsettled=True)) == {}
