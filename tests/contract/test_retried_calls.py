"""The answer is lost, the write is not: botocore sends it again, and we know our own row.

For each write: one call of ours, done once, and told as done.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError

from chalicelib.domain import lifecycle
from chalicelib.domain.errors import LostRace
from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.task import Outcome
from chalicelib.domain.trust import Evidence
from tests.contract.implementations import Stores
from tests.contract.test_agents import candidates, capable
from tests.contract.test_claims import claimed, row
from tests.contract.test_schedules import ended, fired
from tests.contract.test_schedules import row as schedule_row
from tests.contract.values import MATH, NOW, TENANT, a_run, a_schedule, a_task, an_agent, held

pytestmark = pytest.mark.parametrize("implementation", ["moto", "engine"], indirect=True, scope="package")
LATER = NOW + 1_000


@pytest.mark.parametrize("error", [ConnectionClosedError, ReadTimeoutError])
def test_a_put_task_is_ours(stores: Stores, error: type[HTTPClientError]) -> None:
    with stores.wire.losing_answer("PutItem", error=error):
        assert stores.tasks.add(a_task()) is None
    assert stores.wire.seen.count("PutItem") == 2
    assert stores.tasks.get("task-1") == a_task()


def test_anothers_put_task_is_not_ours(stores: Stores) -> None:
    stores.tasks.add(a_task(client_id="client-2"))
    with stores.wire.losing_answer("PutItem"):
        assert stores.tasks.add(a_task()) == a_task(client_id="client-2")


def test_an_added_document_is_ours_and_anothers_is_not(stores: Stores) -> None:
    with stores.wire.losing_answer("PutItem"):
        assert stores.payloads.add("redrive-1", "plan", "mine") is None
    with stores.wire.losing_answer("PutItem"):
        assert stores.payloads.add("redrive-1", "plan", "mine") == "mine"


def test_a_saved_task_is_ours(stores: Stores) -> None:
    stores.tasks.add(a_task())
    with stores.wire.losing_answer("PutItem"):
        stores.tasks.save(lifecycle.parked(a_task()), was=1)
    assert stores.tasks.get("task-1") == lifecycle.parked(a_task())
    assert stores.tasks.remembered("task-1") == lifecycle.parked(a_task())


def test_a_save_that_lost_its_race_is_not_ours(stores: Stores) -> None:
    stores.tasks.add(a_task())
    stores.tasks.save(lifecycle.parked(a_task()), was=1)
    with stores.wire.losing_answer("PutItem"), pytest.raises(LostRace):
        stores.tasks.save(lifecycle.cancelled(a_task(), now=LATER, reason=None), was=1)


def test_a_claim_is_ours_and_takes_one_slot(stores: Stores) -> None:
    stores.tasks.add(a_task())
    stores.agents.add(an_agent(max_concurrency=2), {})
    with stores.wire.losing_answer("TransactWriteItems"):
        claimed(stores, an_agent())
    assert row(stores).in_flight == 1
    assert stores.tasks.remembered("task-1") == held(a_task(), an_agent())


def test_the_claim_of_the_last_slot_is_ours(stores: Stores) -> None:
    stores.tasks.add(a_task())
    stores.agents.add(an_agent(), {})
    with stores.wire.losing_answer("TransactWriteItems"):
        claimed(stores, an_agent())
    assert row(stores).in_flight == 1


def test_a_finish_is_ours_and_counts_once(stores: Stores) -> None:
    stores.agents.add(an_agent(max_concurrency=2), {})
    stores.tasks.add(a_task())
    claimed(stores, an_agent())
    freed = lifecycle.freed(held(a_task(), an_agent()), Outcome.RELEASED, now=LATER)
    with stores.wire.losing_answer("TransactWriteItems"):
        stores.tasks.leave(freed, was=2, agent_id="agent-1", evidence=Evidence("math", bad=1.5))
    assert (row(stores).in_flight, row(stores).evidence) == (0, {f"{MATH}-": 1.5})


def test_a_registration_is_ours(stores: Stores) -> None:
    with stores.wire.losing_answer("PutItem"):
        assert stores.agents.add(an_agent(), {"math": "sums"}) is None
    assert candidates(stores) == ["agent-1"]


def test_a_take_over_is_ours(stores: Stores) -> None:
    first = an_agent(session_id="session-1")
    stores.agents.add(first, {})
    second = replace(first, session_id="session-2")
    with stores.wire.losing_answer("UpdateItem"):
        assert stores.agents.reregister(second, was=first, descriptions={}) == second


def test_a_heartbeat_may_be_written_twice(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    with stores.wire.losing_answer("UpdateItem"):
        beaten = stores.agents.beat("agent-1", tenant=TENANT, now=LATER, wish=None)
    assert beaten == row(stores) == replace(an_agent(), lease_until=LATER + 30_000, last_heartbeat=LATER)


def test_a_drain_and_an_undrain_may_be_written_twice(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    with stores.wire.losing_answer("UpdateItem"):
        drained = stores.agents.drain("agent-1", tenant=TENANT, now=LATER, reason="why")
    assert drained == row(stores) == replace(an_agent(), drained_at=LATER, drain_reason="why")
    with stores.wire.losing_answer("UpdateItem"):
        assert stores.agents.undrain("agent-1", tenant=TENANT) == an_agent()


def test_a_sync_that_is_written_twice_skips_a_number_and_answers_the_last(stores: Stores) -> None:
    stores.agents.add(an_agent(session_id="session-1", seq=4, acked=2), {})
    with stores.wire.losing_answer("UpdateItem"):
        synced = stores.agents.sync(
            "agent-1", tenant=TENANT, session_id="session-1", ack=4, now=LATER, wish=None
        )
    assert synced == row(stores)
    assert (synced.seq, synced.acked) == (6, 4)


def test_a_departure_is_ours(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    with stores.wire.losing_answer("UpdateItem"):
        assert stores.agents.depart("agent-1", now=LATER) == row(stores)
    assert row(stores).left


def test_a_burial_is_ours_and_leaves_no_capability_behind(stores: Stores) -> None:
    stores.agents.add(an_agent(capabilities=("math", "text"), left=True), {})
    with stores.wire.losing_answer("DeleteItem"):
        stores.agents.bury(an_agent(capabilities=("math", "text")))
    assert stores.agents.get("agent-1") is None
    assert [capable(stores, name) for name in ("math", "text")] == [(), ()]


def test_a_new_and_a_saved_schedule_are_ours(stores: Stores) -> None:
    with stores.wire.losing_answer("PutItem"):
        assert stores.schedules.add(a_schedule()) is None
    paused = replace(a_schedule(), version=2, description="changed")
    with stores.wire.losing_answer("UpdateItem"):
        stores.schedules.save(paused, was=1)
    assert schedule_row(stores) == paused


def test_a_deletion_is_ours(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    with stores.wire.losing_answer("DeleteItem"):
        stores.schedules.delete(a_schedule())
    assert stores.schedules.get("schedule-1") is None


def test_a_fired_slot_is_ours(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    with stores.wire.losing_answer("TransactWriteItems"):
        run = fired(stores)
    assert schedule_row(stores).version == 2
    assert stores.tasks.get(run.task_id) == a_task(run.task_id)
    assert stores.schedules.execution("schedule-1", NOW) == a_run()


def test_a_failure_is_counted_once(stores: Stores, wrong_in: Callable[[str, str], None]) -> None:
    wrong_in("moto", "ignores ClientRequestToken: the retried transaction fails")
    stores.schedules.add(a_schedule())
    run = ended(fired(stores), ExecutionStatus.FAILED)
    with stores.wire.losing_answer("TransactWriteItems"):
        assert stores.schedules.settle(run)
    assert schedule_row(stores).failed_runs == 1


def test_a_slot_that_was_given_up_is_ours(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    missed = a_run(task_id=None, status=ExecutionStatus.MISSED, ended_at=NOW)
    after = replace(a_schedule(), version=2, missed_runs=1)
    with stores.wire.losing_answer("TransactWriteItems"):
        stores.schedules.pass_over(after, was=1, given_up=[missed])
    assert schedule_row(stores) == after
    assert stores.schedules.execution("schedule-1", NOW) == missed


def test_the_end_of_a_run_is_counted_once_with_what_its_schedule_makes_of_it(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    run = ended(fired(stores), ExecutionStatus.FAILED)
    after = replace(schedule_row(stores), version=3, failures_in_row=1)
    with stores.wire.losing_answer("TransactWriteItems"):
        assert stores.schedules.end_run(run, after, was=2)
    assert schedule_row(stores) == replace(after, failed_runs=1)


def test_a_reserved_piece_whose_answer_was_lost_is_lost_and_never_given_twice(stores: Stores) -> None:
    with stores.wire.losing_answer("UpdateItem"):
        assert stores.limits.reserve("slots#a", 1_000, since=NOW) == NOW + 1_000
    assert stores.limits.reserve("slots#a", 1_000, since=NOW) == NOW + 2_000


def test_a_counted_batch_is_ours_and_counts_once(stores: Stores) -> None:
    def add(first: int, last: int) -> int | None:
        return stores.stats.add({"tasks_created_total": 2}, shard="s", first=first, last=last, now=NOW)

    with stores.wire.losing_answer("TransactWriteItems"):
        assert add(1, 2) is None
    assert stores.stats.counters() == {"tasks_created_total": 2}
    with stores.wire.losing_answer("TransactWriteItems"):
        assert add(3, 4) is None
    assert add(3, 4) == 4
    assert stores.stats.counters() == {"tasks_created_total": 4}
