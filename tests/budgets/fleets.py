"""Fleets of any size, put into the engine's tables as they would lie there."""

import random
from typing import Any

from chalicelib.store.agent_rows import to_record
from chalicelib.store.capabilities import LOTTERY
from infra.local.pinned import dynamodb
from tests.budgets.rig import CAPABILITY, TENANT, Rig
from tests.contract.values import an_agent

HOUR_MS = 3_600_000
SLOTS = 50
NO_SORT_KEY = "__no_sort__"


def fleet(rig: Rig, count: int) -> None:
    """As many agents that take work, each with room for all that a test submits."""
    chance = random.Random(1)
    later = rig.clock.now + HOUR_MS
    agent = an_agent(
        "", tenant=TENANT, capabilities=(CAPABILITY,), lease_until=later, due_at=None, max_concurrency=SLOTS
    )
    pattern: dict[str, Any] = to_record(agent).serialize()
    key = f"{TENANT}#{CAPABILITY}"
    agents, capabilities = (dynamodb._tables[f"ains-test-{name}"] for name in ("agents", "capabilities"))
    listed = capabilities["items"].setdefault(key, {})
    for number in range(count):
        agent_id = {"S": f"agent-{number:06d}"}
        agents["items"][agent_id["S"]] = {NO_SORT_KEY: pattern | {"agent_id": agent_id}}
        place = {"N": str(chance.randrange(LOTTERY))}
        listed[agent_id["S"]] = {"capability": {"S": key}, "agent_id": agent_id, "lottery": place}
    for table in (agents, capabilities):
        dynamodb._items_replaced(table)
