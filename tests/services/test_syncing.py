"""Sync: lost, late and repeated ones free nothing that runs and hide nothing that was given."""

import pytest

from chalicelib.domain.agent import AgentStatus, Delivery, Wish
from chalicelib.domain.errors import NotFound, StaleSync, Superseded
from chalicelib.domain.task import Outcome, Status
from chalicelib.services.holding import Report
from chalicelib.services.syncing import Named

from .doing import cancel, complete, given, poll, registered, row, slots, start, submitted, sync, token
from .worlds import Watched


def finished(w: Watched, task_id: str, status: Status = Status.COMPLETED, **told: object) -> Report:
    return Report(task_id=task_id, agent_id="a", status=status, **({"token": token(w, task_id)} | told))


def named(w: Watched, task_id: str, **told: object) -> Named:
    return Named(task_id=task_id, token=token(w, task_id), **told)


@pytest.fixture
def two_slots(w: Watched) -> Watched:
    registered(w, slots=2, session="s1")
    return w


def test_a_sync_takes_as_much_as_it_asks_for(two_slots: Watched) -> None:
    w = two_slots
    tasks = [submitted(w) for _ in range(3)]
    answer = sync(w, free_slots=1)
    assert (answer.seq, len(answer.given)) == (1, 1)
    answer = sync(w, ack=1, held=given(answer), free_slots=1)
    assert (answer.seq, len(answer.given)) == (2, 1)
    assert slots(w) == {"a": 2}
    assert sum(row(w, task_id).status is Status.PENDING for task_id in tasks) == 1


def test_an_agent_that_asks_for_more_than_it_registered_gets_no_more(two_slots: Watched) -> None:
    w = two_slots
    for _ in range(4):
        submitted(w)
    assert len(sync(w, free_slots=10).given) == 2


def test_what_a_lost_answer_carried_is_carried_again_under_the_same_token(two_slots: Watched) -> None:
    w = two_slots
    submitted(w)
    lost = sync(w, free_slots=2)
    again = sync(w, ack=0, free_slots=2)
    assert again.given == lost.given
    assert again.seq == 2
    assert sync(w, ack=0, free_slots=2).given == lost.given
    assert slots(w) == {"a": 1}


def test_what_dispatch_assigned_is_delivered_by_the_next_answer_and_by_no_other(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    w.drain()
    first = sync(w)
    assert given(first) == [task_id]
    assert given(sync(w, ack=1, held=[task_id])) == []


def test_what_an_acknowledged_answer_carried_and_is_not_named_is_free(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    answer = sync(w, ack=1)
    task = row(w, task_id)
    assert task.last is not None
    assert (given(answer), task.status, task.last.outcome) == ([], Status.PENDING, Outcome.RELEASED)
    assert (task.attempt, task.rescues, slots(w)) == (0, 0, {"a": 0})


def test_what_was_freed_may_be_taken_anew_by_the_same_sync_under_a_new_token(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    assert given(sync(w, ack=1, free_slots=1)) == [task_id]
    assert token(w, task_id) == 2


def test_running_work_that_is_named_stays(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    answer = sync(w, ack=1, held=[named(w, task_id, started=True, progress=0.25)])
    assert (answer.lost, answer.cancelled) == ([], [])
    assert (row(w, task_id).status, row(w, task_id).progress) == (Status.ACTIVE, 0.25)
    before = row(w, task_id)
    reads = w.tasks.reads
    sync(w, ack=2, held=[named(w, task_id, started=True, progress=0.25)])
    sync(w, ack=3, held=[named(w, task_id, started=True)])
    assert row(w, task_id) is before
    assert w.tasks.reads == reads  # nothing new is said: nothing is read one by one
    sync(w, ack=4, held=[named(w, task_id, started=True, progress=0.5)])
    assert row(w, task_id).progress == 0.5


def test_named_but_not_started_changes_nothing(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    before = row(w, task_id)
    assert sync(w, ack=1, held=[task_id]).lost == []
    assert row(w, task_id) is before


def test_reports_free_slots_that_the_same_sync_fills(two_slots: Watched) -> None:
    w = two_slots
    ids = [submitted(w) for _ in range(3)]
    first = given(sync(w, free_slots=2))
    answer = sync(w, ack=1, reports=tuple(finished(w, i) for i in first), free_slots=2)
    assert [(heard.status, heard.refusal) for heard in answer.heard] == [("COMPLETED", None)] * 2
    assert set(given(answer)) == set(ids) - set(first)
    assert slots(w) == {"a": 1}


def test_a_report_on_an_assigned_task_counts_as_started_and_finished(two_slots: Watched) -> None:
    w = two_slots
    one, other = submitted(w), submitted(w)
    sync(w, free_slots=2)
    sync(w, ack=1, reports=(finished(w, one, result=1), finished(w, other, Status.FAILED, error="boom")))
    assert row(w, one).status is Status.COMPLETED
    assert row(w, other).attempt == 1
    last = row(w, one).last
    assert last is not None
    assert last.started_at == w.clock()


def test_a_refused_report_does_not_hold_up_the_others(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    unknown = Report(task_id="none", agent_id="a", token=1, status=Status.COMPLETED)
    answer = sync(w, ack=1, reports=(unknown, finished(w, task_id)))
    assert [heard.refusal for heard in answer.heard] == ["no task none", None]
    assert row(w, task_id).status is Status.COMPLETED


def test_a_report_is_the_agents_own_whatever_it_claims(two_slots: Watched) -> None:
    w = two_slots
    registered(w, "b", session="s2")
    task_id = submitted(w)
    sync(w, agent_id="b", session="s2", free_slots=1)
    forged = Report(task_id=task_id, agent_id="b", token=1, status=Status.COMPLETED)
    assert sync(w, reports=(forged,)).heard[0].refusal is not None
    assert row(w, task_id).status is Status.ASSIGNED


def test_a_repeated_sync_repeats_its_reports_harmlessly(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    said = (finished(w, task_id, result=1),)
    first = sync(w, ack=1, reports=said, free_slots=2)
    again = sync(w, ack=1, reports=said, free_slots=2)
    assert (again.heard, again.seq) == (first.heard, first.seq + 1)
    assert w.metrics.total("tasks_completed_total") == 1


def test_a_sync_older_than_the_last_acknowledged_answer_changes_nothing(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    sync(w, ack=1, held=[named(w, task_id, started=True)])
    before = (dict(w.agents.rows), dict(w.tasks.rows))
    with pytest.raises(StaleSync):
        sync(w, ack=0, released=[task_id])
    with pytest.raises(StaleSync):
        sync(w, ack=9)
    assert (w.agents.rows, w.tasks.rows) == before


def test_a_late_twin_of_a_sync_frees_nothing(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    answer = sync(w, ack=0, free_slots=1)
    sync(w, ack=0, free_slots=1)  # the twin arrives before the agent could name what it got
    assert row(w, task_id).lease == answer.given[0].lease
    assert sync(w, ack=answer.seq, held=[named(w, task_id, started=True)]).lost == []


def test_what_is_handed_back_is_free_at_once_and_twice_is_fine(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    back = Named(task_id=task_id, token=1)
    answer = sync(w, ack=1, released=[back])
    assert (row(w, task_id).status, slots(w), given(answer)) == (Status.PENDING, {"a": 0}, [])
    sync(w, ack=2, released=[back])
    assert row(w, task_id).token == 1


def test_handed_back_while_it_ran_counts_a_rescue(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    sync(w, ack=1, held=[named(w, task_id, started=True)])
    sync(w, ack=2, released=[task_id])
    assert (row(w, task_id).rescues, row(w, task_id).attempt) == (1, 0)


def test_a_cancelled_task_is_told_once_it_is_named_and_its_slot_is_free_when_it_is_not(
    two_slots: Watched,
) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    sync(w, ack=1, held=[named(w, task_id, started=True)])
    cancel(w, task_id)
    answer = sync(w, ack=2, held=[named(w, task_id, started=True)])
    assert (answer.cancelled, answer.lost, slots(w)) == ([task_id], [], {"a": 1})
    answer = sync(w, ack=3)
    assert (answer.cancelled, slots(w)) == ([], {"a": 0})


def test_a_task_cancelled_before_it_was_delivered_is_never_delivered(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    w.drain()
    cancel(w, task_id)
    assert (given(sync(w)), slots(w)) == ([], {"a": 0})


def test_cancelled_work_may_be_handed_back_too(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    cancel(w, task_id)
    sync(w, ack=1, released=[task_id])
    assert (row(w, task_id).status, slots(w)) == (Status.CANCELLED, {"a": 0})


def test_tasks_that_are_not_its_own_any_more_are_lost(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    sync(w, ack=1, released=[task_id], free_slots=2)  # given back, and taken again under token 2
    old = Named(task_id=task_id, token=1, started=True)
    unknown = Named(task_id="none", token=1)
    assert sync(w, ack=2, held=[old, unknown]).lost == [task_id, "none"]


def test_a_task_that_goes_while_its_start_is_written_is_lost(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    w.tasks.meanwhile.first(
        lambda: w.use_cases.holding.release(task_id, agent_id="a", token=1, tenant="acme")
    )
    assert sync(w, ack=1, held=[named(w, task_id, started=True)]).lost == [task_id]


def test_a_task_that_changes_while_it_is_delivered_waits_for_the_next_answer(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    w.drain()
    w.tasks.meanwhile.first(lambda: start(w, task_id))
    assert given(sync(w)) == []
    assert given(sync(w, ack=1)) == [task_id]


def test_a_task_that_moves_on_while_it_is_freed_is_not_freed_twice(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    start(w, task_id)
    w.tasks.meanwhile.first(lambda: complete(w, task_id))
    sync(w, ack=1)
    assert (row(w, task_id).status, slots(w)) == (Status.COMPLETED, {"a": 0})


def test_another_session_takes_over_and_the_old_one_is_told(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    registered(w, slots=2, session="s2")
    task = row(w, task_id)
    assert task.last is not None
    assert (task.status, task.last.outcome, task.attempt) == (Status.PENDING, Outcome.SUPERSEDED, 0)
    with pytest.raises(Superseded):
        sync(w, session="s1", ack=1, held=[task_id])
    assert given(sync(w, session="s2", free_slots=1)) == [task_id]


def test_the_old_sessions_work_is_not_delivered_to_the_new(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    sync(w, free_slots=1)
    w.tasks.hidden.add("agent#a")  # the inbox index lags while the new session registers
    registered(w, slots=2, session="s2")
    w.tasks.hidden.clear()
    assert row(w, task_id).status is Status.ASSIGNED
    assert given(sync(w, session="s2")) == []
    w.run(seconds=60)
    assert row(w, task_id).last is not None  # the clock frees it


def test_the_first_sync_names_the_session_of_an_agent_that_had_none(w: Watched) -> None:
    registered(w, slots=2)
    task_id = submitted(w)
    w.drain()
    assert given(sync(w, session="s1")) == [task_id]
    with pytest.raises(Superseded):
        sync(w, session="s2")


def test_an_unknown_or_gone_agent_must_register(two_slots: Watched) -> None:
    w = two_slots
    with pytest.raises(NotFound, match="register it first"):
        sync(w, agent_id="nobody")
    w.use_cases.agents.leave("a", tenant="acme")
    with pytest.raises(NotFound, match="register it first"):
        sync(w)


def test_a_draining_agent_keeps_what_it_has_and_takes_nothing(two_slots: Watched) -> None:
    w = two_slots
    one = submitted(w)
    sync(w, free_slots=1)
    waiting = submitted(w)
    answer = sync(w, ack=1, held=[named(w, one, started=True)], free_slots=1, wish=Wish.DRAINING)
    w.drain()
    assert (answer.agent.status(w.clock()), given(answer)) == (AgentStatus.DRAINING, [])
    assert row(w, waiting).status is Status.PENDING
    assert not w.agents.rows["a"].listed
    sync(w, ack=2, held=[one], wish=Wish.ACTIVE)
    assert w.agents.rows["a"].listed


def test_an_agent_with_a_queue_gets_no_assignments_by_sync(w: Watched) -> None:
    registered(w, session="s1", delivery=Delivery.SQS)
    task_id = submitted(w)
    w.drain()
    assert row(w, task_id).status is Status.ASSIGNED
    assert given(sync(w, free_slots=1)) == []
    assert row(w, task_id).status is Status.ASSIGNED


def test_a_sync_renews_the_lease_in_one_write(two_slots: Watched) -> None:
    w = two_slots
    w.clock.advance(seconds=20)
    assert sync(w).agent.lease_until == w.clock() + 30_000
    assert w.metrics.total("agent_heartbeats_total") == 1


def test_what_a_poll_took_is_delivered_by_the_next_sync(two_slots: Watched) -> None:
    w = two_slots
    task_id = submitted(w)
    assert poll(w) == [task_id]
    assert given(sync(w)) == [task_id]


def test_an_agent_whose_row_went_meanwhile_takes_nothing(two_slots: Watched) -> None:
    w = two_slots
    ids = [submitted(w), submitted(w)]
    sync(w, free_slots=2)
    said = tuple(finished(w, task_id) for task_id in ids)

    def goes() -> None:
        w.use_cases.agents.leave("a", tenant="acme")
        del w.agents.rows["a"]

    w.tasks.meanwhile.first(lambda: None, goes)
    answer = sync(w, ack=1, reports=said, free_slots=2)
    assert [heard.refusal is None for heard in answer.heard] == [True, False]
    assert (answer.given, w.agents.rows) == ([], {})
