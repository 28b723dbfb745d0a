"""Trust at work: quarantine and probes, what an owner's own tasks are worth, history, adjustments."""

import base64
import json
from dataclasses import replace

import pytest

from chalicelib.domain.agent import Agent, AgentStatus, Delivery
from chalicelib.domain.errors import DomainError, Invalid, KeyReused, NotFound
from chalicelib.domain.quarantine import FAULTS, Streak
from chalicelib.domain.task import RETENTION_S, Status
from chalicelib.domain.trust_events import Adjustment, Told, TrustEvent
from chalicelib.services.ports import Page
from chalicelib.services.trusting import ROUNDS, Wanted

from .doing import TENANT, complete, registered, report, row, start, submitted
from .worlds import Watched


def polled(w: Watched, agent_id: str = "a") -> list[str]:
    w.use_cases.agents.heartbeat(agent_id, tenant=TENANT, wish=None)
    _, held = w.use_cases.agents.poll(agent_id, tenant=TENANT)
    return [task.task_id for task in held]


def works(w: Watched, *endings: bool, agent_id: str = "a", **asked: object) -> list[str]:
    """One task after the other, ending so."""
    done: list[str] = []
    for good in endings:
        task_id = submitted(w, max_retries=0, **asked)
        w.drain()
        w.clock.advance(ms=1_000)
        assert polled(w, agent_id) == [task_id]
        start(w, task_id, agent_id=agent_id)
        if good:
            complete(w, task_id, agent_id=agent_id)
        else:
            report(w, task_id, Status.FAILED, error="boom", agent_id=agent_id)
        done.append(task_id)
    return done


def agent(w: Watched, agent_id: str = "a") -> Agent:
    return w.agents.rows[agent_id]


def adjust(
    w: Watched, agent_id: str = "a", key: str | None = None, **asked: object
) -> tuple[Adjustment, bool]:
    wanted = Wanted(**{"reason": "looked into it", **asked})  # type: ignore[arg-type]
    return w.use_cases.trusting.adjust(agent_id, wanted, tenant=TENANT, key=key)


def history(w: Watched, limit: int = 100) -> list[Told]:
    """Page by page."""
    found: list[Told] = []
    cursor: str | None = None
    while True:
        page = w.use_cases.trusting.history("a", tenant=TENANT, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def test_an_agent_that_fails_five_times_rests_and_is_probed_with_one_task(w: Watched) -> None:
    registered(w, slots=4)
    works(w, *[False] * FAULTS)
    waiting = [submitted(w, max_retries=0) for _ in range(3)]
    w.drain()
    assert polled(w) == []
    assert agent(w).status(w.clock()) is AgentStatus.SUSPENDED
    assert not agent(w).listed
    w.clock.advance(seconds=31)
    (probe,) = polled(w)
    assert agent(w).free_slots == 0
    start(w, probe)
    report(w, probe, Status.FAILED, error="still")
    w.clock.advance(seconds=59)
    assert polled(w) == []
    w.clock.advance(seconds=2)
    (second,) = polled(w)
    start(w, second)
    complete(w, second)
    assert agent(w).streak == Streak()
    assert polled(w) == [task_id for task_id in waiting if task_id not in (probe, second)]
    assert agent(w).free_slots == 3


def test_neither_restart_nor_leaving_washes_trust_or_quarantine_off(w: Watched) -> None:
    registered(w, session="one")
    works(w, True, *[False] * FAULTS)
    before = agent(w)
    registered(w, session="two")
    assert (agent(w).evidence, agent(w).streak) == (before.evidence, before.streak)
    w.use_cases.agents.leave("a", tenant=TENANT)
    w.run(seconds=700)
    assert agent(w).left
    assert agent(w).due_at is None
    with pytest.raises(NotFound):
        w.use_cases.agents.get("a", tenant=TENANT)
    registered(w, session="three")
    assert (agent(w).evidence, agent(w).streak) == (before.evidence, before.streak)
    assert w.use_cases.agents.get("a", tenant=TENANT).agent_id == "a"


def test_the_queue_of_an_agent_that_is_remembered_goes_with_it(w: Watched) -> None:
    registered(w, delivery=Delivery.SQS)
    task_id = submitted(w)
    w.drain()
    start(w, task_id)
    complete(w, task_id)
    assert agent(w).evidence
    w.use_cases.agents.leave("a", tenant=TENANT)
    w.run(seconds=700)
    assert agent(w).left
    assert w.agent_queues.messages == {}


def test_success_at_its_own_owners_tasks_earns_nothing_while_faults_count(w: Watched) -> None:
    registered(w, owner="acme-corp")
    works(w, True, client_id="acme-corp")
    works(w, True, client_id="a")
    assert agent(w).evidence == {}
    works(w, False, client_id="acme-corp")
    assert agent(w).trust("report", now=w.clock()).mean < 0.5


def test_what_no_agent_could_do_is_not_charged(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    w.drain()
    assert polled(w) == [task_id]
    start(w, task_id)
    report(w, task_id, Status.FAILED, error="numbers are missing", retryable=False)
    assert row(w, task_id).status is Status.FAILED
    assert (agent(w).evidence, agent(w).streak) == ({}, Streak())


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_the_history_tells_each_event_with_the_score_before_and_after(w: Watched, limit: int) -> None:
    registered(w)
    tasks = works(w, True, False, True)
    w.clock.advance(seconds=3_600)
    adjust(w, capability="report", successes=2)
    told = history(w, limit)
    causes = [(t.event.cause, t.event.task_id, t.event.reason) for t in told]
    assert causes == [
        ("adjusted", None, "looked into it"),
        ("completed", tasks[2], None),
        ("error", tasks[1], "boom"),
        ("completed", tasks[0], None),
    ]
    shown = [(round(t.before.mean, 3), round(t.after.mean, 3)) for t in told]
    assert shown == [(0.571, 0.667), (0.5, 0.571), (0.6, 0.5), (0.5, 0.6)]


def test_an_attempt_of_a_task_that_went_on_elsewhere_stays_in_the_history(w: Watched) -> None:
    registered(w)
    task_id = submitted(w, max_retries=2)
    w.drain()
    for _ in range(2):
        w.use_cases.agents.heartbeat("a", tenant=TENANT, wish=None)
        assert polled(w) == [task_id]
        start(w, task_id)
        report(w, task_id, Status.FAILED, error="boom")
        w.run(seconds=20, each=lambda: None)
    assert [(t.event.token, t.event.cause) for t in history(w)] == [(2, "error"), (1, "error")]


def test_events_of_one_millisecond_are_told_once_each(w: Watched) -> None:
    registered(w, slots=5)
    tasks = [submitted(w) for _ in range(5)]
    w.drain()
    assert sorted(polled(w)) == tasks
    for task_id in tasks:
        start(w, task_id)
        complete(w, task_id)
    assert sorted(t.event.task_id or "" for t in history(w, 2)) == tasks
    assert history(w, 2)[-1].before.mean == pytest.approx(0.5)


def test_what_is_older_than_thirty_days_is_not_told(w: Watched) -> None:
    registered(w)
    works(w, True)
    w.clock.advance(seconds=RETENTION_S)
    assert len(history(w)) == 1
    w.clock.advance(ms=1)
    assert history(w) == []


def garbage() -> list[str]:
    wrong: list[object] = [7, [1, []], ["x", [], {}], [-1, [], {}], [1, [], {"a+": -1}], [1, [], {"a+": "x"}]]
    wrong += [[1, [], []], [1e400, [], {}]]
    return ["%%", "AAAA", *(base64.urlsafe_b64encode(json.dumps(w).encode()).decode() for w in wrong)]


@pytest.mark.parametrize("cursor", garbage())
def test_a_cursor_that_was_never_given_out_is_refused(w: Watched, cursor: str) -> None:
    registered(w)
    with pytest.raises(Invalid):
        w.use_cases.trusting.history("a", tenant=TENANT, limit=1, cursor=cursor)


def test_an_adjustment_is_evidence_beside_what_was_there(w: Watched) -> None:
    registered(w)
    works(w, True)
    made, was_known = adjust(w, capability="report", successes=3, faults=1)
    assert not was_known
    assert (made.before.mean, made.after.mean) == (pytest.approx(0.6), pytest.approx(6 / 9))
    assert agent(w).trust("report", now=w.clock()).mean == pytest.approx(6 / 9)
    works(w, True)
    assert agent(w).trust("report", now=w.clock()).mean == pytest.approx(7 / 10, rel=1e-4)


def test_the_same_key_adjusts_once_whatever_became_of_the_agent(w: Watched) -> None:
    registered(w)
    first = adjust(w, key="k", capability="report", faults=3)
    w.clock.advance(seconds=60)
    assert adjust(w, key="k", capability="report", faults=3) == (first[0], True)
    with pytest.raises(KeyReused):
        adjust(w, key="k", capability="report", faults=4)
    w.use_cases.agents.leave("a", tenant=TENANT)
    assert adjust(w, key="k", capability="report", faults=3) == (first[0], True)
    assert len(w.trust.made) == 1


def test_two_adjustments_at_once_under_one_key_are_one(w: Watched) -> None:
    registered(w)
    first, _ = adjust(w, key="k", capability="report", faults=3)
    w.trust.is_blind = True
    assert adjust(w, key="k", capability="report", faults=3) == (first, True)


def test_an_admin_may_end_a_quarantine(w: Watched) -> None:
    registered(w, slots=2)
    works(w, *[False] * FAULTS)
    polled(w)
    assert not agent(w).listed
    before = agent(w).evidence
    w.clock.advance(ms=1)
    adjust(w, lifts_quarantine=True)
    assert (agent(w).streak, agent(w).evidence) == (Streak(), before)
    assert agent(w).listed
    assert agent(w).free_slots == 2
    newest = history(w)[0]
    assert (newest.event.cause, newest.before) == ("adjusted", newest.after)


def _another_capability(w: Watched) -> None:
    adjust(w, capability="draw", faults=1)


def _another_tenants(w: Watched) -> None:
    w.use_cases.trusting.adjust("a", Wanted(reason="no"), tenant="another")


def _another_tenants_history(w: Watched) -> None:
    w.use_cases.trusting.history("a", tenant="another", limit=1, cursor=None)


def _unknown(w: Watched) -> None:
    adjust(w, "nobody", lifts_quarantine=True)


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        (_another_capability, Invalid),
        (_another_tenants, NotFound),
        (_another_tenants_history, NotFound),
        (_unknown, NotFound),
    ],
)
def test_what_cannot_be_adjusted_or_read_changes_nothing(
    w: Watched, what: object, refusal: type[DomainError]
) -> None:
    registered(w)
    before = agent(w)
    with pytest.raises(refusal):
        what(w)  # type: ignore[operator]
    assert agent(w) == before


def best(w: Watched, capability: str | None = "report", limit: int = 20) -> list[str]:
    found = w.use_cases.trusting.leaders(capability, tenant=TENANT, limit=limit)
    return [leader.agent_id for leader in found]


def known(w: Watched, agent_id: str, good: float, bad: float = 0, **registration: object) -> None:
    """An agent with that many results of now."""
    registered(w, agent_id, **registration)  # type: ignore[arg-type]
    adjust(w, agent_id, capability="report", successes=good, faults=bad)


def test_the_leaderboard_goes_by_what_is_sure_and_leaves_newcomers_out(w: Watched) -> None:
    known(w, "much", 90, 10)
    known(w, "little", 3)
    known(w, "bad", 1, 30)
    registered(w, "newcomer")
    assert best(w) == best(w, None) == ["much", "little", "bad"]
    assert best(w, limit=1) == ["much"]
    assert best(w, "draw") == []


def test_ties_are_told_by_what_stands_behind_them_and_then_by_name(w: Watched) -> None:
    known(w, "b", 5)
    known(w, "a", 5)
    assert best(w) == ["a", "b"]


def test_it_follows_at_the_next_sign_of_life_and_decays(w: Watched) -> None:
    known(w, "a", 20)
    stored = agent(w).ranks
    works(w, *[False] * 4)
    polled(w)
    after = agent(w).ranks
    assert after[0] < stored[0]
    w.clock.advance(seconds=56 * 24 * 3_600)
    assert agent(w).ranks == after
    w.use_cases.agents.heartbeat("a", tenant=TENANT, wish=None)
    assert agent(w).ranks[0] < after[0]


def test_stored_ranks_that_lag_do_not_hide_who_is_better(w: Watched) -> None:
    """The one at the head has forgotten most; its row says so only when it is heard of again."""
    known(w, "old", 12)
    w.clock.advance(seconds=60 * 24 * 3_600)
    known(w, "new", 6)
    assert agent(w, "old").ranks > agent(w, "new").ranks
    assert best(w, limit=1) == ["new"]


def test_a_long_board_is_read_only_as_far_as_it_matters(w: Watched) -> None:
    for n in range(230):
        known(w, f"agent-{n:03}", 1 + n // 10)
    reads: list[str | None] = []
    leaders = w.agents.leaders

    def counted(
        tenant: str, capability: str | None, *, limit: int, cursor: str | None
    ) -> Page[tuple[str, int]]:
        reads.append(cursor)
        return leaders(tenant, capability, limit=limit, cursor=cursor)

    w.agents.leaders = counted  # type: ignore[method-assign]
    assert best(w, limit=3) == ["agent-220", "agent-221", "agent-222"]
    assert len(reads) == 1
    assert len(best(w, limit=100)) == 100
    w.use_cases.agents.leave("agent-220", tenant=TENANT)
    assert best(w, limit=1) == ["agent-221"]


def test_a_board_is_read_no_further_than_a_thousand_keys(w: Watched) -> None:
    w.agents.ranks = {(f"{TENANT}#report", f"gone-{n}"): 40 for n in range(1_200)}
    assert best(w) == []


def test_who_left_is_gone_from_the_board_at_once(w: Watched) -> None:
    known(w, "stays", 5)
    known(w, "leaves", 9)
    w.agents.rows["leaves"] = replace(agent(w, "leaves"), left=True)
    assert best(w) == ["stays"]
    w.agents.rows["leaves"] = replace(agent(w, "leaves"), left=False)


def test_rows_that_moved_on_are_passed_over_so_far_and_no_further(w: Watched) -> None:
    registered(w)
    works(w, True)
    asked: list[int] = []
    latest = w.trust.latest

    def lagging(agent_id: str, *, since: int, until: int, limit: int) -> tuple[list[TrustEvent], int | None]:
        asked.append(until)
        return ([], w.clock()) if len(asked) != 3 else latest(agent_id, since=since, until=until, limit=limit)

    w.trust.latest = lagging  # type: ignore[method-assign]
    assert [told.event.cause for told in history(w)] == ["completed"]
    assert len(asked) == 3
    assert history(w) == []
    assert len(asked) == 3 + ROUNDS
