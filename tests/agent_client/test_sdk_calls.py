"""Each call goes where the contract says."""

import inspect
from datetime import UTC, datetime

import pytest
from sdk_fakes import TASK, ok, scripted

from agent_client import (
    Client,
)

SCHEDULE = ok(schedule_id="s-1", status="ACTIVE")


AGENT = ok(agent_id="a-1", status="ACTIVE")


CALLS = [
    (lambda c: c.register_agent("A", capabilities=["x"]), "POST /ains/agents", AGENT),
    (lambda c: c.heartbeat("a-1", status="ACTIVE"), "POST /ains/agents/a-1/heartbeat", AGENT),
    (
        lambda c: c.sync("a-1", session_id="s", ack=0, free_slots=1, metrics={"load": 1}),
        "POST /ains/agents/a-1/sync",
        ok(agent_id="a-1", seq=1),
    ),
    (
        lambda c: list(c.list_agents(capability="x", min_trust=0.5)),
        "GET /ains/agents?capability=x&min_trust=0.5",
        ok(agents=[]),
    ),
    (lambda c: c.get_agent("a/1"), "GET /ains/agents/a%2F1", AGENT),
    (lambda c: c.delete_agent("a-1"), "DELETE /ains/agents/a-1", AGENT),
    (
        lambda c: c.leaderboard(capability="x", limit=5),
        "GET /ains/agents/leaderboard?capability=x&limit=5",
        ok(leaders=[]),
    ),
    (
        lambda c: c.agent_trust("a-1"),
        "GET /ains/agents/a-1/trust",
        ok(agent_id="a-1", trust_score=0.5),
    ),
    (
        lambda c: list(c.trust_history("a-1", limit=5)),
        "GET /ains/agents/a-1/trust/history?limit=5",
        ok(events=[]),
    ),
    (
        lambda c: c.adjust_trust("a-1", reason="seen", lift_quarantine=True),
        "POST /ains/agents/a-1/trust/adjust",
        ok(agent_id="a-1", adjustment_id="x"),
    ),
    (lambda c: c.capabilities("a-1"), "GET /ains/agents/a-1/capabilities", ok(capabilities=["x"])),
    (lambda c: c.submit_task("T", capability_required="x", client_id="me"), "POST /aitp/tasks", TASK),
    (lambda c: c.get_task("t-1"), "GET /aitp/tasks/t-1", TASK),
    (
        lambda c: list(c.list_tasks(client_id="me", limit=5)),
        "GET /aitp/tasks?client_id=me&limit=5",
        ok(tasks=[]),
    ),
    (lambda c: c.report("t-1", "ACTIVE", progress=0.5), "PUT /aitp/tasks/t-1/status", TASK),
    (lambda c: c.start_task("t-1", agent_id="a", lease_token=1), "PUT /aitp/tasks/t-1/status", TASK),
    (lambda c: c.complete_task("t-1", result_data={}), "PUT /aitp/tasks/t-1/status", TASK),
    (lambda c: c.fail_task("t-1", error_message="no"), "PUT /aitp/tasks/t-1/status", TASK),
    (lambda c: c.cancel_task("t-1", reason="a b"), "DELETE /aitp/tasks/t-1?reason=a+b", TASK),
    (lambda c: c.set_priority("t-1", 9), "PUT /aitp/tasks/t-1/priority", TASK),
    (lambda c: c.set_timeout("t-1", 2.5), "PUT /aitp/tasks/t-1/timeout", TASK),
    (lambda c: c.explain_task("t-1"), "GET /aitp/tasks/t-1/explain", ok(reason="ready")),
    (
        lambda c: c.try_routing("x", draws=9, required_tags=["gpu"]),
        "POST /ains/routing/test",
        ok(reason="ready"),
    ),
    (lambda c: c.routing_strategies(), "GET /ains/routing/strategies", ok(strategies=[])),
    (lambda c: c.retry_task("t-1", input_data={"n": 2}), "POST /aitp/tasks/t-1/retry", TASK),
    (
        lambda c: list(c.dead_letters(capability_required="x", since=datetime(2030, 1, 1, tzinfo=UTC))),
        "GET /aitp/dead-letters?since=2030-01-01T00%3A00%3A00%2B00%3A00&capability=x",
        ok(dead_letters=[]),
    ),
    (lambda c: c.redrive(["t-1"]), "POST /aitp/dead-letters/redrive", ok(redriven=[], refused=[])),
    (lambda c: c.wait("t-1"), "GET /aitp/tasks/t-1", ok(task_id="t-1", status="FAILED")),
    (
        lambda c: c.create_schedule(
            "T", capability_required="x", client_id="me", run_at=datetime(2030, 1, 1, tzinfo=UTC)
        ),
        "POST /aitp/tasks/schedule",
        SCHEDULE,
    ),
    (lambda c: c.get_schedule("s-1"), "GET /aitp/tasks/schedule/s-1", SCHEDULE),
    (
        lambda c: list(c.list_schedules(status="ACTIVE")),
        "GET /aitp/tasks/schedule?status=ACTIVE",
        ok(schedules=[]),
    ),
    (
        lambda c: c.update_schedule("s-1", if_match='"1"', priority=7),
        "PUT /aitp/tasks/schedule/s-1",
        SCHEDULE,
    ),
    (lambda c: c.delete_schedule("s-1"), "DELETE /aitp/tasks/schedule/s-1", SCHEDULE),
    (lambda c: c.pause_schedule("s-1", reason="why"), "POST /aitp/tasks/schedule/s-1/pause", SCHEDULE),
    (lambda c: c.resume_schedule("s-1"), "POST /aitp/tasks/schedule/s-1/resume", SCHEDULE),
    (lambda c: c.run_schedule("s-1"), "POST /aitp/tasks/schedule/s-1/run", TASK),
    (lambda c: list(c.executions("s-1")), "GET /aitp/tasks/schedule/s-1/executions", ok(executions=[])),
    (
        lambda c: c.validate_cron("0 9 * * *"),
        "POST /aitp/tasks/schedule/validate?cron_expression=0+9+%2A+%2A+%2A",
        ok(valid=True),
    ),
    (
        lambda c: c.validate_cron("H * * * * *", cron_format="seconds", schedule_id="s-1"),
        "POST /aitp/tasks/schedule/validate?cron_expression=H+%2A+%2A+%2A+%2A+%2A&cron_format=seconds"
        "&schedule_id=s-1",
        ok(valid=True),
    ),
    (
        lambda c: c.backfill_schedule(
            "s-1", since=datetime(2030, 1, 1, tzinfo=UTC), until=datetime(2030, 1, 2, tzinfo=UTC)
        ),
        "POST /aitp/tasks/schedule/s-1/backfill",
        ok(schedule_id="s-1", status="ACTIVE", slots=[{"slot": "2027-01-15T08:00:00Z", "task_id": "t-1"}]),
    ),
    (
        lambda c: c.preview_schedule("s-1"),
        "GET /aitp/tasks/schedule/s-1/preview",
        ok(schedule_id="s-1", status="ACTIVE"),
    ),
    (
        lambda c: c.preview_schedule("s-1", count=5, timezone="Asia/Tokyo"),
        "GET /aitp/tasks/schedule/s-1/preview?count=5&timezone=Asia%2FTokyo",
        ok(schedule_id="s-1", status="ACTIVE"),
    ),
    (
        lambda c: c.validate_cron("@daily", dst_policy={"gap": "skip"}),
        "POST /aitp/tasks/schedule/validate?cron_expression=%40daily",
        ok(valid=True),
    ),
    (
        lambda c: list(c.dead_messages(limit=5)),
        "GET /aitp/dead-letters/messages?limit=5",
        ok(messages=[]),
    ),
    (lambda c: c.redrive_messages(["m-1"]), "POST /aitp/dead-letters/messages/redrive", ok(redriven=["m-1"])),
    (
        lambda c: c.redrive_messages(limit=5, cursor="c 1"),
        "POST /aitp/dead-letters/messages/redrive?limit=5&cursor=c+1",
        ok(redriven=[]),
    ),
    (
        lambda c: c.drain_agent("a-1", reason="new disk"),
        "POST /ains/agents/a-1/drain",
        ok(agent_id="a-1", status="DRAINING"),
    ),
    (
        lambda c: c.undrain_agent("a-1"),
        "DELETE /ains/agents/a-1/drain",
        ok(agent_id="a-1", status="ACTIVE"),
    ),
    (lambda c: c.health(), "GET /health", ok(status="ok")),
    (lambda c: c.health(deep=True), "GET /ains/health", ok(status="ok")),
]


@pytest.mark.parametrize(("call", "line", "answer"), CALLS, ids=[line for _, line, _ in CALLS])
def test_each_call_goes_where_the_contract_says(call, line, answer) -> None:
    client, wire, _ = scripted(answer)
    call(client)
    assert f"{wire.requests[0].method} {wire.requests[0].target}" == line


def test_every_public_method_is_called_above() -> None:
    source = "".join(inspect.getsource(call) for call, _, _ in CALLS)
    methods = [n for n, _ in inspect.getmembers(Client, inspect.isfunction) if not n.startswith("_")]
    untried = {name for name in methods if f"c.{name}(" not in source}
    assert untried == {"close", "without_retries"}
