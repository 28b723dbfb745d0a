"""The minute: announcements first, then the gauges."""

from chalicelib import ticks
from chalicelib.domain.agent import AgentStatus, Wish

from .services.doing import beat, registered, submitted
from .services.worlds import Watched, watched


def gauges(w: Watched, name: str) -> list[float]:
    return [value for counted, value, _ in w.metrics.counted if counted == name]


def by_status(w: Watched) -> dict[str, float]:
    return {labels["status"]: value for name, value, labels in w.metrics.counted if name == "agent_status"}


def test_a_tick_announces_and_measures() -> None:
    w = watched()
    first = submitted(w)
    w.clock.advance(seconds=30)
    submitted(w)
    w.queue.sent.clear()
    ticks.tick(w.use_cases)
    assert [hint.row_id for hint in w.queue.sent] == [first]  # whoever is behind it waits outside the clock
    assert w.ticks.last() == w.clock()
    assert gauges(w, "tasks_queue_depth") == [2]
    assert gauges(w, "tasks_oldest_waiting_ms") == [30_000]


def test_a_tick_over_nothing_measures_zeros() -> None:
    w = watched()
    ticks.tick(w.use_cases)
    assert gauges(w, "tasks_queue_depth") == gauges(w, "tasks_oldest_waiting_ms") == [0]
    assert by_status(w) == {status.value: 0 for status in AgentStatus}


def test_agents_are_counted_by_what_they_are_now_and_those_that_left_are_not() -> None:
    w = watched()
    for name in ("a", "b", "c", "gone"):
        registered(w, name, capabilities=("none",))
    registered(w, "silent", heartbeat_ms=1_000)
    beat(w, "b", Wish.DEGRADED)
    beat(w, "c", Wish.DRAINING)
    w.use_cases.agents.leave("gone", tenant="acme")
    w.clock.advance(seconds=5)
    ticks.tick(w.use_cases)
    assert by_status(w) == {"ACTIVE": 1, "DEGRADED": 1, "DRAINING": 1, "OFFLINE": 1, "SUSPENDED": 0}


def test_two_ticks_at_once_announce_twice_and_do_nothing_twice() -> None:
    w = watched()
    registered(w, heartbeat_ms=600_000)
    w.queue.drop = True
    task_id = submitted(w)
    w.queue.drop = False
    w.clock.advance(seconds=60)
    ticks.tick(w.use_cases)
    ticks.tick(w.use_cases)
    w.drain()
    assert w.tasks.rows[task_id].token == 1
