"""Nothing costs more for what else is stored: the same calls and units beside 10 rows and beside 1,000."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain import lifecycle
from chalicelib.domain.task import Status
from chalicelib.services.measuring import MOST_ROWS
from chalicelib.services.ports import Aggregate, HintKind
from infra.local.engine import LocalCloud
from tests.budgets.counting import Cost, counted
from tests.budgets.rig import CAPABILITY, TENANT, Rig
from tests.budgets.test_agents import completed, holding
from tests.contract.values import a_schedule, a_task, an_agent

HOUR_MS = 3_600_000
Size = tuple[dict[str, int], int]


def store(rig: Rig, count: int) -> None:
    """Agents of the same capability, tasks that wait in another line, schedules of the same client."""
    later = rig.clock.now + HOUR_MS
    for n in range(count):
        agent = an_agent(
            f"stored-{n}", tenant=TENANT, capabilities=(CAPABILITY,), lease_until=later, due_at=later
        )
        rig.ports.agents.add(agent, {})
        rig.ports.tasks.add(lifecycle.parked(a_task(f"stored-{n}", tenant=TENANT, capability="text")))
        rig.ports.schedules.add(a_schedule(f"stored-{n}", tenant=TENANT, next_slot=later))


def everything(rig: Rig) -> dict[str, Size]:
    """Each operation once: calls by action, and write units."""
    costs: dict[str, Cost] = {}
    done = holding(rig, 3)
    for _ in range(3):
        rig.submit()
    with counted(rig.cloud) as costs["sync"]:
        taken = rig.sync(reports=tuple(map(completed, done)), free=3).given
    rig.sync(reports=tuple(map(completed, taken)))
    with counted(rig.cloud) as costs["heartbeat"]:
        rig.heartbeat()
    rig.warm()
    with counted(rig.cloud) as costs["submit"]:
        task = rig.submit()
    costs |= rig.life(task)
    failing = rig.report(rig.dispatch(rig.submit()), Status.ACTIVE)
    with counted(rig.cloud) as costs["fail"]:
        rig.report(failing, Status.FAILED)
    with counted(rig.cloud) as costs["schedule"]:
        schedule = rig.schedule(max_retries=0)
    rig.clock.now = schedule.due_at or 0
    with counted(rig.cloud) as costs["fire"]:
        rig.handle(HintKind.DUE, schedule.schedule_id, aggregate=Aggregate.SCHEDULE)
    return {name: (dict(cost.actions), cost.write_units) for name, cost in costs.items()}


@pytest.fixture(scope="module")
def beside(engine: LocalCloud, shipped: wiring.Ports) -> dict[int, tuple[dict[str, Size], Cost, Cost]]:
    """By the number of rows of each kind: what each operation costs, an idle tick, and the gauges."""

    def measured(count: int) -> tuple[dict[str, Size], Cost, Cost]:
        engine.reset()
        rig = Rig(engine, shipped)
        store(rig, count)
        with counted(engine) as idle:
            rig.use_cases.ticking.tick()
        with counted(engine) as gauged:
            rig.use_cases.measuring.measure()
        rig.agent()
        return everything(rig), idle, gauged

    return {count: measured(count) for count in (10, 1_000)}


def test_no_operation_grows_with_agents_tasks_and_schedules(beside: dict[int, Any]) -> None:
    assert beside[1_000][0] == beside[10][0]


def test_the_idle_tick_does_not_grow_either(beside: dict[int, Any]) -> None:
    assert beside[1_000][1].actions == beside[10][1].actions == {"Query": 24, "UpdateItem": 1}


def test_the_gauges_read_at_most_a_thousand_rows_of_each_kind(beside: dict[int, Any]) -> None:
    assert beside[10][2].actions == {"Scan": 2, "BatchGetItem": 1, "PutItem": 1}
    assert beside[1_000][2].actions == {"Scan": 2, "BatchGetItem": MOST_ROWS // 100, "PutItem": 1}
    assert beside[1_000][2].write_units == 1
