"""Agents with a queue of their own: delivered, delivered again under the same token, then given to others."""

from typing import Any

import pytest

from chalicelib.domain.agent import Delivery
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.task import Outcome, Status

from .doing import beat, cancel, complete, fail, poll, registered, row, slots, start, submitted
from .worlds import Watched

URL = "https://sqs.test/q"


def messages(w: Watched, agent_id: str = "q") -> list[dict[str, Any]]:
    return w.agent_queues.messages[f"https://sqs.test/{agent_id}"]


@pytest.fixture
def by_queue(w: Watched) -> Watched:
    registered(w, "q", delivery=Delivery.SQS, heartbeat_ms=600_000)
    w.drain()
    return w


def test_registration_makes_the_queue_and_asks_for_work(w: Watched) -> None:
    waiting = submitted(w)
    w.drain()
    agent = registered(w, "q", delivery=Delivery.SQS)
    assert agent.profile.queue_url == URL
    w.drain()
    assert row(w, waiting).status is Status.ASSIGNED
    assert [m["task_id"] for m in messages(w)] == [waiting]


def test_the_message_holds_all_that_the_agent_needs(by_queue: Watched) -> None:
    w = by_queue
    task_id = submitted(w, input_data={"n": 1}, metadata={"m": 2}, priority=8)
    w.drain()
    assert messages(w) == [
        {
            "v": 1,
            "kind": "assignment",
            "task_id": task_id,
            "lease_token": 1,
            "session_id": None,
            "task_type": "work",
            "capability_required": "report",
            "priority": 8,
            "attempt": 0,
            "timeout_seconds": 300,
            "input_data": {"n": 1},
            "metadata": {"m": 2},
            "client_id": "client",
            "schedule_id": None,
            "slot": None,
            "traceparent": None,
            "start_by": w.clock() + 60_000,
        }
    ]


def test_a_document_too_large_for_a_message_is_left_to_be_fetched(by_queue: Watched) -> None:
    w = by_queue
    submitted(w, input_data="x" * 210_000)
    w.drain()
    assert (messages(w)[0]["input_data"], messages(w)[0]["input_data_omitted"]) == (None, True)


def test_it_is_delivered_again_under_the_same_token_and_given_on_after_three(by_queue: Watched) -> None:
    w = by_queue
    w.run(seconds=50)  # so that a tick sees the assignment's first look
    task_id = submitted(w)
    w.drain()
    registered(w, "b", heartbeat_ms=600_000)
    w.run(seconds=44)
    assert [m["lease_token"] for m in messages(w)] == [1, 1, 1]
    assert row(w, task_id).lease is not None
    w.run(seconds=1)
    task = row(w, task_id)
    assert task.last is not None
    assert (task.last.outcome, task.last.error) == (Outcome.NOT_STARTED, "announced 3 times in vain")
    assert (task.attempt, task.rescues) == (0, 0)


def test_a_lost_message_is_sent_again(by_queue: Watched) -> None:
    w = by_queue
    w.run(seconds=50)
    w.agent_queues.drop = True
    task_id = submitted(w)
    w.drain()
    w.agent_queues.drop = False
    assert messages(w) == []
    w.run(seconds=15)
    assert [m["task_id"] for m in messages(w)] == [task_id]
    start(w, task_id, agent_id="q")
    w.run(seconds=60)
    assert len(messages(w)) == 1
    assert row(w, task_id).status is Status.ACTIVE


def test_an_agent_that_never_starts_it_loses_it_after_its_start_by(by_queue: Watched) -> None:
    w = by_queue
    task_id = submitted(w, timeout_ms=10_000)
    w.drain()
    w.clock.advance(seconds=11)
    w.use_cases.ticking.tick()
    w.drain()
    task = row(w, task_id)
    assert task.last is not None
    assert task.last.error == "was not started in time"


def test_a_report_that_frees_a_slot_brings_the_next_task(by_queue: Watched) -> None:
    w = by_queue
    one, two = submitted(w), submitted(w)
    w.drain()
    assert row(w, two).status is Status.PENDING
    start(w, one, agent_id="q")
    complete(w, one, agent_id="q")
    w.drain()
    assert row(w, two).status is Status.ASSIGNED
    assert [m["task_id"] for m in messages(w)] == [one, two]


def test_a_heartbeat_takes_waiting_work_too(by_queue: Watched) -> None:
    w = by_queue
    w.queue.drop = True
    task_id = submitted(w)
    beat(w, "q")
    assert row(w, task_id).status is Status.ASSIGNED


def test_a_poll_shows_what_it_holds_and_takes_nothing(by_queue: Watched) -> None:
    w = by_queue
    task_id = submitted(w)
    assert poll(w, "q") == []
    w.drain()
    assert poll(w, "q") == [task_id]


def test_cancelling_tells_the_holder_and_stops_the_deliveries(by_queue: Watched) -> None:
    w = by_queue
    w.run(seconds=50)
    task_id = submitted(w)
    w.drain()
    cancel(w, task_id)
    assert messages(w)[-1] == {"v": 1, "kind": "cancelled", "task_id": task_id, "lease_token": 1}
    w.run(seconds=59)
    assert [m["kind"] for m in messages(w)] == ["assignment", "cancelled"]
    assert slots(w) == {"q": 1}
    w.run(seconds=1)
    assert slots(w) == {"q": 0}  # its time to start is over


def test_the_start_of_a_cancelled_task_is_refused_and_frees_the_slot(by_queue: Watched) -> None:
    w = by_queue
    task_id = submitted(w)
    w.drain()
    cancel(w, task_id, reason="changed my mind")
    with pytest.raises(IllegalMove, match="CANCELLED to ACTIVE: changed my mind"):
        start(w, task_id, agent_id="q")
    assert slots(w) == {"q": 0}


def test_cancelling_twice_is_fine_and_tells_again(by_queue: Watched) -> None:
    w = by_queue
    task_id = submitted(w)
    w.drain()
    assert cancel(w, task_id) == cancel(w, task_id)
    assert [m["kind"] for m in messages(w)] == ["assignment", "cancelled", "cancelled"]


def test_a_holder_without_a_queue_any_more_is_not_told(by_queue: Watched) -> None:
    w = by_queue
    task_id = submitted(w)
    w.drain()
    registered(w, "q", delivery=Delivery.POLL)
    cancel(w, task_id)
    assert [m["kind"] for m in messages(w)] == ["assignment"]


def test_nothing_is_sent_again_to_an_agent_without_a_queue_any_more(by_queue: Watched) -> None:
    w = by_queue
    w.run(seconds=50)
    task_id = submitted(w)
    w.drain()
    registered(w, "q", delivery=Delivery.POLL, heartbeat_ms=600_000)
    w.run(seconds=16)
    assert len(messages(w)) == 1
    assert poll(w, "q") == [task_id]


def test_a_retry_backs_off_and_is_announced_under_a_new_token(by_queue: Watched) -> None:
    w = by_queue
    task_id = submitted(w)
    w.drain()
    start(w, task_id, agent_id="q")
    fail(w, task_id, agent_id="q")
    w.run(seconds=3)
    assert [m["lease_token"] for m in messages(w)] == [1, 2]


def test_a_queue_outlives_its_agent_for_a_while_since_its_name_cannot_be_taken_at_once(
    by_queue: Watched,
) -> None:
    w = by_queue
    w.use_cases.agents.leave("q", tenant="acme")
    w.run(seconds=60)
    assert URL in w.agent_queues.messages
    assert registered(w, "q", delivery=Delivery.SQS).profile.queue_url == URL
    w.run(seconds=1_200)
    assert URL in w.agent_queues.messages
    w.use_cases.agents.leave("q", tenant="acme")
    w.run(seconds=660)
    assert (URL in w.agent_queues.messages, "q" in w.agents.rows) == (False, False)


def test_an_agent_that_registers_while_it_is_buried_keeps_its_queue(by_queue: Watched) -> None:
    w = by_queue
    w.use_cases.agents.leave("q", tenant="acme")
    w.clock.advance(seconds=601)
    w.agents.meanwhile.first(lambda: registered(w, "q", delivery=Delivery.SQS), lambda: None)
    w.use_cases.ticking.tick()
    w.drain()
    assert (URL in w.agent_queues.messages, w.agents.rows["q"].left) == (True, False)


def test_a_redelivery_that_loses_a_race_sends_nothing(by_queue: Watched) -> None:
    w = by_queue
    task_id = submitted(w)
    w.drain()
    w.clock.advance(seconds=16)
    w.tasks.meanwhile.first(lambda: start(w, task_id, agent_id="q"))
    w.use_cases.ticking.tick()
    w.drain()
    assert len(messages(w)) == 1
    assert row(w, task_id).status is Status.ACTIVE
