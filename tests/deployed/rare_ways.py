"""Ways through the service that the end-to-end suite does not take, so that every right is seen in use."""

import json
import time
from collections.abc import Callable
from typing import Any

from tests.deployed.deployment import Deployment

DEAD_MESSAGES = "/aitp/dead-letters/messages"
LARGE = {"text": "x" * 2_000}  # too large for the task's own row
LONG_SILENT = {"last_heartbeat": {"N": "1"}}  # its queue need not linger for it
POISON = "rare-poison"  # the id of a message that fails, and is the only one that may
SOON_S = 30


def take_rare_ways(deployed: Deployment) -> None:
    """Each is checked by what it leaves behind; AssertionError where that is missing."""
    deployed.made("/aitp/tasks", capability_required="nobody-has-it", **_order())
    _receive_by_queue_and_leave(deployed)
    _time_out_twice(deployed)
    _lose_and_come_back(deployed)
    _redrive_what_expired(deployed)
    _crash_while_leaving(deployed)
    _pass_on_a_full_shard(deployed)
    _die_and_be_redriven(deployed)
    _be_counted(deployed)
    _have_many_slots(deployed)
    for path in (
        "/ains/agents",
        "/ains/agents?capability=rare-timeout",
        "/ains/agents/rare-timeout/capabilities",
        "/aitp/tasks",
        "/aitp/tasks?client_id=rare",
        "/aitp/tasks/schedule",
        "/aitp/tasks/schedule?client_id=rare",
        "/aitp/queue/stats",
        "/ains/agents/rare-timeout/trust",
        "/ains/agents/leaderboard",
    ):
        deployed.got(path)


def _be_counted(deployed: Deployment) -> None:
    """What was written reached /metrics through the stream; the gauges came with a tick."""
    _until(lambda: "\ntasks_created_total 0\n" not in deployed.got("/metrics"))


def last_tick(deployed: Deployment) -> str:
    """When the clock last ran, as the service tells; empty before the first."""
    return deployed.got("/ains/health")["checks"]["last_tick_at"] or ""


def await_tick(deployed: Deployment, *, after: str) -> None:
    """Until the clock ran once more than at `after`, and the service calls itself healthy."""
    _until(lambda: last_tick(deployed) > after, seconds=130)
    assert deployed.got("/ains/health")["status"] == "ok"


def _receive_by_queue_and_leave(deployed: Deployment) -> None:
    _register(deployed, "rare-queue", delivery="sqs")
    task_id = deployed.made("/aitp/tasks", capability_required="rare-queue", **_order())["task_id"]
    _until(lambda: deployed.got(f"/aitp/tasks/{task_id}")["status"] == "ASSIGNED")
    deployed.answered("DELETE", f"/aitp/tasks/{task_id}")
    _rewrite(deployed, "rare-queue", **LONG_SILENT)
    deployed.answered("DELETE", "/ains/agents/rare-queue")


def _time_out_twice(deployed: Deployment) -> None:
    _register(deployed, "rare-timeout")
    retry = {"strategy": "fixed", "backoff_seconds": 0, "jitter": 0}
    order = {"timeout_seconds": 1, "max_retries": 1, "retry_policy": retry}
    task_id = deployed.made("/aitp/tasks", capability_required="rare-timeout", **_order(), **order)["task_id"]
    for _ in range(2):
        _until(lambda: _start_what_came(deployed, "rare-timeout"))
    _until(lambda: deployed.got(f"/aitp/tasks/{task_id}")["status"] == "FAILED")
    assert [a["outcome"] for a in deployed.got(f"/aitp/tasks/{task_id}")["attempts"]] == ["timeout"] * 2
    _adjust_trust(deployed)


def _adjust_trust(deployed: Deployment) -> None:
    trust = "/ains/agents/rare-timeout/trust"
    deployed.answered("POST", f"{trust}/adjust", {"reason": "rare", "lift_quarantine": True})
    causes = [event["cause"] for event in deployed.got(f"{trust}/history")["events"]]
    assert causes == ["adjusted", "timeout", "timeout"]


def _lose_and_come_back(deployed: Deployment) -> None:
    """Whoever lost a task gets it again only when nobody else could take it, which has to be looked up."""
    _register(deployed, "rare-lost", heartbeat_interval_seconds=1)
    task_id = deployed.made("/aitp/tasks", capability_required="rare-lost", **_order())["task_id"]
    _until(lambda: _start_what_came(deployed, "rare-lost"))
    _until(lambda: deployed.got(f"/aitp/tasks/{task_id}")["status"] == "PENDING")
    _until(lambda: _start_what_came(deployed, "rare-lost"))


def _start_what_came(deployed: Deployment, agent_id: str) -> bool:
    tasks = deployed.got(f"/aitp/tasks?assigned_agent_id={agent_id}")["tasks"]
    came = [task["task_id"] for task in tasks if task["status"] == "ASSIGNED"]
    for task_id in came:
        deployed.answered("PUT", f"/aitp/tasks/{task_id}/status", {"status": "ACTIVE", "agent_id": agent_id})
    return bool(came)


def _redrive_what_expired(deployed: Deployment) -> None:
    order = {"capability_required": "nobody-has-it", "queue_timeout_seconds": 1}
    task_id = deployed.made("/aitp/tasks", **_order(), **order)["task_id"]
    _until(lambda: _dead_letters(deployed) == [task_id])
    retried_as = deployed.made(f"/aitp/tasks/{task_id}/retry")["task_id"]
    _until(lambda: _dead_letters(deployed) == [retried_as])
    _expire(deployed, task_id, retried_as)


def _expire(deployed: Deployment, *task_ids: str) -> None:
    """DynamoDB deletes the rows by their TTL; the input, which lies apart, goes with the last of them."""
    database = deployed.aws.client("dynamodb")
    inputs = {
        "TableName": deployed.outputs["PayloadsTableName"],
        "KeyConditionExpression": "owner_id = :owner",
        "ExpressionAttributeValues": {":owner": {"S": task_ids[0]}},
    }
    assert database.query(**inputs)["Count"] == 1
    for task_id in task_ids:
        database.delete_item(TableName=deployed.outputs["TasksTableName"], Key={"task_id": {"S": task_id}})
    _until(lambda: database.query(**inputs)["Count"] == 0)


def _dead_letters(deployed: Deployment) -> list[str]:
    page = deployed.got("/aitp/dead-letters?capability=nobody-has-it")
    return [row["task_id"] for row in page["dead_letters"]]


def _crash_while_leaving(deployed: Deployment) -> None:
    """The agent is marked as gone, then nothing more happens: the clock must bury it."""
    _register(deployed, "rare-crash", delivery="sqs")
    _rewrite(deployed, "rare-crash", departed={"BOOL": True}, due_at={"N": "1"}, **LONG_SILENT)
    _hint(deployed, kind="due", aggregate="agent", id="rare-crash")
    key = {"agent_id": {"S": "rare-crash"}}
    database, table = deployed.aws.client("dynamodb"), deployed.outputs["AgentsTableName"]
    _until(lambda: "Item" not in database.get_item(TableName=table, Key=key))


def _rewrite(deployed: Deployment, agent_id: str, **attributes: Any) -> None:
    deployed.aws.client("dynamodb").update_item(
        TableName=deployed.outputs["AgentsTableName"],
        Key={"agent_id": {"S": agent_id}},
        AttributeUpdates={name: {"Action": "PUT", "Value": value} for name, value in attributes.items()},
    )


def _pass_on_a_full_shard(deployed: Deployment) -> None:
    for aggregate in ("agent", "schedule", "task"):
        _hint(deployed, kind="sweep", aggregate=aggregate, id="0", until=_now())


def _die_and_be_redriven(deployed: Deployment) -> None:
    """The consumer is handed a message as at its last receive, which would take half an hour to come."""
    attributes = {"ApproximateReceiveCount": "5"}
    record = {"messageId": POISON, "receiptHandle": POISON, "body": "{", "attributes": attributes}
    name = deployed.configuration("Work")["FunctionName"]
    answer = deployed.aws.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps({"Records": [record]})
    )
    assert json.load(answer["Payload"]) == {"batchItemFailures": [{"itemIdentifier": POISON}]}
    (dead,) = deployed.got(DEAD_MESSAGES)["messages"]
    assert (dead["message_id"], dead["reason"].partition(":")[0]) == (POISON, "UnknownMessage")
    deployed.aws.client("dynamodb").update_item(
        TableName=deployed.outputs["DeadMessagesTableName"],
        Key={"day": {"S": dead["first_at"][:10]}, "message_id": {"S": POISON}},
        AttributeUpdates={"body": {"Action": "PUT", "Value": {"S": '{"v":1,"kind":"fill","id":"nobody"}'}}},
    )
    done = deployed.answered("POST", f"{DEAD_MESSAGES}/redrive", {"message_ids": [POISON]})
    assert (done["redriven"], done["refused"]) == ([POISON], [])
    assert deployed.got(DEAD_MESSAGES)["messages"] == []


def _have_many_slots(deployed: Deployment) -> None:
    """More than a process fires of one client before it asks what others fired."""
    cron = {"cron_expression": "* * * * *", "capability_required": "nobody-has-it"}
    made = deployed.made("/aitp/tasks/schedule", **_order(), **cron)
    path = f"/aitp/tasks/schedule/{made['schedule_id']}"
    since, until = (
        time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(time.time() - ago)) for ago in (3_600, 1_200)
    )
    slots = deployed.answered("POST", f"{path}/backfill", {"since": since, "until": until})["slots"]
    assert len(slots) == 41
    _until(lambda: len(deployed.got(f"{path}/executions")["executions"]) >= 41)
    deployed.answered("DELETE", path)


def _hint(deployed: Deployment, **fields: Any) -> None:
    url = deployed.outputs["WorkQueueUrl"]
    deployed.aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"v": 1, **fields}))


def _register(deployed: Deployment, name: str, **fields: Any) -> None:
    agent = {"agent_id": name, "display_name": name, "capabilities": [name], "max_concurrency": 1}
    deployed.made("/ains/agents", **agent, **fields)


def _order() -> dict[str, Any]:
    return {"client_id": "rare", "task_type": "rare", "input_data": LARGE}


def _now() -> int:
    return time.time_ns() // 1_000_000


def _until(fact: Callable[[], bool], *, seconds: float = SOON_S) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.2)
