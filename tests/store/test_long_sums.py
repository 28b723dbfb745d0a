"""Sums of evidence that doubles every week have more digits the longer they grow, and are rounded in time."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import lifecycle, trust
from chalicelib.domain.agent import Agent
from chalicelib.domain.task import Outcome
from chalicelib.domain.trust import Evidence
from chalicelib.domain.zones import DAY_MS
from infra.local.calls import Answer
from tests.contract.implementations import Stores
from tests.contract.values import MATH, NOW, a_task, an_agent, held
from tests.contract.wire import Send

WEEK_MS = 7 * DAY_MS
YEAR_MS = 52 * WEEK_MS


def adds(stores: Stores, number: int, at: int) -> None:
    """A task that the agent ended then."""
    task = a_task(f"task-{number}")
    stores.tasks.add(task)
    given = held(task, an_agent())
    stores.tasks.assign(given, was=1, agent=an_agent(), now=NOW)
    evidence = Evidence("math", good=trust.weight(at), took_ms=1_000)
    freed = lifecycle.freed(given, Outcome.RELEASED, now=NOW)
    stores.tasks.leave(freed, was=2, agent_id="agent-1", evidence=evidence)


def digits(stores: Stores) -> int:
    """As the row has them."""
    seen: list[str] = []

    def noted(action: str, _body: dict[str, Any], send: Send) -> Answer:
        answer = send()
        if action == "GetItem":
            seen.append(json.loads(answer.body)["Item"]["evidence"]["M"][f"{MATH}+"]["N"])
        return answer

    with stores.wire.rule(noted):
        stores.agents.get("agent-1")
    return len(seen[0].split("E")[0].replace(".", "").strip("0"))


def again(stores: Stores, was: Agent, at: int) -> Agent:
    later = an_agent(registered_at=at, lease_until=at + 30_000, due_at=None)
    return stores.agents.reregister(later, was=was, descriptions={})


@pytest.fixture
def old(stores: Stores) -> Agent:
    """An agent with a year of evidence."""
    stores.agents.add(an_agent(max_concurrency=99), {})
    for week in range(0, 52, 4):
        adds(stores, week, NOW + week * WEEK_MS)
    agent = stores.agents.get("agent-1")
    assert agent is not None
    return agent


def test_a_registration_after_a_month_rounds_them(stores: Stores, old: Agent) -> None:
    assert digits(stores) > 17
    again(stores, old, NOW + YEAR_MS)
    assert digits(stores) <= 12
    after = stores.agents.get("agent-1")
    assert after is not None
    assert after.evidence == pytest.approx(dict(old.evidence))


def test_one_of_a_young_agent_writes_nothing_more(stores: Stores, old: Agent) -> None:
    before = digits(stores)
    again(stores, replace(old, registered_at=NOW + YEAR_MS), NOW + YEAR_MS + DAY_MS)
    assert digits(stores) == before


def test_what_is_added_meanwhile_is_not_lost(stores: Stores, old: Agent) -> None:
    """The first update registers, the second rounds."""
    updates: list[str] = []

    def added_in_between(action: str, body: dict[str, Any], send: Send) -> Answer:
        if action == "UpdateItem" and "agents" in body["TableName"]:
            updates.append(action)
            if len(updates) == 2:
                adds(stores, 99, NOW + YEAR_MS)
        return send()

    with stores.wire.rule(added_in_between):
        again(stores, old, NOW + YEAR_MS)
    assert len(updates) == 2
    after = stores.agents.get("agent-1")
    assert after is not None
    total = old.evidence[f"{MATH}+"] + trust.weight(NOW + YEAR_MS)
    assert after.evidence[f"{MATH}+"] == pytest.approx(total)
