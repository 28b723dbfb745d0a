"""Queues: hints that come at their time and never early, and an agent's own messages."""

from dataclasses import replace

import pytest

from chalicelib.services.ports import Aggregate, Hint, HintKind
from tests.contract.implementations import Stores
from tests.contract.values import NOW

DISPATCH = Hint(kind=HintKind.DISPATCH, row_id="task-1", tenant="acme", capability="日本/sum")
SWEEP = Hint(kind=HintKind.SWEEP, row_id="3", aggregate=Aggregate.AGENT, cursor="abc", until=NOW + 75_000)


def due(at: int | None, row_id: str = "task-1") -> Hint:
    return Hint(kind=HintKind.DUE, row_id=row_id, aggregate=Aggregate.TASK, at=at)


def announced(stores: Stores, *hints: Hint, now: int = NOW) -> None:
    with stores.at(now):
        stores.queue.announce(*hints, now=now)


def heard(stores: Stores, now: int = NOW) -> list[Hint]:
    """What is visible then, but for the time it was sent for."""
    return sorted((replace(hint, at=None) for hint in stores.heard(now)), key=lambda hint: hint.row_id)


@pytest.mark.parametrize("kind", HintKind)
def test_a_hint_arrives_as_it_was_sent(stores: Stores, kind: HintKind) -> None:
    hints = [replace(DISPATCH, kind=kind), replace(SWEEP, kind=kind)]
    announced(stores, *hints)
    assert heard(stores) == hints[::-1]
    assert heard(stores) == []


def test_nothing_is_said_without_hints(stores: Stores) -> None:
    announced(stores)
    assert heard(stores) == []


def test_more_hints_than_a_batch_holds_all_arrive(stores: Stores) -> None:
    announced(stores, *(due(None, f"task-{n:02}") for n in range(25)))
    assert [hint.row_id for hint in heard(stores)] == [f"task-{n:02}" for n in range(25)]


@pytest.mark.parametrize("wait", [1, 999, 1_000, 1_001, 74_999])
def test_a_hint_comes_at_its_time_or_within_the_next_second(stores: Stores, wait: int) -> None:
    announced(stores, due(NOW + wait))
    assert heard(stores, NOW + wait - 1) == []
    assert heard(stores, NOW + wait + 999) == [due(None)]


@pytest.mark.parametrize("at", [NOW, NOW - 1, 0])
def test_a_hint_for_the_past_comes_at_once(stores: Stores, at: int) -> None:
    announced(stores, due(at))
    assert heard(stores) == [due(None)]


def test_each_hint_of_a_batch_has_its_own_time(stores: Stores) -> None:
    announced(stores, due(NOW + 20_000, "b"), due(None, "a"), due(NOW + 40_000, "c"))
    assert [heard(stores, NOW + ms) for ms in (0, 20_000, 40_000)] == [
        [due(None, row_id)] for row_id in "abc"
    ]


def test_a_wait_longer_than_a_queue_can_delay_comes_early_never_late(stores: Stores) -> None:
    announced(stores, due(NOW + 3_600_000))
    early = [hint for ms in (900_000, 3_600_000) for hint in heard(stores, NOW + ms)]
    assert early == [due(None)]


def test_an_agent_has_one_queue(stores: Stores) -> None:
    url = stores.agent_queues.create("agent:1.x_Ω")
    assert stores.agent_queues.create("agent:1.x_Ω") == url
    assert stores.agent_queues.create("agent-2") != url
    assert url.startswith("http")


def test_messages_arrive_in_their_agents_queue(stores: Stores) -> None:
    url, other = stores.agent_queues.create("agent-1"), stores.agent_queues.create("agent-2")
    message = {"v": 1, "kind": "assignment", "input_data": {"text": "日本 \x00 🚀", "n": [1, 2.5, None]}}
    stores.agent_queues.send(url, message)
    stores.agent_queues.send(url, {"v": 1, "big": "x" * 200_000})
    assert [len(m.get("big", "")) for m in stores.told(url)] == [0, 200_000]
    assert stores.told(other) == []
    stores.agent_queues.send(url, message)
    assert stores.told(url) == [message]


def test_a_deleted_queue_takes_nothing_and_hurts_nobody(stores: Stores) -> None:
    url = stores.agent_queues.create("agent-1")
    stores.agent_queues.delete(url)
    stores.agent_queues.send(url, {"v": 1})
    stores.agent_queues.delete(url)
