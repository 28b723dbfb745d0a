"""Routing a task to an agent, and a free slot to a task: whoever meets whom, a fit task is never stuck."""

import json
from dataclasses import replace

import pytest

from chalicelib.domain.agent import Delivery, Wish
from chalicelib.domain.task import FailureKind, Status
from chalicelib.services.handing import explained
from chalicelib.services.ports import Hint, HintKind
from chalicelib.services.pull import HEAD_START_MS
from chalicelib.services.roster import FRESH_MS, SAMPLE

from .doing import (
    TENANT,
    beat,
    cancel,
    complete,
    given,
    poll,
    registered,
    row,
    slots,
    start,
    submitted,
    sync,
)
from .worlds import Watched

BUSY = {"heartbeat_ms": 600_000}


def route(w: Watched, task_id: str) -> object:
    return w.use_cases.dispatch.route(task_id, tenant=TENANT, capability="report")


def test_a_task_that_nobody_can_take_is_parked_and_costs_nothing_more(w: Watched) -> None:
    task_id = submitted(w, queue_timeout_ms=300_000)
    w.drain()
    parked = row(w, task_id)
    assert (parked.status, parked.due_at) == (Status.PENDING, parked.expires_at)
    assert route(w, task_id) is parked
    w.run(seconds=180)
    assert row(w, task_id) is parked


def test_a_parked_task_without_an_expiry_leaves_the_clock(w: Watched) -> None:
    task_id = submitted(w)
    w.drain()
    assert row(w, task_id).due_at is None


def test_what_nobody_chose_is_not_explained() -> None:
    assert explained(None) is None


def test_the_choice_is_explained_on_the_task(w: Watched) -> None:
    registered(w, "full", slots=1, **BUSY)
    submitted(w)
    w.drain()
    registered(w, "free", **BUSY)
    w.clock.advance(ms=FRESH_MS)
    task_id = submitted(w, strategy="least_loaded")
    w.drain()
    told = json.loads(row(w, task_id).explanation or "{}")
    assert told["strategy"] == "least_loaded"
    assert [(c["agent_id"], c["why_not"]) for c in told["candidates"]] == [
        ("free", None),
        ("full", "full: holds 1 of 1"),
    ]


def test_a_task_that_is_gone_held_or_expired_is_not_routed(w: Watched) -> None:
    registered(w, **BUSY)
    expired = submitted(w, queue_timeout_ms=1_000)
    w.clock.advance(seconds=2)
    cancelled, held = submitted(w), submitted(w)
    cancel(w, cancelled)
    assert poll(w) == [held]
    for task_id in ("none", expired, cancelled, held):
        assert route(w, task_id) is None
    assert slots(w) == {"a": 1}


def test_the_race_for_a_task_has_one_winner(w: Watched) -> None:
    registered(w, "a", **BUSY)
    task_id = submitted(w)
    w.tasks.meanwhile.first(lambda: poll(w, "a"), lambda: None)
    assert route(w, task_id) is None
    assert (row(w, task_id).token, slots(w)) == (1, {"a": 1})
    assert (w.metrics.total("tasks_assigned_total"), w.metrics.total("claims_lost_total")) == (1, 1)


def test_an_agent_that_filled_up_meanwhile_is_passed_over_for_the_next(w: Watched) -> None:
    registered(w, "a", **BUSY)
    registered(w, "b", **BUSY)
    best = submitted(w, strategy="highest_trust")
    other = submitted(w)
    w.queue.sent.clear()

    def somebody_takes_the_first() -> None:
        lower = replace(w.agents.rows["a"], wish=Wish.DRAINING)
        w.agents.rows["a"] = lower

    w.tasks.meanwhile.first(somebody_takes_the_first)
    route(w, best)
    lease = row(w, best).lease
    assert lease is not None
    assert lease.agent_id == "b"
    assert row(w, other).status is Status.PENDING


def test_when_all_candidates_fill_up_meanwhile_the_task_stays_in_line(w: Watched) -> None:
    for name in ("a", "b", "c", "d"):
        registered(w, name, **BUSY)
    task_id = submitted(w)

    def all_drain() -> None:
        for name, agent in w.agents.rows.items():
            w.agents.rows[name] = replace(agent, wish=Wish.DRAINING)

    w.tasks.meanwhile.first(all_drain)
    route(w, task_id)
    assert row(w, task_id).status is Status.PENDING


def test_a_task_that_expires_while_the_next_agent_is_tried_is_given_to_nobody(w: Watched) -> None:
    for name in ("a", "b"):
        registered(w, name, **BUSY)
    w.agents.rows["b"] = replace(w.agents.rows["b"], wish=Wish.DEGRADED)  # chosen last
    task_id = submitted(w, queue_timeout_ms=10_000)

    def the_first_drains_and_says_so_late() -> None:
        w.agents.rows["a"] = replace(w.agents.rows["a"], wish=Wish.DRAINING)
        w.clock.advance(seconds=10)

    w.tasks.meanwhile.first(the_first_drains_and_says_so_late)
    assert route(w, task_id) is None
    assert (row(w, task_id).status, slots(w)) == (Status.PENDING, {"a": 0, "b": 0})
    w.run(seconds=120)
    assert (row(w, task_id).status, row(w, task_id).failure) == (Status.FAILED, FailureKind.EXPIRED)


def test_parking_that_loses_a_race_changes_nothing(w: Watched) -> None:
    task_id = submitted(w)
    w.tasks.meanwhile.first(lambda: cancel(w, task_id))
    assert route(w, task_id) is None
    assert row(w, task_id).status is Status.CANCELLED


def test_twenty_more_are_drawn_when_none_of_the_first_four_can(w: Watched) -> None:
    for n in range(20):
        registered(w, f"full-{n}", **BUSY)
        w.clock.advance(ms=FRESH_MS)
        submitted(w)
        w.drain()
    registered(w, "free", **BUSY)
    w.clock.advance(ms=FRESH_MS)
    task_id = submitted(w)
    w.drain()
    lease = row(w, task_id).lease
    assert lease is not None
    assert lease.agent_id == "free"


def test_a_pull_takes_the_best_first_and_no_more_than_the_free_slots(w: Watched) -> None:
    low = [submitted(w, priority=1) for _ in range(2)]
    high = submitted(w, priority=10)
    registered(w, slots=2)
    held = poll(w)
    assert (held[0], len(held)) == (high, 2)
    assert sum(row(w, task_id).status is Status.PENDING for task_id in low) == 1
    assert poll(w) == held


def test_a_pull_looks_at_two_lines_a_call_and_at_all_in_turn(w: Watched) -> None:
    names = tuple(f"c{n}" for n in range(5))
    registered(w, slots=5, capabilities=names)
    ids = {submitted(w, capability=name) for name in names}
    w.queue.sent.clear()
    assert len(poll(w)) == 2
    for _ in range(20):
        poll(w)
    assert set(poll(w)) == ids


def test_tasks_that_are_not_for_this_agent_do_not_block_its_line(w: Watched) -> None:
    blocked = [submitted(w, min_trust=0.9, priority=10) for _ in range(150)]
    fit = submitted(w, priority=1)
    registered(w)
    assert poll(w) == [fit]
    assert {row(w, task_id).status for task_id in blocked} == {Status.PENDING}


def test_a_pull_reads_a_bounded_part_of_a_line(w: Watched) -> None:
    for _ in range(310):
        submitted(w, min_trust=0.9, priority=10)
    submitted(w, priority=1)
    registered(w)
    assert poll(w) == []


def test_an_expired_task_is_not_pulled(w: Watched) -> None:
    w.queue.drop = True
    submitted(w, queue_timeout_ms=1_000)
    w.clock.advance(seconds=2)
    registered(w)
    assert poll(w) == []


def test_a_claim_that_was_lost_goes_on_to_the_next_task(w: Watched) -> None:
    registered(w)
    one, other = submitted(w), submitted(w)
    w.queue.sent.clear()
    w.tasks.meanwhile.first(lambda: [cancel(w, task_id) for task_id in (one, other) if not w.tasks.claims])
    assert poll(w) == []
    third = submitted(w)
    w.tasks.meanwhile.first(lambda: None)
    assert poll(w) == [third]


def test_a_pull_gives_up_after_two_lost_claims_a_slot(w: Watched) -> None:
    registered(w)
    ids = [submitted(w) for _ in range(4)]
    tried: list[int] = []

    def taken_by_another() -> None:
        tried.append(1)
        for task_id in ids:
            if row(w, task_id).status is Status.PENDING:
                w.tasks.rows[task_id] = replace(row(w, task_id), version=row(w, task_id).version + 1)

    before = dict(w.tasks.rows)
    w.tasks.meanwhile.first(*[taken_by_another] * 9)
    assert poll(w) == []
    assert len(tried) == 2
    assert w.metrics.total("claims_lost_total") == 2
    w.tasks.meanwhile.pending.clear()
    w.tasks.rows.update(before)


def test_an_agent_that_goes_while_it_pulls_takes_nothing(w: Watched) -> None:
    registered(w, slots=2)
    task_id = submitted(w)
    w.tasks.meanwhile.first(lambda: beat(w, "a", Wish.DRAINING))
    assert poll(w) == []
    assert row(w, task_id).status is Status.PENDING


def test_a_fill_hint_for_an_agent_that_is_gone_or_full_does_nothing(w: Watched) -> None:
    registered(w, **BUSY)
    held, waiting = submitted(w), submitted(w)
    w.drain()
    w.queue.sent += [Hint(kind=HintKind.FILL, row_id=row_id) for row_id in ("a", "none")]
    w.drain()
    assert sorted(row(w, task_id).status for task_id in (held, waiting)) == ["ASSIGNED", "PENDING"]


def test_an_agent_is_never_given_more_than_its_slots_whoever_gives(w: Watched) -> None:
    registered(w, slots=3, session="s1")
    for _ in range(9):
        submitted(w)
    w.drain()
    poll(w)
    sync(w, free_slots=9)
    assert slots(w) == {"a": 3}


def test_work_goes_to_a_degraded_agent_last(w: Watched) -> None:
    registered(w, "weak", slots=9, **BUSY)
    beat(w, "weak", Wish.DEGRADED)
    registered(w, "well", slots=2, **BUSY)
    w.clock.advance(ms=FRESH_MS)
    for _ in range(3):
        submitted(w)
        w.drain()
    assert slots(w) == {"weak": 1, "well": 2}


def test_min_trust_is_asked_of_whoever_takes_it(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w, min_trust=0.6)
    w.drain()
    assert row(w, task_id).status is Status.PENDING
    for _ in range(2):
        easy = submitted(w)
        w.drain()
        start(w, easy)
        complete(w, easy)
    assert poll(w) == [task_id]


def test_lateness_is_measured_from_when_the_task_could_first_run(w: Watched) -> None:
    registered(w, slots=3, **BUSY)
    submitted(w, not_before=w.clock() + 10_000)
    submitted(w, not_before=w.clock() - 5_000)
    w.drain()
    w.run(seconds=10)
    assert w.metrics.total("dispatch_lateness_ms") == 0


def test_the_roster_is_read_once_a_second(w: Watched) -> None:
    roster = w.use_cases.dispatch.roster
    assert roster.candidates(TENANT, "report") == []
    registered(w, "a")
    assert roster.candidates(TENANT, "report") == []  # it takes waiting work by itself
    w.clock.advance(ms=FRESH_MS)
    assert roster.candidates(TENANT, "report") == ["a"]
    registered(w, "b")
    assert roster.candidates(TENANT, "report") == ["a"]
    w.clock.advance(ms=FRESH_MS)
    assert set(roster.candidates(TENANT, "report")) == {"a", "b"}
    w.clock.advance(ms=-1)  # the clock was set back: an old sample is not fresh for ever
    registered(w, "c")
    assert len(roster.candidates(TENANT, "report")) == 3


def test_a_large_fleet_is_sampled_around_the_end_of_its_index(w: Watched) -> None:
    for n in range(SAMPLE + 30):
        registered(w, f"a{n:03}")
    roster = w.use_cases.dispatch.roster
    seen: set[str] = set()
    for _ in range(40):
        sample = roster.candidates(TENANT, "report")
        assert len(sample) == len(set(sample)) == SAMPLE
        seen |= set(sample)
        w.clock.advance(ms=FRESH_MS)
    assert len(seen) == SAMPLE + 30


def test_what_the_roster_keeps_is_bounded(w: Watched) -> None:
    roster = w.use_cases.dispatch.roster
    registered(w)
    for n in range(10_002):
        roster.candidates(TENANT, f"c{n}")
    assert len(roster._samples) == 1
    assert roster.candidates(TENANT, "report") == ["a"]


@pytest.mark.parametrize("delivery", list(Delivery))
def test_many_agents_and_tasks_meet_without_a_loss(w: Watched, delivery: Delivery) -> None:
    for n in range(10):
        registered(w, f"a{n}", slots=2, delivery=delivery, **BUSY)
    ids = [submitted(w, priority=1 + n % 10) for n in range(60)]
    for _ in range(40):
        w.drain()
        for agent_id in w.agents.rows:
            for task_id in poll(w, agent_id):
                start(w, task_id, agent_id=agent_id)
                complete(w, task_id, agent_id=agent_id)
        w.run(seconds=1)
    assert {row(w, task_id).status for task_id in ids} == {Status.COMPLETED}
    assert w.metrics.total("tasks_assigned_total") == 60


def test_an_answer_carries_what_its_own_call_claimed(w: Watched) -> None:
    registered(w, session="s1")
    task_id = submitted(w)
    answer = sync(w, free_slots=1)
    assert given(answer) == [task_id]
    lease = row(w, task_id).lease
    assert lease is not None
    assert lease.delivered_seq == answer.seq


def test_a_new_task_is_left_to_its_dispatch_for_a_moment(w: Watched) -> None:
    pull = replace(w.use_cases.pull, head_start_ms=HEAD_START_MS)
    agent = registered(w, "a")
    task_id = submitted(w)
    assert pull.fill(agent) == []
    w.clock.advance(ms=HEAD_START_MS)
    assert [task.task_id for task in pull.fill(agent)] == [task_id]
