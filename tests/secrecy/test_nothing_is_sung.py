"""No key, token or payload is ever logged: canaries are planted in all of them, and nobody hears one."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import telemetry
from chalicelib.api.create_app import OPERATIONS
from tests.api.doors import DOORS
from tests.api.requests import AGENT, SCHEDULE, TASK
from tests.e2e.processes import ROOT
from tests.secrecy.canaries import Canaries, Heard, listening
from tests.secrecy.stage import Stage, deployed

Json = dict[str, Any]
TABLES = re.findall(r"^\| (.+?) \|", (ROOT / "docs/logs.md").read_text(), re.MULTILINE)
DOCUMENTED = {field for cell in TABLES for field in re.findall(r"`(\w+)`", cell)}


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture(scope="module")
def stage(canaries: Canaries) -> Iterator[Stage]:
    with deployed(canaries("admin_key")) as made:
        yield made


@pytest.fixture
def heard(stage: Stage, canaries: Canaries) -> Iterator[Heard]:
    """Whatever a test lets happen, nothing of it is sung and each request is one line."""
    stage.begin_anew()
    before = stage.api.calls
    with listening() as everything:
        yield everything
    assert everything.sung() == []
    assert everything.fields() <= DOCUMENTED
    lines = everything.told("request") + everything.told("request crashed")
    assert len(lines) == stage.api.calls - before


def payload(canaries: Canaries, place: str) -> Json:
    return {canaries(f"{place}_name"): [canaries(place), {"deep": canaries(place)}]}


def _agent(stage: Stage, canaries: Canaries, **more: Any) -> None:
    capability = {"name": TASK["capability_required"], "description": canaries("description")}
    body = {
        **AGENT,
        "display_name": canaries("display_name"),
        "capabilities": [{**capability, "input_schema": payload(canaries, "schema")}],
        "endpoint": f"https://{canaries('user')}:{canaries('password')}@agent.example/",
        "public_key": canaries("public_key"),
        "signature": canaries("signature"),
        "session_id": canaries("session"),
        "metadata": {"said": canaries("metadata")},
        "max_concurrency": 9,
        **more,
    }
    assert stage.api.post("/ains/agents", body).status in (200, 201)


def _task(stage: Stage, canaries: Canaries, **more: Any) -> str:
    body = {
        **TASK,
        "input_data": payload(canaries, "input"),
        "metadata": {"said": canaries("metadata")},
        **more,
    }
    answer = stage.api.post(
        "/aitp/tasks",
        body,
        headers={"X-API-Key": stage.api.key, "Idempotency-Key": canaries("idempotency_key")},
    )
    assert answer.status == 201
    return str(answer.body["task_id"])


def _held(stage: Stage, canaries: Canaries, **more: Any) -> tuple[str, Json]:
    """A task that agent-1 was given and has begun: its path, and its token."""
    task_id = _task(stage, canaries, **more)
    stage.work()
    task = stage.api.get(f"/aitp/tasks/{task_id}").body
    token = {"lease_token": task["lease_token"], "agent_id": "agent-1"}
    path = f"/aitp/tasks/{task_id}/status"
    assert stage.api.put(path, {"status": "ACTIVE", **token}).status == 200
    return path, token


def test_a_life_with_payloads_everywhere(stage: Stage, canaries: Canaries, heard: Heard) -> None:
    _agent(stage, canaries)
    path, token = _held(stage, canaries)
    result = payload(canaries, "result")
    assert stage.api.put(path, {"status": "COMPLETED", "result_data": result, **token}).status == 200
    assert stage.api.get(path.removesuffix("/status")).body["result_data"] == result
    assert stage.api.put(path, {"status": "COMPLETED", "result_data": {}, **token}).status == 409
    path, token = _held(stage, canaries)
    failed = {"status": "FAILED", "error_message": canaries("error"), "retryable": False, **token}
    assert stage.api.put(path, failed).status == 200
    assert canaries.planted[-1] in stage.api.get("/aitp/dead-letters").text
    retried = path.replace("/status", "/retry")
    assert stage.api.post(retried, {"input_data": payload(canaries, "new_input")}).status == 201
    cancelled = _task(stage, canaries, capability_required="nobody-has-it")
    assert stage.api.delete(f"/aitp/tasks/{cancelled}", {"reason": canaries("reason")}).status == 200
    stage.api.post("/ains/agents/agent-1/heartbeat", {"metrics": payload(canaries, "metrics")})
    stage.api.post("/ains/agents/agent-1/drain", {"reason": canaries("reason")})
    stage.api.post(
        "/ains/agents/agent-1/trust/adjust",
        {"reason": canaries("reason"), "capability": TASK["capability_required"], "successes": 1},
    )
    stage.tick()
    while stage.work():
        pass
    assert stage.count()
    assert {line["run"] for line in heard.told("run")} == {"work", "stats", "tick"}


def test_schedules_and_agents_with_queues(stage: Stage, canaries: Canaries, heard: Heard) -> None:
    _agent(stage, canaries, delivery="sqs")
    body = {
        **SCHEDULE,
        "input_data": payload(canaries, "input"),
        "description": canaries("description"),
        "metadata": {"said": canaries("metadata")},
    }
    made = stage.api.post("/aitp/tasks/schedule", body)
    assert made.status == 201
    path = f"/aitp/tasks/schedule/{made.body['schedule_id']}"
    assert stage.api.post(f"{path}/run", {}).status == 201
    with stage.refusing(canaries("refusal"), only="SendMessageBatch"):
        _task(stage, canaries)
    with stage.refusing(canaries("refusal"), only="SendMessage"):  # the agent's, with the payload
        stage.work()
    assert stage.api.post(f"{path}/pause", {"reason": canaries("reason")}).status == 200
    stage.tick()
    stage.work()
    assert heard.told("announcement lost; the clock makes it up")
    assert heard.told("assignment message lost; it is sent again")


def test_keys_that_are_wrong_or_in_the_wrong_place(stage: Stage, canaries: Canaries, heard: Heard) -> None:
    for headers in (
        {"X-API-Key": canaries("wrong_key")},
        {"Authorization": f"Bearer {canaries('wrong_bearer')}"},
        {"Authorization": canaries("wrong_scheme")},
        {"Cookie": canaries("cookie"), "traceparent": canaries("traceparent")},
    ):
        assert stage.api.get("/aitp/tasks", headers=headers).status == 401
    assert stage.api.get(f"/aitp/tasks?api_key={stage.api.key}", headers={}).status == 401
    assert stage.api.get(f"/health?api_key={stage.api.key}", headers={}).status == 400
    assert stage.api.get(f"/aitp/tasks?api_key={canaries('in_query')}").status == 400
    assert stage.api.get("/aitp/tasks", headers={"Authorization": f"Bearer {stage.api.key}"}).status == 200


def test_every_field_of_every_operation_holds_a_word_that_it_may_not(
    stage: Stage, canaries: Canaries, heard: Heard
) -> None:
    _agent(stage, canaries)
    cancelled = _task(stage, canaries)
    stage.api.delete(f"/aitp/tasks/{cancelled}")
    scheduled = stage.api.post("/aitp/tasks/schedule", SCHEDULE).body["schedule_id"]
    ids = {"task_id": _task(stage, canaries), "cancelled_id": cancelled, "schedule_id": scheduled}
    answers = []
    for name, door in DOORS.items():
        url = door.url.format(**ids)
        bodies: list[Any] = [{**door.fine, field: canaries(field)} for field in door.fields]
        bodies += [{**door.fine, field: [canaries(field)]} for field in door.fields]
        bodies += [{**door.fine, canaries("unknown"): canaries("unknown")}, f'{{"{canaries(name)}": ']
        bodies += [f'"{canaries("lone")}"', canaries("bytes").encode() + b"\xff"]
        answers += [stage.api.call(door.method, url, body) for body in bodies]
        answers.append(stage.api.call(door.method, f"{url}?{canaries('parameter')}={canaries('value')}"))
    assert {answer.status for answer in answers} >= {400, 200, 201}
    assert sum(answer.status == 400 for answer in answers) > len(DOORS) * 6
    assert not [answer for answer in answers if answer.status >= 500]
    assert stage.api.get(f"/aitp/tasks/%20{canaries('no_id')}").status == 400
    keyed = {"X-API-Key": stage.api.key, "Idempotency-Key": canaries("bad_key") + " \t"}
    assert stage.api.post("/aitp/tasks", TASK, headers=keyed).status == 400


def test_every_operation_crashes_on_words_of_aws(stage: Stage, canaries: Canaries, heard: Heard) -> None:
    ids = dict.fromkeys(("task_id", "cancelled_id", "schedule_id"), "some-id") | {"agent_id": "agent-1"}
    with stage.refusing(canaries("refusal")):
        for operation in OPERATIONS:
            door = DOORS.get(operation.name)
            url = (door.url if door else operation.path).format(**ids)
            stage.api.call(operation.method, url, door.fine if door else None)
    crashed = heard.told("request crashed")
    assert len(crashed) >= len(OPERATIONS) - 8  # which look at no table, or say that they cannot
    assert all(line["level"] == "ERROR" and "ValidationException" in line["error"] for line in crashed)


def test_poison_and_batches_that_fail(stage: Stage, canaries: Canaries, heard: Heard) -> None:
    task_id = _task(stage, canaries)
    unread = (
        "{",
        f'{{"v": "{canaries("version")}"}}',
        f'{{"v": 1, "kind": "{canaries("kind")}", "id": "a"}}',
    )
    unread += (canaries("poison"), json.dumps({"v": 1, "kind": "fill", "id": "a", "at": canaries("at")}))
    for body in unread:
        stage.send(body)
        for receives in (1, 5):
            stage.receive(body, receives=receives)
    while stage.work():
        pass
    due = json.dumps({"v": 1, "kind": "due", "id": task_id, "aggregate": "task"})
    with stage.refusing(canaries("refusal")):
        stage.receive(due, receives=5)
        stage.tick()
        assert not stage.count()
    (failed,) = [line for line in heard.told("work message failed") if line.get("task_id") == task_id]
    assert failed["kind"] == "due"
    assert heard.told("dead work message not recorded")
    assert {line["run"] for line in heard.told("run failed")} == {"stats", "tick"}


def test_a_row_of_the_stream_that_makes_no_sense(stage: Stage, canaries: Canaries, heard: Heard) -> None:
    _task(stage, canaries)
    (record,) = stage.cloud.stream_records("ains-test-tasks", limit=10)
    record["dynamodb"]["NewImage"]["status"] = {"S": canaries("status")}
    with pytest.raises(telemetry.RunFailed) as told:
        stage.app.stats({"Records": [record]}, None)
    print(told.getrepr(chain=True, showlocals=False), file=sys.stderr)  # as Lambda prints what is raised
    assert heard.told("run failed")


@pytest.mark.parametrize("way", ["own", "extra", "other", "quoted", "stdout", "stderr"])
def test_a_canary_that_is_sung_is_heard(way: str, canaries: Canaries) -> None:
    word = canaries(way)
    with listening() as heard:
        match way:
            case "own":
                telemetry.logger().info(word)
            case "extra":
                telemetry.logger().warning("fine", extra={"input": {"deep": word}})
            case "other":
                logging.getLogger("somebody.else").info("said %s", word)
            case "quoted":
                logging.getLogger("somebody.else").error("failed", exc_info=ValueError(word))
            case "stdout":
                print(word)
            case "stderr":
                print(word, file=sys.stderr)
    assert word in "".join(heard.sung())
