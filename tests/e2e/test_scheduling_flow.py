"""Schedules make tasks by themselves, to the second, and what became of each run can be read."""

import json
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from agent_client import Client, Execution, NotFound
from tests.e2e.processes import Target, until

A_SLOT_S = 90.0


def runs(client: Client, schedule_id: str) -> list[Execution]:
    return list(client.executions(schedule_id))


def test_a_cron_schedule_fires_by_itself_and_its_task_is_executed(
    target: Target, client: Client, name: str
) -> None:
    query = {
        "client_id": name,
        "task_type": "report",
        "capability_required": name,
        "cron_expression": "* * * * *",
        "priority": "8",
        "description": "every minute",
    }
    url = f"{target.url}/aitp/tasks/schedule?{urllib.parse.urlencode(query)}"
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": target.key} if target.key else {})
    body = json.dumps({"input_data": {"numbers": [5, 6]}}).encode()
    with urllib.request.urlopen(
        urllib.request.Request(url, body, headers, method="POST"), timeout=30
    ) as answer:
        assert answer.status == 201
        schedule_id = json.load(answer)["schedule_id"]
    with target.agent(name, name):
        until(lambda: runs(client, schedule_id), timeout=A_SLOT_S, what="a run")
        client.pause_schedule(schedule_id)

        def settled() -> Execution | None:
            run = runs(client, schedule_id)[-1]
            return run if run.status != "PENDING" else None

        run = until(settled, timeout=A_SLOT_S, what="the outcome of the run")
    assert (run.status, run.result_data["sum"]) == ("COMPLETED", 11)
    assert run.slot.second == 0
    assert run.lateness_seconds is not None
    assert 0 <= run.lateness_seconds < 30
    assert run.task_id is not None
    task = client.get_task(run.task_id)
    assert (task.priority, task.schedule_id, task.slot) == (8, schedule_id, run.slot)
    schedule = client.get_schedule(schedule_id)
    assert (schedule.status, schedule.total_runs) == ("PAUSED", len(runs(client, schedule_id)))
    assert schedule.input_data == {"numbers": [5, 6]}


def test_a_single_run_comes_at_its_second_and_never_before(target: Target, client: Client, name: str) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=6)
    schedule = client.create_schedule("report", capability_required=name, client_id=name, run_at=at)
    assert schedule.next_run_at == at
    with target.agent(name, name):
        run = until(lambda: runs(client, schedule.schedule_id), timeout=A_SLOT_S, what="the run")[0]
        assert run.task_id is not None
        assert client.wait(run.task_id, timeout=60).status == "COMPLETED"
    assert run.slot == at
    assert run.executed_at is not None
    assert run.executed_at >= at
    assert client.get_schedule(schedule.schedule_id).status == "COMPLETED"
    assert len(runs(client, schedule.schedule_id)) == 1


def test_run_now_is_beside_the_cron(target: Target, client: Client, name: str) -> None:
    schedule = client.create_schedule(
        "report", capability_required=name, client_id=name, cron_expression="0 0 1 1 *"
    )
    with target.agent(name, name):
        task = client.run_schedule(schedule.schedule_id)
        assert client.wait(task.task_id, timeout=60).status == "COMPLETED"
    after = client.get_schedule(schedule.schedule_id)
    assert (after.total_runs, after.next_run_at) == (1, schedule.next_run_at)


def test_a_schedule_is_paused_resumed_changed_and_deleted(client: Client, name: str) -> None:
    schedule = client.create_schedule(
        "report",
        capability_required=name,
        client_id=name,
        cron_expression="0 3 * * *",
        timezone="Europe/London",
    )
    schedule_id = schedule.schedule_id
    assert client.pause_schedule(schedule_id, reason="holidays").status == "PAUSED"
    assert client.get_schedule(schedule_id).next_run_at is None
    assert client.resume_schedule(schedule_id).status == "ACTIVE"
    changed = client.update_schedule(schedule_id, cron_expression="30 4 * * *")
    assert changed.cron_expression == "30 4 * * *"
    assert schedule_id in [s.schedule_id for s in client.list_schedules(client_id=name)]
    assert client.delete_schedule(schedule_id).status == "DELETED"
    with pytest.raises(NotFound):
        client.get_schedule(schedule_id)


def test_a_cron_expression_is_explained_before_it_is_used(client: Client) -> None:
    good = client.validate_cron("0 9 * * MON-FRI")
    assert good.valid
    assert len(good.next_runs) == 10
    bad = client.validate_cron("*/61 * * * *")
    assert not bad.valid
    assert bad.message


def test_runs_by_the_second_wait_for_each_other_and_past_slots_run_after_all(
    target: Target, client: Client, name: str
) -> None:
    schedule = client.create_schedule(
        "report",
        capability_required=name,
        client_id=name,
        cron_expression="*/5 * * * * *",
        cron_format="seconds",
        overlap_policy="buffer_one",
        catchup_policy="none",
        window_seconds=2,
        excluded_dates=["2030-12-24"],
        pause_on_failures=3,
        input_data={"numbers": [1, 2]},
    )
    with target.agent(name, name):

        def done() -> list[Execution]:
            return [run for run in runs(client, schedule.schedule_id) if run.status == "COMPLETED"]

        until(lambda: len(done()) >= 2, timeout=A_SLOT_S, what="two runs")
        since = min(run.slot for run in done()) - timedelta(seconds=15)
        plan = client.backfill_schedule(schedule.schedule_id, since=since, until=since + timedelta(seconds=5))
        wanted = {planned.slot for planned in plan.slots}
        assert wanted == {since, since + timedelta(seconds=5)}
        until(lambda: wanted <= {run.slot for run in done()}, timeout=A_SLOT_S, what="the slots of the past")
    assert all(run.slot.second % 5 == 0 for run in done())
    assert client.pause_schedule(schedule.schedule_id, reason="enough").status == "PAUSED"
    stopped = client.get_schedule(schedule.schedule_id)
    assert (stopped.status, stopped.overlap_policy, stopped.failed_runs) == ("PAUSED", "buffer_one", 0)
    client.delete_schedule(schedule.schedule_id)
