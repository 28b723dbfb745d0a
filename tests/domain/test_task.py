"""The table of moves, and what a task says of itself."""

from chalicelib.domain.content import Content
from chalicelib.domain.task import HELD, MOVES, OVER, Status, Task


def task(**changes: object) -> Task:
    return Task(
        task_id="t",
        tenant="acme",
        client_id="c",
        created_at=1_000,
        task_type="work",
        capability="report",
        document=Content("h", inline="{}"),
        **changes,  # type: ignore[arg-type]
    )


def test_each_status_has_its_moves() -> None:
    assert set(MOVES) == set(Status)
    assert set(OVER) == {Status.COMPLETED, Status.FAILED, Status.CANCELLED}
    assert all(to in MOVES for onward in MOVES.values() for to in onward)


def test_a_client_may_cancel_whatever_is_not_over() -> None:
    assert {status for status, onward in MOVES.items() if Status.CANCELLED in onward} == set(Status) - OVER


def test_only_what_is_assigned_can_become_active_and_only_the_active_complete() -> None:
    assert [s for s, onward in MOVES.items() if Status.ACTIVE in onward] == [Status.ASSIGNED]
    assert [s for s, onward in MOVES.items() if Status.COMPLETED in onward] == [Status.ACTIVE]
    assert {Status.ASSIGNED, Status.ACTIVE} == HELD


def test_a_task_is_in_line_while_it_is_pending_and_stands_in_a_queue() -> None:
    assert task(queue_key="wait#acme#report#0").in_line
    assert not task().in_line
    assert not task(queue_key="agent#a", status=Status.ACTIVE).in_line


def test_it_expires_at_its_time_and_never_without_one() -> None:
    assert not task().has_expired(10**15)
    assert not task(expires_at=2_000).has_expired(1_999)
    assert task(expires_at=2_000).has_expired(2_000)


def test_it_is_over_in_the_terminal_states() -> None:
    assert [status for status in Status if task(status=status).is_over] == [
        Status.COMPLETED,
        Status.FAILED,
        Status.CANCELLED,
    ]
