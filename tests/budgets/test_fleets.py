"""A dispatch costs the same beside 10, 1,000 and 100,000 agents of its capability."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.domain.agent import Profile, Wish
from chalicelib.domain.task import Status
from chalicelib.services.roster import FRESH_MS, SAMPLE
from infra.local.calls import Answer, Call
from infra.local.engine import LocalCloud
from tests.budgets.counting import counted
from tests.budgets.fleets import HOUR_MS, fleet
from tests.budgets.rig import AGENT, CAPABILITY, TENANT, Rig
from tests.budgets.test_task_life import DISPATCH

THREE = {"Query": 1, "BatchGetItem": 1, "TransactWriteItems": 1}
TIMES = 20  # a fresh sample each


@pytest.mark.parametrize("agents", [10, 1_000, 100_000])
def test_a_dispatch_is_three_calls_whatever_the_number_of_agents(
    engine: LocalCloud, shipped: wiring.Ports, agents: int
) -> None:
    engine.reset()
    rig = Rig(engine, shipped)
    fleet(rig, agents)
    rig.dispatch(rig.submit())  # from here on the process knows whether the fleet is large
    read: Counter[str] = Counter()
    for _ in range(TIMES):
        rig.clock.advance(ms=FRESH_MS)
        task = rig.submit()
        engine.around = reading(read)
        with counted(engine) as cost:
            held = rig.dispatch(task)
        engine.around = None
        assert held.status is Status.ASSIGNED
        assert cost.actions == THREE
        # The first task of an agent also puts it into the clock.
        assert cost.write_units in (DISPATCH, DISPATCH + 1, DISPATCH + 2)
    assert read["keys"] <= TIMES * SAMPLE
    assert read["keys"] >= 0.9 * TIMES * min(SAMPLE, agents) / 2
    assert read["rows"] == TIMES * 5  # the task and four candidates
    engine.reset()


def reading(read: Counter[str]) -> Callable[[Call, Callable[[], Answer]], Answer]:
    """Counts the keys and rows that are read."""

    def around(call: Call, run: Callable[[], Answer]) -> Answer:
        answer = run()
        body = json.loads(answer.body or b"{}")
        read["keys"] += len(body.get("Items", ()))
        read["rows"] += sum(len(rows) for rows in body.get("Responses", {}).values())
        return answer

    return around


@pytest.mark.parametrize("way", ["offline", "drained", "held"])
def test_an_agent_is_taken_out_with_one_write_for_each_capability(rig: Rig, way: str) -> None:
    capabilities = ("a", "b", "c")
    rig.use_cases.agents.register(
        "many",
        Profile(display_name="many", capabilities=capabilities),
        tenant=TENANT,
        max_concurrency=1,
        session_id=None,
        descriptions={},
    )

    def out() -> None:
        if way == "offline":
            rig.use_cases.agents.heartbeat("many", tenant=TENANT, wish=Wish.OFFLINE)
        elif way == "drained":
            rig.use_cases.draining.drain("many", tenant=TENANT, reason=None)
        else:
            agent = rig.ports.agents.get("many")
            assert agent is not None
            rig.use_cases.draining.listing.relist(replace(agent, hold_until=rig.clock.now + HOUR_MS))

    for writes in (len(capabilities), 0):
        with counted(rig.cloud) as cost:
            out()
        written = [table for table, _ in cost.writes.elements()]
        assert written.count("ains-test-capabilities") == writes
        assert not any(rig.ports.agents.candidates(TENANT, c, start=None, limit=9) for c in capabilities)
        if way == "held":
            break  # whoever holds it reads the row as it is by then


def test_a_sample_that_is_old_is_put_right_by_the_agents_own_row(rig: Rig) -> None:
    rig.agent("other")
    rig.clock.advance(ms=FRESH_MS)
    known = rig.use_cases.dispatch.roster.candidates(TENANT, CAPABILITY)
    rig.use_cases.draining.drain("other", tenant=TENANT, reason=None)
    assert "other" in known
    held = rig.dispatch(rig.submit())
    assert held.lease is not None
    assert held.lease.agent_id == AGENT
    waiting = rig.dispatch(rig.submit())  # the one agent is full and stays in the index
    assert (waiting.status, waiting.lease) == (Status.PENDING, None)
    assert AGENT in rig.ports.agents.candidates(TENANT, CAPABILITY, start=None, limit=9)
