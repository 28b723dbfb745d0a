"""Transitions: legal moves and no others, one version on, tokens that only grow."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chalicelib.domain import lifecycle, queueing, timers
from chalicelib.domain.content import Content
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.ids import mark
from chalicelib.domain.lifecycle import MAX_RESCUES
from chalicelib.domain.task import HELD, MOVES, OVER, FailureKind, Outcome, Status, Task
from chalicelib.domain.timers import ANNOUNCE_AGAIN_MS, REDELIVER_MS

NOW = 1_800_000_000_000
RESULT = Content("hash", inline="1")


def fresh(**changes: object) -> Task:
    task = Task(
        task_id="t",
        tenant="acme",
        client_id="c",
        created_at=NOW,
        task_type="work",
        capability="report",
        document=Content("h", inline="{}"),
        **changes,  # type: ignore[arg-type]
    )
    return lifecycle.submitted(task, now=NOW)


def assigned(task: Task, now: int = NOW, **how: object) -> Task:
    return lifecycle.assigned(
        task, **({"agent_id": "a", "session_id": None, "now": now, "start_within_ms": 60_000} | how)
    )


def started(**changes: object) -> Task:
    return lifecycle.started(assigned(fresh(**changes)), now=NOW)


def failed(task: Task, now: int = NOW, **how: object) -> Task:
    return lifecycle.failed(task, FailureKind.ERROR, **({"error": "boom", "now": now, "chance": 0.0} | how))


STEPS = {
    "assigned": assigned,
    "queued": lambda t, now: lifecycle.queued(t, now=now),
    "started": lambda t, now: lifecycle.started(t, now=now),
    "completed": lambda t, now: lifecycle.completed(t, result=RESULT, now=now),
    "failed": failed,
    "timed out": lambda t, now: lifecycle.failed(t, FailureKind.TIMEOUT, error="slow", now=now, chance=0.9),
    "freed": lambda t, now: lifecycle.freed(t, Outcome.AGENT_LOST, now=now),
    "expired": lambda t, now: lifecycle.expired(t, now=now),
    "cancelled": lambda t, now: lifecycle.cancelled(t, now=now, reason=None),
    "let go": lambda t, now: lifecycle.let_go(t, now=now),
}
MAY = {
    "assigned": lambda t, now: t.may_run(now),
    "queued": lambda t, now: t.may_run(now),
    "started": lambda t, _: t.status is Status.ASSIGNED,
    "completed": lambda t, _: t.status is Status.ACTIVE,
    "failed": lambda t, _: t.status is Status.ACTIVE,
    "timed out": lambda t, _: t.status is Status.ACTIVE,
    "freed": lambda t, _: t.status in HELD,
    "expired": lambda t, _: t.status is Status.PENDING,
    "cancelled": lambda t, _: not t.is_over,
    "let go": lambda t, _: t.status is Status.CANCELLED and t.lease is not None,
}


@given(
    st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 100_000)), max_size=30), st.booleans()
)
def test_every_walk_is_a_path_of_the_graph(walk: list[tuple[str, int]], awaited: bool) -> None:
    task, now, tokens = fresh(awaited=awaited), NOW, [0]
    for name, ms in walk:
        now += ms
        before = task
        if not MAY[name](before, now):  # type: ignore[operator]
            with pytest.raises(IllegalMove):
                STEPS[name](before, now)  # type: ignore[operator]
            continue
        task = STEPS[name](before, now)  # type: ignore[operator]
        assert task.version == before.version + 1
        assert task.status in MOVES[before.status] or name in ("let go", "queued")
        assert (task.lease is not None) == (task.status in HELD) or task.status is Status.CANCELLED
        assert (task.queue_key is None) == (task.queue_order is None)
        assert not (before.is_over and task.result != before.result)
        if task.token != before.token:
            tokens.append(task.token)
    assert tokens == sorted(set(tokens))
    assert task.attempt <= task.max_retries
    assert task.rescues <= MAX_RESCUES


@given(st.lists(st.sampled_from(["assigned", "started", "freed"]), max_size=40))
def test_a_task_that_is_lost_again_and_again_ends(walk: list[str]) -> None:
    task = fresh()
    for name in [*walk, *["assigned", "started", "freed"] * MAX_RESCUES]:
        if not task.is_over:
            try:
                task = STEPS[name](task, NOW)  # type: ignore[operator]
            except IllegalMove:
                continue
    assert task.status is Status.FAILED
    assert task.failure is FailureKind.AGENT_LOST


@pytest.mark.parametrize("status", sorted(OVER))
def test_nothing_leads_out_of_an_end(status: Status) -> None:
    over = replace(started(), status=status)
    for name in sorted(STEPS.keys() - {"let go"}):
        with pytest.raises(IllegalMove):
            STEPS[name](over, NOW)  # type: ignore[operator]


def test_every_state_can_come_to_an_end() -> None:
    for status in Status:
        reached = {status}
        while not reached >= (wider := {to for at in reached for to in MOVES[at]}):
            reached |= wider
        assert reached & OVER


@pytest.mark.parametrize("later", [{}, {"not_before": NOW + 5_000, "expires_at": NOW + 90_000}])
def test_a_task_can_be_told_as_it_was_when_it_was_new(later: dict[str, int]) -> None:
    asked = {
        "priority": 9,
        "max_retries": 7,
        "request": "print",
        "schedule_id": "s",
        "slot": NOW,
        "awaited": True,
    }
    first = fresh(**asked, **later)
    begun = lifecycle.started(assigned(replace(first, queue_key="line", queue_order=1)), now=NOW + 6_000)
    moved_on = failed(lifecycle.progressed(begun, 0.5), NOW + 7_000)
    over = lifecycle.completed(begun, result=RESULT, now=NOW + 8_000)
    for task in (first, begun, moved_on, over):
        assert lifecycle.as_submitted(task) == first


def test_a_new_task_is_in_line_and_looked_at_in_a_minute() -> None:
    task = fresh()
    assert (task.in_line, task.due_at, task.version) == (True, NOW + ANNOUNCE_AGAIN_MS, 1)


def test_a_new_task_that_expires_sooner_is_looked_at_then() -> None:
    assert fresh(expires_at=NOW + 5_000).due_at == NOW + 5_000
    assert fresh(expires_at=NOW + 500_000).due_at == NOW + ANNOUNCE_AGAIN_MS


def test_a_task_for_later_stands_in_no_line_until_then() -> None:
    later = fresh(not_before=NOW + 5_000)
    assert (later.in_line, later.queue_key, later.due_at) == (False, None, NOW + 5_000)
    assert fresh(not_before=NOW).in_line


@pytest.mark.parametrize("expires_at", [None, NOW + 9_000])
def test_once_its_wait_is_over_it_joins_the_line_and_is_looked_at_when_it_expires(
    expires_at: int | None,
) -> None:
    later = fresh(not_before=NOW + 5_000, expires_at=expires_at)
    assert not later.may_run(NOW + 4_999)
    assert later.may_run(NOW + 5_000)
    queued = lifecycle.queued(later, now=NOW + 5_000)
    assert (queued.in_line, queued.ready_at, queued.due_at) == (True, None, expires_at)
    assert (queued.queue_key, queued.queue_order) == ("wait#acme#report#0", queueing.order(NOW + 5_000, 5))


def test_once_its_wait_is_over_it_is_assigned_from_outside_the_line_as_from_within() -> None:
    later = fresh(not_before=NOW, priority=7)
    later = replace(later, queue_key=None, queue_order=None, ready_at=NOW, due_at=NOW)
    given, as_if = assigned(later), assigned(fresh(priority=7))
    assert (given.queue_key, given.queue_order) == (as_if.queue_key, as_if.queue_order)
    assert (given.ready_at, given.due_at, given.version) == (None, NOW + 60_000, 2)


def test_an_assignment_keeps_its_place_in_the_order_and_its_earlier_look() -> None:
    task = fresh(priority=9)
    held = assigned(task)
    assert (held.queue_key, held.queue_order) == ("agent#a", task.queue_order)
    assert held.due_at == NOW + 60_000
    assert assigned(replace(task, due_at=NOW + 1)).due_at == NOW + 1
    assert assigned(replace(task, due_at=None)).due_at == NOW + 60_000


@pytest.mark.parametrize(
    ("timeout", "wish", "seconds"), [(90_000, 90_000, 60), (20_000, 90_000, 20), (90_000, 7_000, 7)]
)
def test_it_must_start_within_the_shortest_wish(timeout: int, wish: int, seconds: int) -> None:
    lease = assigned(fresh(timeout_ms=timeout), start_within_ms=wish).lease
    assert lease is not None
    assert lease.ends_at == lease.start_by == NOW + seconds * 1000


def test_an_assignment_by_queue_is_delivered_again_every_15_s() -> None:
    held = assigned(fresh(), by_queue=True)
    assert (held.due_at, timers.next_look(held)) == (NOW + REDELIVER_MS, NOW + REDELIVER_MS)
    again = lifecycle.redelivered(held, now=NOW + REDELIVER_MS)
    assert again.lease is not None
    assert (again.lease.deliveries, again.token, again.due_at) == (2, 1, NOW + 2 * REDELIVER_MS)
    late = lifecycle.redelivered(held, now=NOW + 55_000)
    assert late.due_at == NOW + 60_000
    assert timers.next_look(lifecycle.started(held, now=NOW)) == NOW + 300_000


def test_a_start_sets_the_deadline_and_keeps_an_earlier_look() -> None:
    task = started(timeout_ms=90_000)
    assert task.lease is not None
    assert (task.lease.ends_at, task.due_at, timers.next_look(task)) == (
        NOW + 90_000,
        NOW + 60_000,
        NOW + 90_000,
    )
    assert started(timeout_ms=5_000).due_at == NOW + 5_000


def test_delivery_is_noted_once() -> None:
    held = lifecycle.delivered(assigned(fresh()), seq=4)
    assert held.lease is not None
    assert held.lease.delivered_seq == 4


def test_what_nobody_holds_cannot_be_delivered_or_finished() -> None:
    for step in (
        lambda t: lifecycle.delivered(t, seq=1),
        lambda t: lifecycle.redelivered(t, now=NOW),
        failed,
    ):
        with pytest.raises(IllegalMove, match="held by nobody"):
            step(fresh())


def test_what_was_not_begun_does_not_fail() -> None:
    with pytest.raises(IllegalMove, match="it has not begun"):
        failed(assigned(fresh()))


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.CANCELLED}))
def test_only_what_is_cancelled_is_let_go_of(status: Status) -> None:
    with pytest.raises(IllegalMove, match="only what is CANCELLED"):
        lifecycle.let_go(replace(started(), status=status), now=NOW)


def test_what_stands_in_no_line_is_not_assigned() -> None:
    with pytest.raises(IllegalMove, match="may not run yet"):
        assigned(failed(started()))


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.PENDING}))
def test_only_what_is_pending_joins_the_line(status: Status) -> None:
    over = replace(fresh(not_before=NOW), status=status, ready_at=NOW, queue_key=None)
    with pytest.raises(IllegalMove, match="only what is PENDING"):
        lifecycle.queued(over, now=NOW)


def test_nothing_joins_the_line_before_its_time() -> None:
    with pytest.raises(IllegalMove, match="and due"):
        lifecycle.queued(fresh(not_before=NOW + 1), now=NOW)


def test_a_result_clears_the_error_of_an_earlier_attempt() -> None:
    again = lifecycle.queued(failed(started()), now=NOW + 900_000)
    done = lifecycle.completed(lifecycle.started(assigned(again), now=NOW), result=RESULT, now=NOW + 1)
    assert (done.error, done.progress, done.ended_at, done.queue_key) == (None, 1.0, NOW + 1, None)
    assert done.last is not None
    assert (done.last.outcome, done.last.token, done.last.attempt) == (Outcome.COMPLETED, 2, 1)


def test_a_failure_waits_for_its_backoff_or_what_the_agent_asks_if_that_is_longer() -> None:
    waits = failed(started())
    assert (waits.ready_at, waits.due_at, waits.attempt, waits.in_line) == (
        NOW + 2_000,
        NOW + 2_000,
        1,
        False,
    )
    assert failed(started(), retry_after_ms=9_000).ready_at == NOW + 9_000
    assert failed(started(), retry_after_ms=1).ready_at == NOW + 2_000


def test_the_last_failure_says_why() -> None:
    over = failed(started(max_retries=0))
    assert (over.status, over.failure, over.error, over.due_at) == (
        Status.FAILED,
        FailureKind.ERROR,
        "boom",
        None,
    )
    slow = lifecycle.failed(started(max_retries=0), FailureKind.TIMEOUT, error="slow", now=NOW, chance=0)
    assert slow.last is not None
    assert (slow.failure, slow.last.outcome) == (FailureKind.TIMEOUT, Outcome.TIMEOUT)
    assert failed(started(), retryable=False).attempt == 0


def test_freed_before_the_start_costs_nothing_and_after_it_a_rescue() -> None:
    early = lifecycle.freed(assigned(fresh()), Outcome.RELEASED, now=NOW)
    assert (early.in_line, early.rescues, early.attempt) == (True, 0, 0)
    assert lifecycle.freed(started(), Outcome.RELEASED, now=NOW).rescues == 1


def test_an_awaited_task_leaves_a_mark_that_the_clock_sees() -> None:
    done = lifecycle.completed(started(awaited=True), result=RESULT, now=NOW)
    assert (done.unsettled, done.due_at, timers.next_look(done)) == (True, NOW + 60_000, NOW + 60_000)
    settled = lifecycle.settled(done)
    assert (settled.unsettled, settled.due_at, timers.next_look(settled)) == (False, None, None)
    expired = lifecycle.expired(fresh(awaited=True), now=NOW)
    assert (expired.unsettled, expired.queue_key, expired.failure) == (True, None, FailureKind.EXPIRED)


def test_a_held_task_that_is_cancelled_keeps_its_slot_and_is_not_announced_again() -> None:
    held = lifecycle.cancelled(assigned(fresh(), by_queue=True), now=NOW, reason="no")
    assert held.lease is not None
    assert (held.status, held.error, held.lease.redeliver_at) == (Status.CANCELLED, "no", None)
    assert (held.queue_key, timers.next_look(held)) == ("agent#a", NOW + 60_000)
    gone = lifecycle.let_go(held, now=NOW + 1)
    assert (gone.lease, gone.queue_key, gone.due_at) == (None, None, None)
    assert gone.last is not None
    assert gone.last.outcome is Outcome.CANCELLED


def test_a_cancelled_awaited_task_is_looked_at_for_its_mark_and_then_for_its_holder() -> None:
    held = lifecycle.cancelled(started(awaited=True, timeout_ms=900_000), now=NOW, reason=None)
    assert (held.unsettled, held.due_at) == (True, NOW + 60_000)
    settled = lifecycle.settled(held)
    assert settled.due_at == NOW + 900_000
    let_go_first = lifecycle.let_go(held, now=NOW)
    assert (let_go_first.unsettled, let_go_first.due_at) == (True, NOW + 60_000)


def test_the_mark_of_a_long_task_is_seen_within_a_minute_of_its_cancellation() -> None:
    running = replace(started(awaited=True, timeout_ms=900_000), due_at=NOW + 900_000)
    assert lifecycle.cancelled(running, now=NOW, reason=None).due_at == NOW + 60_000


def test_parking_and_arming_move_only_the_clock() -> None:
    task = fresh(expires_at=NOW + 90_000)
    parked = lifecycle.parked(task)
    assert (parked.due_at, parked.in_line) == (NOW + 90_000, True)
    assert lifecycle.rearmed(task, None).due_at is None
    assert timers.next_look(parked) == NOW + 90_000
    assert timers.next_look(replace(parked, ready_at=NOW + 1)) == NOW + 1


def test_progress_lasts_as_long_as_its_attempt() -> None:
    half = lifecycle.progressed(started(), 0.5)
    assert half.progress == 0.5
    assert failed(half).progress is None


def test_what_is_over_has_no_next_look() -> None:
    assert timers.next_look(failed(started(max_retries=0))) is None


@pytest.mark.parametrize("how", [{}, {"own": True}, {"probe": True}])
def test_an_attempt_keeps_what_its_lease_said_of_its_agent(how: dict[str, bool]) -> None:
    running = lifecycle.started(assigned(fresh(), **how), now=NOW)
    over = lifecycle.completed(running, result=RESULT, now=NOW)
    assert over.last is not None
    assert (over.last.own, over.last.probe) == (how.get("own"), how.get("probe"))


def test_only_an_error_that_is_not_to_be_retried_is_hopeless() -> None:
    def failed(kind: FailureKind, *, retryable: bool) -> bool | None:
        running = started()
        over = lifecycle.failed(running, kind, error="no", now=NOW, chance=0.5, retryable=retryable)
        assert over.last is not None
        return over.last.hopeless

    assert failed(FailureKind.ERROR, retryable=False) is True
    assert failed(FailureKind.ERROR, retryable=True) is None
    assert failed(FailureKind.TIMEOUT, retryable=True) is None


def test_who_failed_a_task_is_marked_once_and_the_latest_eight_are_known() -> None:
    task = fresh(max_retries=99)
    for name in ("a0", "a1", *(f"a{n}" for n in range(9))):
        held = lifecycle.assigned(task, agent_id=name, session_id=None, now=NOW, start_within_ms=1_000)
        task = lifecycle.queued(failed(lifecycle.started(held, now=NOW)), now=NOW + 900_000)
    assert task.failed_by == tuple(mark(f"a{n}") for n in range(1, 9))
