"""A few hundred calls of every kind that the journal keeps, and what the engine holds after them."""

import json
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from infra.local.engine import LocalCloud
from infra.local.pinned import dynamodb, sqs
from infra.local.problems import EngineRefused
from tests.local.conftest import SMALL

DATABASE, LOG, INDEX, HEAD = "ains.sqlite", "ains.sqlite-wal", "ains.sqlite-shm", "ains.head"
TASKS, RUNS = "ains-local-tasks", "ains-local-executions"
REFUSALS = {"TransactionCanceledException", "ReceiptHandleIsInvalid", "MessageNotInflight"}
WORK, OWN, BRIEF = "ains-local-work", "agent-inbox", "brief"


def cloud_on(directory: Path, **options: Any) -> LocalCloud:
    return LocalCloud(template=SMALL, data_dir=directory, long_polls=False, **options)


class History:
    """Seeded calls on a cloud; each one made has been acknowledged."""

    def __init__(self, cloud: LocalCloud, seed: int) -> None:
        self.cloud, self.chance = cloud, random.Random(seed)
        self.held: list[tuple[str, str]] = []
        self.queues = [WORK, OWN, BRIEF]
        for name in (OWN, BRIEF):
            cloud.request("sqs", "CreateQueue", QueueName=name, Attributes={"VisibilityTimeout": "300"})

    def go_on(self, count: int) -> None:
        steps = (self.put, self.put, self.put, self.transact, self.delete, self.cancelled)
        steps += (self.send, self.send, self.receive, self.receive, self.acknowledge, self.hide, self.tune)
        for _ in range(count):
            self.chance.choice(steps)()

    def key(self) -> dict[str, Any]:
        return {"task_id": {"S": f"task-{self.chance.randrange(60)}"}}

    def put(self) -> None:
        about = {"S": "äöü ✓ " + "x" * self.chance.randrange(1500)}
        item = {**self.key(), "due_at": {"N": str(self.chance.randrange(10**9))}, "about": about}
        self.cloud.request("dynamodb", "PutItem", TableName=TASKS, Item=item)

    def transact(self) -> None:
        run = {"schedule_id": {"S": "s"}, "slot": {"N": str(self.chance.randrange(40))}}
        change = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
        operations = [
            {"Put": {"TableName": RUNS, "Item": run}},
            {"Update": {"TableName": TASKS, "Key": self.key(), **change}},
        ]
        self.cloud.request("dynamodb", "TransactWriteItems", TransactItems=operations)

    def delete(self) -> None:
        self.cloud.request("dynamodb", "DeleteItem", TableName=TASKS, Key=self.key())

    def cancelled(self) -> None:
        never = {"Key": {"task_id": {"S": "none"}}, "ConditionExpression": "attribute_exists(task_id)"}
        operations = [
            {"Put": {"TableName": TASKS, "Item": self.key()}},
            {"ConditionCheck": {"TableName": TASKS, **never}},
        ]
        self.attempt("dynamodb", "TransactWriteItems", TransactItems=operations)

    def url(self) -> str:
        return self.cloud.queue_url(self.chance.choice(self.queues))

    def send(self) -> None:
        body = json.dumps({"n": self.chance.random(), "pad": "y" * self.chance.randrange(300)})
        delay = self.chance.choice((0, 0, 900))
        self.cloud.request("sqs", "SendMessage", QueueUrl=self.url(), MessageBody=body, DelaySeconds=delay)

    def receive(self) -> None:
        request = {"QueueUrl": self.url(), "VisibilityTimeout": self.chance.choice((0, 300))}
        for message in self.cloud.request("sqs", "ReceiveMessage", **request).get("Messages", []):
            self.held.append((request["QueueUrl"], message["ReceiptHandle"]))

    def acknowledge(self) -> None:
        if self.held:
            url, handle = self.held.pop(self.chance.randrange(len(self.held)))
            self.attempt("sqs", "DeleteMessage", QueueUrl=url, ReceiptHandle=handle)

    def hide(self) -> None:
        if self.held:
            url, handle = self.chance.choice(self.held)
            change = {"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 600}
            self.attempt("sqs", "ChangeMessageVisibility", **change)

    def attempt(self, service: str, action: str, **data: Any) -> None:
        """A call that may be refused: a condition, a message received again since, or visible, or dead."""
        try:
            self.cloud.request(service, action, **data)
        except EngineRefused as refusal:
            if refusal.code not in REFUSALS:
                raise

    def tune(self) -> None:
        attributes = {"MessageRetentionPeriod": str(self.chance.randrange(60, 3600) + 86_400)}
        self.cloud.request("sqs", "SetQueueAttributes", QueueUrl=self.url(), Attributes=attributes)

    def empty_brief_queue(self) -> None:
        """Purge, then delete: once, since a queue that is gone takes no more calls."""
        self.cloud.request("sqs", "PurgeQueue", QueueUrl=self.cloud.queue_url(BRIEF))
        self.cloud.request("sqs", "DeleteQueue", QueueUrl=self.cloud.queue_url(BRIEF))
        self.queues.remove(BRIEF)
        self.held = [(url, handle) for url, handle in self.held if not url.endswith(BRIEF)]


def state() -> dict[str, Any]:
    """All that the engine of this process holds, as plain data: tables, and queues with their messages."""
    tables = {
        table["TableName"]: {pk: dict(rows) for pk, rows in table["items"].items() if rows}
        for table in dynamodb._tables.all_values()
    }
    queues = {
        queue["name"]: {
            "attributes": {k: v for k, v in queue["attributes"].items() if not k.endswith("Timestamp")},
            "tags": dict(queue["tags"]),
            "messages": [dict(message) for message in queue["messages"]],
        }
        for _, queue in sqs._queues.items()
    }
    return json.loads(json.dumps({"tables": tables, "queues": queues}, sort_keys=True))


def recovered(directory: Path, **options: Any) -> dict[str, Any]:
    """What a service that starts on the directory holds. Raises CannotStart."""
    with cloud_on(directory, **options):
        return state()


def killed_copy(directory: Path, copy: Path) -> Path:
    """The files as a process that is killed now would leave them."""
    shutil.copytree(directory, copy)
    (copy / "ains.lock").unlink()
    return copy


def checkpoint(directory: Path) -> None:
    """Move the log into the database, as SQLite does every thousand pages."""
    with closing(sqlite3.connect(directory / DATABASE)) as db:
        busy, *_ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert not busy


def put(cloud: LocalCloud, *task_ids: str) -> None:
    for task_id in task_ids:
        cloud.request("dynamodb", "PutItem", TableName=TASKS, Item={"task_id": {"S": task_id}})


def tasks(directory: Path, **options: Any) -> set[str]:
    """The ids that a service that starts on the directory holds. Raises CannotStart."""
    return set(recovered(directory, **options)["tables"][TASKS])
