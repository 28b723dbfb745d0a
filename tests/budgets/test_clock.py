"""What time costs: the idle minute, a slot, and a run with its execution."""

from typing import Any

from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.ids import CLOCK_SHARDS
from chalicelib.domain.misfires import MOST_RECORDED
from chalicelib.domain.schedule import OverlapPolicy, Schedule
from chalicelib.domain.task import Status, Task
from chalicelib.services.ports import Aggregate, HintKind
from tests.budgets.counting import Cost, counted
from tests.budgets.rig import AGENT, Rig
from tests.budgets.test_task_life import life

CLOCKED_TABLES = 3
FIRED_RUN = 12


def test_an_idle_tick_is_a_query_per_shard_and_table_and_the_last_ticks_row(rig: Rig) -> None:
    rig.idle()
    with counted(rig.cloud) as cost:
        rig.use_cases.ticking.tick()
    assert cost.actions == {"Query": CLOCK_SHARDS * CLOCKED_TABLES, "UpdateItem": 1}
    assert cost.units == {"ains-test-ticks": 1}


def test_the_gauges_of_a_tick_are_two_scans_and_one_row(rig: Rig) -> None:
    rig.idle()
    with counted(rig.cloud) as cost:
        rig.tick()
    assert cost.of("Scan") == 2
    assert cost.calls == CLOCK_SHARDS * CLOCKED_TABLES + 1 + 2 + 1
    assert cost.units == {"ains-test-ticks": 1, "ains-test-stats": 1}


def due(rig: Rig, *, max_retries: int = 3, **policies: Any) -> Schedule:
    """A schedule whose slot has come, and an agent that is alive then."""
    schedule = rig.schedule(max_retries=max_retries, **policies)
    assert schedule.due_at is not None
    rig.clock.now = schedule.due_at
    rig.agent()
    rig.warm()
    return schedule


def fired(rig: Rig, schedule: Schedule) -> tuple[Task, Cost]:
    with counted(rig.cloud) as cost:
        rig.handle(HintKind.DUE, schedule.schedule_id, aggregate=Aggregate.SCHEDULE)
    page = rig.ports.schedules.executions(schedule.schedule_id, limit=1, cursor=None)
    task = rig.ports.tasks.get(page.items[0].task_id)
    assert task is not None
    return task, cost


def test_a_slot_is_a_read_of_its_schedule_one_transaction_and_one_send(rig: Rig) -> None:
    _, cost = fired(rig, due(rig))
    assert cost.actions == {"GetItem": 1, "TransactWriteItems": 1, "SendMessageBatch": 1}


WATCHED = {"overlap": OverlapPolicy.SKIP, "pause_on_failures": 3}


def test_a_slot_of_a_schedule_that_watches_its_runs_is_no_more(rig: Rig) -> None:
    _, cost = fired(rig, due(rig, **WATCHED))
    assert cost.actions == {"GetItem": 1, "TransactWriteItems": 1, "SendMessageBatch": 1}


def test_the_end_of_a_watched_run_is_one_read_more(rig: Rig) -> None:
    costs = []
    for policies in ({}, WATCHED):
        task, _ = fired(rig, due(rig, **policies))
        rig.report(rig.report(rig.dispatch(task), Status.ACTIVE), Status.COMPLETED)
        with counted(rig.cloud) as cost:
            rig.handle(HintKind.SETTLE, task.task_id)
        costs.append(cost.actions)
    plain, watched = costs
    assert watched == {**plain, "GetItem": plain["GetItem"] + 1}


def test_a_skipped_slot_is_one_transaction_and_one_send_too(rig: Rig) -> None:
    schedule = due(rig, **WATCHED)
    fired(rig, schedule)
    rig.clock.advance(seconds=60)
    with counted(rig.cloud) as cost:
        rig.handle(HintKind.DUE, schedule.schedule_id, aggregate=Aggregate.SCHEDULE)
    assert cost.actions == {"GetItem": 1, "TransactWriteItems": 1, "SendMessageBatch": 1}


def test_an_outage_costs_a_bounded_number_of_executions(rig: Rig) -> None:
    schedule = due(rig)
    rig.clock.advance(seconds=7 * 24 * 3_600)
    with counted(rig.cloud) as cost:
        rig.handle(HintKind.DUE, schedule.schedule_id, aggregate=Aggregate.SCHEDULE)
    runs = 3  # the latest that was missed, the one that is a minute late, and the one that is just due
    assert cost.of("TransactWriteItems") == runs
    assert cost.units["ains-test-executions"] == 2 * (MOST_RECORDED + runs)


def run(rig: Rig, end: Status) -> int:
    """Write units of a slot, its task to that end, and its settling."""
    schedule = due(rig, max_retries=0)
    task, cost = fired(rig, schedule)
    with counted(rig.cloud) as rest:
        task = rig.report(rig.report(rig.dispatch(task), Status.ACTIVE), end)
        rig.handle(HintKind.SETTLE, task.task_id)
    run = rig.ports.schedules.execution(schedule.schedule_id, task.slot or 0)
    assert run is not None
    assert run.status is (ExecutionStatus.COMPLETED if end is Status.COMPLETED else ExecutionStatus.FAILED)
    assert not rig.row(task).unsettled
    return cost.write_units + rest.write_units


def test_a_fired_run_costs_at_most_so_much_more_than_a_bare_task(rig: Rig) -> None:
    bare = sum(cost.write_units for cost in life(rig).values())
    assert run(rig, Status.COMPLETED) - bare <= FIRED_RUN


def test_a_fired_run_that_fails_for_good_counts_its_failure_within_that(rig: Rig) -> None:
    bare = sum(cost.write_units for cost in life(rig).values())
    assert run(rig, Status.FAILED) - bare <= FIRED_RUN + 1  # its place among the dead letters


def test_a_doubled_hint_for_a_slot_reads_once_and_does_no_more(rig: Rig) -> None:
    schedule = due(rig)
    fired(rig, schedule)
    with counted(rig.cloud) as cost:
        rig.handle(HintKind.DUE, schedule.schedule_id, aggregate=Aggregate.SCHEDULE)
    assert cost.actions == {"GetItem": 1}


def test_a_busy_agent_is_looked_at_for_one_read_and_one_write_a_lease(rig: Rig) -> None:
    rig.dispatch(rig.submit())
    rig.clock.advance(seconds=29)
    rig.heartbeat()
    rig.clock.advance(seconds=2)
    with counted(rig.cloud) as cost:
        rig.handle(HintKind.DUE, AGENT, aggregate=Aggregate.AGENT)
    assert cost.write_units == 3  # the row, and its place in the clock
    assert cost.calls <= 4
