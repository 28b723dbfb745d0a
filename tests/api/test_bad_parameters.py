"""Query parameters, path variables and headers, wrong in every way."""

import pytest

from chalicelib.api.create_app import OPERATIONS
from chalicelib.api.fields import NoQuery

from .doors import DOORS
from .requests import AGENT, SCHEDULE, TASK
from .wrong_values import LONG

pytestmark = pytest.mark.uncounted
GOOD_QUERIES = {
    "list_tasks": "/aitp/tasks?client_id=a",
    "list_agents": "/ains/agents?tag=a",
    "search_agents": "/ains/search?capability=a",
    "get_leaderboard": "/ains/agents/leaderboard?limit=5",
    "get_trust_history": "/ains/agents/agent-1/trust/history?limit=5",
    "list_schedules": "/aitp/tasks/schedule?client_id=a",
    "list_executions": "/aitp/tasks/schedule/{schedule_id}/executions?limit=5",
    "list_dead_letters": "/aitp/dead-letters?client_id=a",
    "list_dead_messages": "/aitp/dead-letters/messages?limit=5",
    "redrive_messages": "/aitp/dead-letters/messages/redrive?limit=5",
    "report_status": "/aitp/tasks/{task_id}/status?agent_id=agent-1",
    "cancel_task": "/aitp/tasks/{task_id}?reason=a",
    "create_schedule": "/aitp/tasks/schedule?description=a",
    "backfill_schedule": "/aitp/tasks/schedule/{schedule_id}/backfill?since=2026-11-20T00:00:00Z",
    "change_schedule": "/aitp/tasks/schedule/{schedule_id}?description=a",
    "pause_schedule": "/aitp/tasks/schedule/{schedule_id}/pause?reason=a",
    "validate_cron": "/aitp/tasks/schedule/validate?timezone=UTC",
    "preview_schedule": "/aitp/tasks/schedule/{schedule_id}/preview?count=5",
}
PAGING = ("limit=0", "limit=101", "limit=-1", "limit=ten", "limit=", "limit=5.5", "limit=1000000000")
OFFSETS = ("offset=-1", "offset=1001", "offset=a")
LISTS = (*PAGING, *OFFSETS, "cursor=", "cursor=nonsense", "cursor=%FF", "cursor=" + "x" * 3_000)
LONG_NAME = "x" * 129
WRONG_QUERIES = {
    "list_tasks": (
        *LISTS,
        "status=pending",
        f"task_type={LONG_NAME}",
        f"client_id={LONG_NAME}",
        "client_id=a%0Ab",
        "assigned_agent_id=a%20b",
        "schedule_id=batch",
        "chain_id=a",
    ),
    "list_agents": (*LISTS, "status=BUSY", "min_trust=2", "min_trust=nan", "capability=a%20b", "tag="),
    "search_agents": ("capability=", "min_trust=-1", "min_trust=inf", "limit=0", "tag="),
    "list_schedules": (*LISTS, "status=RUNNING", "client_id="),
    "list_executions": (*PAGING, "cursor=nonsense"),
    "list_dead_letters": (
        *PAGING,
        "cursor=nonsense",
        "cursor=",
        "cursor=%FF",
        "cursor=20000",
        "cursor=99999.",
        "cursor=" + "x" * 3_000,
        "capability=a%20b",
        "capability_required=a",
        "task_type=",
        f"client_id={LONG_NAME}",
        "schedule_id=batch",
        "failure_kind=lost",
        "since=yesterday",
        "until=2027-01-15",
        "offset=1",
    ),
    "get_leaderboard": (*PAGING, "capability=a%20b", "capability="),
    "get_trust_history": (*PAGING, "cursor=", "cursor=nonsense", "cursor=" + "x" * 9_000),
    "list_dead_messages": (*PAGING, "cursor=nonsense", "cursor=", "cursor=2027-01-15.nonsense"),
    "redrive_messages": (*PAGING, "cursor=nonsense", "cursor="),
    "report_status": ("agent_id=a%20b", "agent_id=", "lease_token=1"),
    "cancel_task": ("reason=" + "x" * LONG,),
    "create_schedule": (
        "priority=high",
        "priority=11",
        "max_runs=0",
        "run_at=tomorrow",
        "capability_required=a%20b",
        "cron_expression=*%20*",
        "input_data=1",
    ),
    "change_schedule": (
        "priority=high",
        "priority=",
        "timeout_seconds=inf",
        "retry_policy=never",
        "metadata=1",
    ),
    "pause_schedule": ("reason=" + "x" * LONG,),
    "backfill_schedule": ("since=yesterday", "since=", "until=2026-13-01T00:00:00Z", "until="),
    "validate_cron": ("cron_format=quartz", "cron_format=", "schedule_id=a%20b", "schedule_id="),
    "preview_schedule": ("count=0", "count=101", "count=ten", "count=", "timezone=Mars", "timezone="),
}


def test_every_operation_that_takes_a_query_is_tried():
    assert (
        set(GOOD_QUERIES) == {op.name for op in OPERATIONS if op.query is not NoQuery} == set(WRONG_QUERIES)
    )


@pytest.mark.parametrize(
    ("name", "wrong"), [(name, wrong) for name, all_wrong in WRONG_QUERIES.items() for wrong in all_wrong]
)
def test_a_wrong_parameter_is_named(api, ids, state, name, wrong):
    before = state()
    method = next(op.method for op in OPERATIONS if op.name == name)
    url = GOOD_QUERIES[name].format(**ids).partition("?")[0]
    body = DOORS[name].fine if name in DOORS else None
    if name == "create_schedule":
        body = {k: v for k, v in SCHEDULE.items() if k not in wrong}
    answer = api.call(method, f"{url}?{wrong}", body)
    assert answer.status == 400, answer.text
    pointers = [error["pointer"].strip("/").partition("/")[0] for error in answer.body["errors"]]
    assert wrong.partition("=")[0] in pointers
    assert "Input should" not in answer.text
    assert state() == before


@pytest.mark.parametrize("name", GOOD_QUERIES)
def test_a_parameter_that_is_unknown_or_doubled_is_refused(api, ids, state, name):
    before = state()
    method = next(op.method for op in OPERATIONS if op.name == name)
    url = GOOD_QUERIES[name].format(**ids)
    body = DOORS[name].fine if name in DOORS else None
    parameter = url.partition("?")[2]
    for more, pointer in (("whatever=1", "whatever"), (parameter, parameter.partition("=")[0])):
        answer = api.call(method, f"{url}&{more}", body)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, pointer)
    assert state() == before


WITH_ID = [operation for operation in OPERATIONS if "{" in operation.path]


def _call(api, operation, path_id):
    start, _, rest = operation.path.partition("{")
    body = DOORS[operation.name].fine if operation.name in DOORS else None
    return api.call(operation.method, start + path_id + rest.partition("}")[2], body)


@pytest.mark.parametrize("operation", WITH_ID, ids=lambda op: op.name)
def test_an_unknown_id_is_not_found(api, ids, state, operation):
    before = state()
    answer = _call(api, operation, "no-such-thing")
    assert (answer.status, answer.body["type"]) == (404, "https://ains.dev/problems/not-found")
    assert "no-such-thing" in answer.body["detail"]
    assert state() == before


@pytest.mark.parametrize("operation", WITH_ID, ids=lambda op: op.name)
@pytest.mark.parametrize("path_id", ["a%20b", "a%2Fb", "%2E%2E%2Fa", "%00", "%FF", "-a", "x" * 129, "batch"])
def test_what_cannot_be_an_id_is_refused(api, ids, state, operation, path_id):
    before = state()
    answer = _call(api, operation, path_id)
    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"].endswith("_id")
    assert state() == before


@pytest.mark.parametrize("key", ["", "with blank", "ü", "x" * 256, "tab\t"])
def test_an_idempotency_key_that_is_none_is_refused(api, ids, state, key):
    before = state()
    for url, body in (
        ("/aitp/tasks", TASK),
        ("/aitp/tasks/schedule", SCHEDULE),
        ("/ains/agents", {name: value for name, value in AGENT.items() if name != "agent_id"}),
    ):
        answer = api.post(url, body, headers={"Idempotency-Key": key})
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "Idempotency-Key")
    assert state() == before
