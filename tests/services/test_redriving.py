"""Redriving: which tasks one call is about, what becomes of each, how fast they start over."""

from collections.abc import Iterable

import pytest

from chalicelib.domain.errors import KeyReused
from chalicelib.domain.task import Status
from chalicelib.services.dead_letters import DeadFilter
from chalicelib.services.redriving import Redriven
from chalicelib.services.retrying import Edited
from tests.fakes import World

from .doing import TENANT, cancel, registered, row, submitted
from .redoing import Killed, dead, killed, listed, made, redrive
from .worlds import Watched


def waits(w: World, ids: Iterable[str]) -> list[int]:
    """Milliseconds from now until each may run."""
    return [(w.tasks.rows[task_id].not_before or w.clock.now) - w.clock.now for task_id in ids]


def test_the_dead_letters_of_a_filter_are_redriven_and_leave_the_list(w: Watched) -> None:
    ids = dead(w, 3)
    others = dead(w, 2, client_id="other")
    done = redrive(w, wanted=DeadFilter(client_id="client"))
    assert (made(done), done.refused, done.cursor) == (ids[::-1], [], None)
    assert [row(w, task_id).retried_as for task_id in made(done)] == [t.task_id for _, t in done.made]
    assert listed(w) == others[::-1]
    assert w.metrics.total("tasks_redriven_total") == 3
    assert redrive(w, wanted=DeadFilter(client_id="client")).made == []


def test_new_tasks_start_over_one_after_the_other(w: Watched) -> None:
    dead(w, 4)
    registered(w, slots=9, capabilities=("nobody",), heartbeat_ms=600_000)
    w.clock.advance(seconds=2)  # the service has heard of the agent
    done = redrive(w, per_second=0.8)
    assert waits(w, [task.task_id for _, task in done.made]) == [0, 1_250, 2_500, 3_750]
    started: list[int] = []
    for _ in range(5):
        w.drain()
        started.append(w.agents.rows["a"].in_flight)
        w.clock.advance(seconds=1)
    assert started == [1, 1, 2, 3, 4]


def test_those_that_wait_longer_than_the_tick_looks_ahead_start_in_their_time_too(w: Watched) -> None:
    dead(w, 2, queue_timeout_ms=600)
    done = redrive(w, per_second=0.01)
    late = done.made[1][1].task_id
    registered(w, slots=9, capabilities=("nobody",), heartbeat_ms=900_000)
    w.run(seconds=99)
    assert row(w, late).status is Status.PENDING
    w.run(seconds=1)
    assert row(w, late).status is Status.ASSIGNED


def test_one_that_cannot_be_retried_holds_up_no_other_and_takes_no_place_in_the_spacing(w: Watched) -> None:
    first, retried, last = dead(w, 3)
    redrive(w, task_ids=(retried,))
    open_id, theirs = submitted(w), submitted(w, tenant="other")
    done = redrive(w, task_ids=(first, retried, "none", open_id, theirs, last), per_second=1)
    assert made(done) == [first, last]
    assert waits(w, [task.task_id for _, task in done.made]) == [0, 1_000]
    reasons = dict(done.refused)
    assert list(reasons) == [retried, "none", open_id, theirs]
    assert f"was retried as {row(w, retried).retried_as}" in reasons[retried]
    assert (reasons["none"], reasons[theirs]) == ("no task none", f"no task {theirs}")
    assert "only what is FAILED or CANCELLED" in reasons[open_id]


def test_a_cancelled_task_is_redriven_by_its_id(w: Watched) -> None:
    task_id = submitted(w)
    cancel(w, task_id)
    assert made(redrive(w, task_ids=(task_id,))) == [task_id]


def test_one_task_is_redriven_with_edited_input(w: Watched) -> None:
    (task_id,) = dead(w, input_data={"n": 1}, metadata={"trace": 7})
    done = redrive(w, task_ids=(task_id,), edited=Edited({"n": 2}))
    document = w.use_cases.reading.document(done.made[0][1].document)
    assert document == {"input": {"n": 2}, "metadata": {"trace": 7}}


def test_a_call_takes_as_many_as_its_limit_and_the_next_goes_on(w: Watched) -> None:
    ids = dead(w, 5)[::-1]
    first = redrive(w, limit=2)
    assert made(first) == ids[:2]
    assert made(redrive(w, limit=2)) == ids[2:4]
    assert made(redrive(w, limit=2, cursor=first.cursor)) == ids[4:]


def test_a_crash_in_between_is_finished_by_the_next_call_with_no_second_task(w: Watched) -> None:
    ids = dead(w, 3)[::-1]
    w.tasks.meanwhile.first(lambda: None, killed)
    with pytest.raises(Killed):
        redrive(w)
    assert listed(w) == ids[1:]
    assert made(redrive(w)) == ids[1:]
    assert sorted(t.retry_of or "" for t in w.tasks.rows.values() if t.retry_of) == sorted(ids)
    assert w.metrics.total("tasks_redriven_total") == 3


def test_the_same_key_and_body_are_about_the_same_tasks(w: Watched) -> None:
    ids = dead(w, 5)[::-1]
    first = redrive(w, limit=2, key="k")
    again = redrive(w, limit=2, key="k")
    assert (first.was_known, again.was_known) == (False, True)
    assert made(first) == made(again) == ids[:2]
    assert [t.task_id for _, t in again.made] == [t.task_id for _, t in first.made]
    assert (again.cursor, again.refused) == (first.cursor, [])
    assert made(redrive(w, limit=2, key="another")) == ids[2:4]
    assert w.metrics.total("tasks_redriven_total") == 4


def test_a_repeated_key_refuses_again_what_it_refused(w: Watched) -> None:
    mine, theirs = dead(w, 2)
    redrive(w, task_ids=(theirs,), key="theirs")
    for _ in range(2):
        done = redrive(w, task_ids=(mine, theirs), key="k")
        assert (made(done), [task_id for task_id, _ in done.refused]) == ([mine], [theirs])


def test_a_key_finishes_what_a_crash_left_undone(w: Watched) -> None:
    ids = dead(w, 3)[::-1]
    w.tasks.meanwhile.first(lambda: None, killed)
    with pytest.raises(Killed):
        redrive(w, key="k")
    later = dead(w, 1)
    done = redrive(w, key="k")
    assert (made(done), done.was_known, done.refused) == (ids, True, [])
    assert waits(w, [done.made[2][1].task_id]) == [0]  # spacing is between those that are new
    assert listed(w) == later


@pytest.mark.parametrize(
    "other", [{"limit": 3}, {"per_second": 1.0}, {"wanted": DeadFilter(client_id="c")}, {"task_ids": ("a",)}]
)
def test_the_same_key_with_another_body_is_refused(w: Watched, other: dict[str, object]) -> None:
    ids = dead(w, 3)
    redrive(w, limit=1, key="k")
    with pytest.raises(KeyReused):
        redrive(w, **{"limit": 1, "key": "k"} | other)  # type: ignore[arg-type]
    assert listed(w) == ids[:2][::-1]


def test_two_at_once_with_one_key_are_about_the_tasks_of_the_first(w: Watched) -> None:
    ids = dead(w, 3)[::-1]
    real = w.payloads.add
    others: list[Redriven] = []

    def add(owner: str, kind: str, text: str, *, ttl: int | None = None) -> str | None:
        if not others:
            others.append(Redriven())
            others.append(redrive(w, limit=2, key="k"))
        return real(owner, kind, text, ttl=ttl)

    w.payloads.add = add  # type: ignore[method-assign]
    done = redrive(w, limit=2, key="k")
    assert made(done) == made(others[1]) == ids[:2]
    assert (done.was_known, others[1].was_known) == (True, False)
    assert listed(w) == ids[2:]


def test_a_key_of_another_tenant_is_another(w: Watched) -> None:
    dead(w, 1)
    redrive(w, key="k")
    (theirs,) = dead(w, 1, tenant="other")
    done = redrive(w, key="k", tenant="other")
    assert (made(done), done.was_known) == ([theirs], False)


def test_a_retry_and_a_redrive_with_one_key_are_two_requests(w: Watched) -> None:
    (task_id,) = dead(w)
    w.use_cases.retrying.retry(task_id, tenant=TENANT, key="k")
    (refusal,) = redrive(w, task_ids=(task_id,), key="k").refused
    assert "was retried as" in refusal[1]


def test_without_a_key_nothing_is_kept_of_a_redrive(w: Watched) -> None:
    dead(w, 2)
    redrive(w)
    assert w.payloads.texts == {}
    redrive(w, key="k")
    assert len(w.payloads.texts) == 1
