"""What moved trust is found again: on tasks, on attempts that moved out of them, and as adjustments."""

import json
from dataclasses import asdict, replace

import pytest

from chalicelib.domain import lifecycle, trust
from chalicelib.domain.errors import NotFound
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.task import Attempt, FailureKind, Task
from chalicelib.domain.trust import Posterior
from chalicelib.domain.trust_events import Adjustment, TrustEvent
from tests.contract.implementations import Stores
from tests.contract.test_claims import row
from tests.contract.values import MATH, NOW, TENANT, a_task, an_agent, held, in_line

EVER = 2**53


def test_what_another_agents_success_disproved_is_found_with_its_task(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    told = an_adjustment(task_id="task-9", client_id="client-1", successes=0.0, faults=1.0)
    assert stores.trust.adjust(told) is None
    assert stores.trust.adjust(told) == told
    (event,) = latest(stores)
    assert (event.cause, event.task_id, event.client_id) == ("disproved", "task-9", "client-1")
    part = trust.part_of("client-1", "agent-1")
    assert list(row(stores).evidence) == [f"{MATH}-{part}"]


def an_adjustment(number: int = 1, **changes: object) -> Adjustment:
    plain = Adjustment(
        agent_id="agent-1",
        adjustment_id=f"adjustment-{number}",
        at=NOW + number,
        reason="looked into it",
        before=Posterior(2, 2),
        after=Posterior(3, 2.5),
        capability="math",
        successes=1.0,
        faults=0.5,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def worked(stores: Stores, number: int, *, good: bool = True, agent_id: str = "agent-1") -> Task:
    """One task that the agent was given, and how it ended."""
    given = held(a_task(f"task-{number}"), an_agent(agent_id))
    running = lifecycle.started(given, now=NOW + number)
    stores.tasks.add(a_task(f"task-{number}"))
    stores.tasks.assign(given, was=1, agent=an_agent(agent_id), now=NOW)
    stores.tasks.save(running, was=given.version)
    ended = (
        lifecycle.completed(running, result=in_line("1"), now=NOW + number)
        if good
        else lifecycle.failed(running, FailureKind.ERROR, error="no", now=NOW + number, chance=0.5)
    )
    assert ended.last is not None
    verdict = trust.verdict(ended.last, ended)
    stores.tasks.leave(ended, was=running.version, agent_id=agent_id, evidence=verdict)
    return ended


def latest(stores: Stores, limit: int = 100, since: int = 0, until: int = EVER) -> list[TrustEvent]:
    return stores.trust.latest("agent-1", since=since, until=until, limit=limit)[0]


def named(events: list[TrustEvent]) -> list[str]:
    return [event.event_id for event in events]


def test_successes_and_faults_are_found_newest_first_of_one_agent(stores: Stores) -> None:
    stores.agents.add(an_agent(max_concurrency=9), {})
    stores.agents.add(an_agent("agent-2", max_concurrency=9), {})
    first, second = worked(stores, 1), worked(stores, 2, good=False)
    worked(stores, 3, agent_id="agent-2")
    newer, older = latest(stores)
    assert (newer.event_id, newer.cause, newer.at, newer.reason) == ("task-2#1", "error", NOW + 2, "no")
    assert (older.event_id, older.cause, older.client_id) == ("task-1#1", "completed", first.client_id)
    assert second.last is not None
    assert newer.evidence == trust.verdict(second.last, second)


def test_an_attempt_that_moved_out_is_found_beside_the_one_that_took_its_place(stores: Stores) -> None:
    stores.agents.add(an_agent(max_concurrency=9), {})
    failed = worked(stores, 1, good=False)
    moved = failed.last
    assert moved is not None
    document = json.dumps(asdict(moved))
    judged = ("agent-1", moved.ended_at)
    stores.payloads.put("task-1", "attempt#000001", document, judged=judged)
    assert named(latest(stores)) == ["task-1#1"]
    newer = replace(moved, token=2, ended_at=NOW + 9)
    stores.tasks.save(replace(failed, last=newer, version=failed.version + 1), was=failed.version)
    assert named(latest(stores)) == ["task-1#2", "task-1#1"]


def test_what_says_nothing_of_an_agent_is_not_found(stores: Stores) -> None:
    said_nothing = Attempt(**asdict(_ended(stores)) | {"hopeless": True})
    task = a_task("task-2", last=said_nothing)
    stores.tasks.add(task)
    assert named(latest(stores)) == ["task-1#1"]


def _ended(stores: Stores) -> Attempt:
    stores.agents.add(an_agent(max_concurrency=9), {})
    last = worked(stores, 1, good=False).last
    assert last is not None
    return last


def test_a_span_is_read_with_both_its_ends_and_tells_where_to_go_on(stores: Stores) -> None:
    stores.agents.add(an_agent(max_concurrency=9), {})
    for number in range(1, 6):
        worked(stores, number)
    assert named(latest(stores, since=NOW + 2, until=NOW + 4)) == ["task-4#1", "task-3#1", "task-2#1"]
    events, on = stores.trust.latest("agent-1", since=0, until=EVER, limit=2)
    assert (named(events), on) == (["task-5#1", "task-4#1"], NOW + 4)
    assert stores.trust.latest("agent-1", since=0, until=NOW + 1, limit=2)[1] is None


def test_what_lies_further_back_than_a_full_list_of_one_kind_is_left_for_later(stores: Stores) -> None:
    stores.agents.add(an_agent(max_concurrency=9), {})
    for number in (5, 6, 7):
        worked(stores, number)
    stores.trust.adjust(an_adjustment(1))
    events, on = stores.trust.latest("agent-1", since=0, until=EVER, limit=2)
    assert (named(events)[:2], on) == (["task-7#1", "task-6#1"], NOW + 6)


def test_an_adjustment_adds_its_evidence_and_is_found(stores: Stores) -> None:
    stores.agents.add(an_agent(streak=Streak(6, 1, NOW)), {})
    made = an_adjustment()
    assert stores.trust.adjust(made) is None
    weight = trust.weight(NOW + 1)
    assert row(stores).evidence == pytest.approx({f"{MATH}+a": weight, f"{MATH}-a": weight / 2})
    assert row(stores).streak == Streak(6, 1, NOW)
    assert stores.trust.adjustment("agent-1", made.adjustment_id) == made
    (event,) = latest(stores)
    assert (event.event_id, event.cause, event.reason) == ("adjustment-1", "adjusted", "looked into it")


def test_an_adjustment_may_end_a_quarantine_and_add_nothing(stores: Stores) -> None:
    stores.agents.add(an_agent(streak=Streak(6, 1, NOW), evidence={f"{MATH}-": 2.0}), {})
    lifting = an_adjustment(capability=None, successes=0.0, faults=0.0, lifts_quarantine=True)
    assert stores.trust.adjust(lifting) is None
    assert (row(stores).streak, row(stores).evidence) == (Streak(), {f"{MATH}-": 2.0})
    assert stores.trust.adjustment("agent-1", "adjustment-1") == lifting


def test_the_first_of_two_adjustments_of_one_id_counts(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    first = an_adjustment(request="one")
    assert stores.trust.adjust(first) is None
    before = row(stores)
    assert stores.trust.adjust(replace(first, faults=9.0, request="another")) == first
    assert row(stores) == before


def test_an_agent_that_is_gone_is_not_adjusted(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.trust.adjust(an_adjustment())
    assert stores.trust.adjustment("agent-1", "adjustment-1") is None


def board(stores: Stores, capability: str | None = None, *, limit: int = 100) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    cursor: str | None = None
    while True:
        page = stores.agents.leaders(TENANT, capability, limit=limit, cursor=cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_leaderboard_has_those_that_were_ranked_highest_first(stores: Stores, limit: int) -> None:
    for name, ranks in (("agent-1", (30, 31)), ("agent-2", (40, 20)), ("agent-3", (5, 40))):
        stores.agents.add(an_agent(name), {})
        stores.agents.rank(an_agent(name), ranks)
    stores.agents.add(an_agent("newcomer"), {})
    assert board(stores, limit=limit) == [("agent-2", 40), ("agent-1", 30), ("agent-3", 5)]
    assert board(stores, "math", limit=limit) == [("agent-3", 40), ("agent-1", 31), ("agent-2", 20)]
    assert board(stores, "text", limit=limit) == []
    assert row(stores).ranks == (30, 31)
    assert stores.agents.capabilities(an_agent()) == [("math", None)]


def test_a_rank_moves_and_is_gone_with_its_agent(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    stores.agents.rank(an_agent(), (30, 31))
    stores.agents.rank(row(stores), (30, 33))
    assert (board(stores), board(stores, "math")) == ([("agent-1", 30)], [("agent-1", 33)])
    gone = stores.agents.depart("agent-1", now=NOW)
    assert gone is not None
    stores.agents.bury(gone)
    assert (board(stores), board(stores, "math")) == ([], [])
    stores.agents.rank(gone, (1, 1))
    assert board(stores, "math") == []
    assert stores.agents.get("agent-1") is None


def test_registering_again_asks_for_new_ranks(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    stores.agents.rank(an_agent(), (30, 31))
    fresh = stores.agents.reregister(an_agent(), was=row(stores), descriptions={})
    assert fresh.ranks == ()
    assert board(stores, "math") == []
