"""Task rows: put if absent, changed only at the version that was read."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain import lifecycle, trust
from chalicelib.domain.errors import LostRace
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.task import Outcome
from chalicelib.domain.trust import Evidence
from tests.contract.implementations import Stores
from tests.contract.values import MATH, NOW, a_task, an_agent, held, in_line

LATER = NOW + 1_000


def test_the_first_put_wins_and_the_second_sees_it(stores: Stores) -> None:
    first, second = a_task(), replace(a_task(), client_id="client-2", request="another")
    assert stores.tasks.add(first) is None
    assert stores.tasks.add(second) == first
    assert stores.tasks.get("task-1") == first


def test_a_task_that_moved_on_cannot_be_saved(stores: Stores) -> None:
    task = a_task()
    stores.tasks.add(task)
    moved = lifecycle.parked(task)
    stores.tasks.save(moved, was=task.version)
    with pytest.raises(LostRace):
        stores.tasks.save(replace(moved, error="overwritten"), was=task.version)
    assert stores.tasks.get("task-1") == moved


def test_a_task_that_is_not_there_cannot_be_saved(stores: Stores) -> None:
    with pytest.raises(LostRace):
        stores.tasks.save(a_task(), was=1)
    assert stores.tasks.get("task-1") is None


def test_many_tasks_come_in_the_order_asked_each_once(stores: Stores) -> None:
    ids = [f"task-{n}" for n in range(120)]
    for task_id in ids:
        stores.tasks.add(a_task(task_id))
    asked = [*reversed(ids), "task-none", ids[5]]
    assert [task.task_id for task in stores.tasks.get_many(asked)] == ids[::-1]


def test_a_task_is_read_with_those_of_its_candidates_that_are_there(stores: Stores) -> None:
    stores.tasks.add(a_task())
    for name in ("agent-1", "agent-2"):
        stores.agents.add(an_agent(name), {})
    task, agents = stores.tasks.get_with_agents("task-1", ["agent-2", "agent-gone", "agent-1"])
    assert task == a_task()
    assert agents == [an_agent("agent-2"), an_agent("agent-1")]


def test_a_remembered_row_is_the_one_last_written_and_nothing_that_is_over(stores: Stores) -> None:
    task = a_task()
    stores.tasks.add(task)
    assert stores.tasks.remembered("task-1") in (None, task)
    parked = lifecycle.parked(task)
    stores.tasks.save(parked, was=1)
    assert stores.tasks.remembered("task-1") in (None, parked)
    with pytest.raises(LostRace):
        stores.tasks.save(lifecycle.parked(task), was=1)
    assert stores.tasks.remembered("task-1") in (None, parked)
    stores.tasks.save(lifecycle.cancelled(parked, now=LATER, reason=None), was=parked.version)
    assert stores.tasks.remembered("task-1") is None


def _held(stores: Stores) -> None:
    stores.agents.add(an_agent(), {})
    stores.tasks.add(a_task())
    stores.tasks.assign(held(a_task(), an_agent()), was=1, agent=an_agent(), now=NOW)


def test_leaving_frees_the_slot_and_adds_what_it_says_of_the_agent(stores: Stores) -> None:
    _held(stores)
    running = lifecycle.started(held(a_task(), an_agent()), now=LATER)
    stores.tasks.save(running, was=2)
    done = lifecycle.completed(running, result=in_line("1"), now=LATER)
    stores.tasks.leave(done, was=3, agent_id="agent-1", evidence=Evidence("math", good=2.5))
    assert stores.tasks.get("task-1") == done
    agent = stores.agents.get("agent-1")
    assert agent is not None
    assert (agent.in_flight, agent.evidence) == (0, {f"{MATH}+": 2.5})


def test_evidence_is_summed_by_capability_and_sign(stores: Stores) -> None:
    stores.agents.add(an_agent(max_concurrency=9), {})
    said = [
        Evidence("math", good=2.0),
        Evidence("math", bad=1.5),
        Evidence("math", good=0.25),
        Evidence("a.b:c#d", good=4e15),
        None,
    ]
    for n, evidence in enumerate(said):
        task = a_task(f"task-{n}")
        given = held(task, an_agent())
        stores.tasks.add(task)
        stores.tasks.assign(given, was=1, agent=an_agent(), now=NOW)
        freed = lifecycle.freed(given, Outcome.RELEASED, now=LATER)
        stores.tasks.leave(freed, was=2, agent_id="agent-1", evidence=evidence)
    agent = stores.agents.get("agent-1")
    assert agent is not None
    assert agent.in_flight == 0
    assert agent.evidence == {f"{MATH}+": 2.25, f"{MATH}-": 1.5, f"{trust.stem('a.b:c#d')}+": 4e15}


def test_faults_in_a_row_are_counted_until_a_success(stores: Stores) -> None:
    stores.agents.add(an_agent(max_concurrency=9), {})
    fault = Evidence("math", bad=1.0, part="2", at=LATER)
    said = [fault, fault, replace(fault, of_probe=True, at=LATER + 1), Evidence("math", good=1.0, part="a")]
    streaks = []
    for n, evidence in enumerate(said):
        given = held(a_task(f"task-{n}"), an_agent())
        stores.tasks.add(a_task(f"task-{n}"))
        stores.tasks.assign(given, was=1, agent=an_agent(), now=NOW)
        freed = lifecycle.freed(given, Outcome.RELEASED, now=LATER)
        stores.tasks.leave(freed, was=2, agent_id="agent-1", evidence=evidence)
        agent = stores.agents.get("agent-1")
        assert agent is not None
        streaks.append(agent.streak)
    assert streaks == [Streak(1, 0, LATER), Streak(2, 0, LATER), Streak(3, 1, LATER + 1), Streak()]
    assert agent.evidence == {f"{MATH}-2": 3.0, f"{MATH}+a": 1.0}


def test_evidence_outgrows_what_is_written_without_an_exponent(
    stores: Stores, wrong_in: Callable[[str, str], None]
) -> None:
    wrong_in("moto", "takes 1e+40 for no number when it adds")
    _held(stores)
    freed = lifecycle.freed(held(a_task(), an_agent()), Outcome.RELEASED, now=LATER)
    stores.tasks.leave(freed, was=2, agent_id="agent-1", evidence=Evidence("math", good=1e40))
    agent = stores.agents.get("agent-1")
    assert agent is not None
    assert agent.evidence == {f"{MATH}+": 1e40}


def test_leaving_at_another_version_frees_nothing(stores: Stores) -> None:
    _held(stores)
    freed = lifecycle.freed(held(a_task(), an_agent()), Outcome.RELEASED, now=LATER)
    with pytest.raises(LostRace):
        stores.tasks.leave(freed, was=1, agent_id="agent-1", evidence=Evidence("math", bad=1.0))
    agent = stores.agents.get("agent-1")
    assert agent is not None
    assert (agent.in_flight, agent.evidence) == (1, {})


def test_a_task_whose_agent_is_gone_is_freed_all_the_same(stores: Stores) -> None:
    stores.tasks.add(held(a_task(), an_agent()))
    freed = lifecycle.freed(held(a_task(), an_agent()), Outcome.RELEASED, now=LATER)
    stores.tasks.leave(freed, was=2, agent_id="agent-1", evidence=Evidence("math", bad=1.0))
    assert stores.tasks.get("task-1") == freed
    assert stores.agents.get("agent-1") is None
