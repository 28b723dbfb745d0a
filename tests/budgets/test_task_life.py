"""What a task costs from submission to its end: calls and write units, counted."""

from chalicelib.domain.task import Status
from tests.budgets.counting import Cost, counted
from tests.budgets.rig import Rig

SUBMIT, DISPATCH, START, FINISH = 4, 6, 1, 7
BARE_LIFE = 18
RETRY = 16
MOVED_OUT = 3  # an older attempt, and its place in the history of trust


def life(rig: Rig) -> dict[str, Cost]:
    with counted(rig.cloud) as submitted:
        task = rig.submit()
    return {"submit": submitted} | rig.life(task)


def test_submitting_is_a_put_and_an_announcement(rig: Rig) -> None:
    cost = life(rig)["submit"]
    assert cost.actions == {"PutItem": 1, "SendMessageBatch": 1}
    assert cost.write_units == SUBMIT


def test_dispatching_is_two_calls_and_a_third_when_the_sample_is_old(rig: Rig) -> None:
    cost = life(rig)["dispatch"]
    assert cost.actions == {"BatchGetItem": 1, "TransactWriteItems": 1}
    assert cost.write_units == DISPATCH
    rig.clock.advance(seconds=2)  # the sample is no longer fresh
    cost = life(rig)["dispatch"]
    assert cost.actions == {"Query": 1, "BatchGetItem": 1, "TransactWriteItems": 1}
    assert cost.write_units == DISPATCH


def test_starting_is_one_put(rig: Rig) -> None:
    cost = life(rig)["start"]
    assert cost.actions == {"PutItem": 1}
    assert cost.write_units == START


def test_finishing_is_one_transaction(rig: Rig) -> None:
    cost = life(rig)["finish"]
    assert cost.of("TransactWriteItems") == 1
    assert cost.calls - cost.sends == 1
    assert cost.sends <= 1
    assert cost.write_units == FINISH


def test_a_bare_life_stays_within_its_budget(rig: Rig) -> None:
    assert sum(cost.write_units for cost in life(rig).values()) <= BARE_LIFE


def test_the_first_claim_of_an_idle_agent_arms_the_clock_at_two_units_more(rig: Rig) -> None:
    rig.agent("agent-new", capability="text")
    task = rig.submit(capability="text")
    agent = rig.ports.agents.get("agent-new")
    assert agent is not None
    with counted(rig.cloud) as cost:
        (taken,) = rig.use_cases.pull.fill(agent)
    assert taken.task_id == task.task_id
    assert cost.write_units == DISPATCH + 2


def retried(rig: Rig) -> Cost:
    """Failed, backed off, in line again, given and begun again."""
    task = rig.report(rig.dispatch(rig.submit()), Status.ACTIVE)
    with counted(rig.cloud) as cost:
        task = rig.report(task, Status.FAILED)
        rig.clock.advance(seconds=3)
        task = rig.report(rig.look(task), Status.ACTIVE)
    assert (task.status, task.attempt) == (Status.ACTIVE, 1)
    return cost


def test_a_retry_goes_from_its_backoff_to_an_agent_in_one_write(rig: Rig) -> None:
    cost = retried(rig)
    assert cost.of("TransactWriteItems") == 2
    assert cost.of("PutItem") == 1
    assert cost.write_units == RETRY


def test_a_task_for_later_costs_no_more_than_one_for_now(rig: Rig) -> None:
    with counted(rig.cloud) as cost:
        task = rig.submit(not_before=rig.clock.now + 1_000)
        rig.clock.advance(seconds=1)
        task = rig.report(rig.look(task), Status.ACTIVE)
        rig.report(task, Status.COMPLETED)
    assert cost.write_units <= BARE_LIFE


def test_a_later_retry_moves_an_older_attempt_out_with_its_place_in_the_history(rig: Rig) -> None:
    task = rig.report(rig.dispatch(rig.submit()), Status.ACTIVE)
    for attempt in (1, 2, 3):
        rig.heartbeat()
        with counted(rig.cloud) as cost:
            task = rig.report(task, Status.FAILED)
            rig.clock.advance(seconds=10)
            task = rig.report(rig.look(task), Status.ACTIVE)
        assert task.attempt == attempt
        assert cost.write_units == RETRY + (MOVED_OUT if attempt > 1 else 0)


def test_a_task_that_nobody_can_take_is_parked_once_and_costs_nothing_from_then_on(rig: Rig) -> None:
    task = rig.submit(capability="nobody")
    with counted(rig.cloud) as parked:
        rig.use_cases.dispatch.route(task.task_id, tenant=task.tenant, capability=task.capability)
    assert parked.write_units == 2  # the row, and out of the clock
    rig.clock.advance(seconds=3_600)
    with counted(rig.cloud) as later:
        rig.use_cases.ticking.tick()
        rig.look(task)
    assert later.units == {"ains-test-ticks": 1}


def test_a_repeated_report_of_the_end_writes_nothing(rig: Rig) -> None:
    task = rig.report(rig.dispatch(rig.submit()), Status.ACTIVE)
    rig.report(task, Status.COMPLETED)
    with counted(rig.cloud) as cost:
        rig.report(task, Status.COMPLETED)
    assert cost.actions == {"GetItem": 1}
