"""Makes the template's tables and queues in the engine, and puts back what the journal kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.journal import Journal
from infra.local.pinned import ACCOUNT, REGION, cloudwatch, dynamodb, sqs
from infra.local.problems import EngineRefused
from infra.local.recorder import STREAM
from infra.local.template import Template

TEMPLATE = Path(__file__).resolve().parents[1] / "resources.yaml"
TABLE_PROPERTIES = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
)
QUEUE_ATTRIBUTES = (
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "MaximumMessageSize",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
)
Request = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """What the template asks for: CreateTable's arguments by logical id, queue attributes by name, and
    the consumers' queues by the logical id of their function."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    ttl_by_table: dict[str, str] = field(default_factory=dict)
    queues: dict[str, dict[str, str]] = field(default_factory=dict)
    functions: dict[str, dict[str, Any]] = field(default_factory=dict)


def plan(file: Path, stage: str) -> Plan:
    """Read the template. Raises CannotStart."""
    template = Template(file, stage)
    tables, ttl, queues = {}, {}, {}
    for logical_id, properties in template.of_type("AWS::DynamoDB::Table").items():
        tables[logical_id] = {key: properties[key] for key in TABLE_PROPERTIES if key in properties}
        if stream := tables[logical_id].get("StreamSpecification"):
            stream["StreamEnabled"] = True  # CloudFormation does not say so, CreateTable wants it
        if expiry := properties.get("TimeToLiveSpecification", {}).get("AttributeName"):
            ttl[properties["TableName"]] = expiry
    for properties in template.of_type("AWS::SQS::Queue").values():
        attributes = {key: properties[key] for key in QUEUE_ATTRIBUTES if key in properties}
        queues[properties["QueueName"]] = {
            key: json.dumps(value) if isinstance(value, dict) else str(value)
            for key, value in attributes.items()
        }
    return Plan(tables, ttl, queues, _Functions(template))


class _Functions(dict[str, dict[str, Any]]):
    """Properties of a function by logical id, read when asked: most of the template is not for us."""

    def __init__(self, template: Template) -> None:
        super().__init__()
        self._template = template

    def __missing__(self, logical_id: str) -> dict[str, Any]:
        return self._template.properties(logical_id)


def make(wanted: Plan, request: Request) -> None:
    """Create what is missing; bring an existing queue's attributes to the template's."""
    for table in wanted.tables.values():
        try:
            request("dynamodb", "CreateTable", **{"BillingMode": "PAY_PER_REQUEST", **table})
        except EngineRefused as refusal:
            if refusal.code != "ResourceInUseException":
                raise
    for name, attribute in wanted.ttl_by_table.items():
        specification = {"AttributeName": attribute, "Enabled": True}
        request("dynamodb", "UpdateTimeToLive", TableName=name, TimeToLiveSpecification=specification)
    for name in wanted.queues:
        request("sqs", "CreateQueue", QueueName=name)
    for name, attributes in wanted.queues.items():  # afterwards: a redrive policy names another queue
        if attributes:
            request("sqs", "SetQueueAttributes", QueueUrl=sqs._queue_url(name), Attributes=attributes)


def recover_queues(journal: Journal) -> None:
    """Put back queues as they were, those made at run time too."""
    for name, attributes, tags in journal.queues():
        url = sqs._queue_url(name)
        sqs._queues[url] = {
            "name": name,
            "url": url,
            "is_fifo": name.endswith(".fifo"),
            "attributes": attributes,
            "messages": [],
            "tags": tags,
            "dedup_cache": {},
            "fifo_seq": 0,
        }
        sqs._queue_name_to_url[name] = url


def recover_rows(journal: Journal) -> None:
    """Put back items, streams and messages. Rows of a table that no template names stay in the file."""
    for name, item in journal.items():
        if name.startswith(STREAM):
            dynamodb._stream_records.setdefault(name.removeprefix(STREAM), []).append(item)
        elif (table := dynamodb._tables.get(name)) is not None:
            sort = table["sk_name"]
            partition_key = dynamodb._extract_key_val(item[table["pk_name"]])
            sort_key = dynamodb._extract_key_val(item[sort]) if sort else "__no_sort__"
            dynamodb._set_item(table, partition_key, sort_key, item)
    for name, message in journal.messages():
        if (url := sqs._queue_name_to_url.get(name)) is not None:
            sqs._queues[url]["messages"].append(message)


def counts(wanted: Plan) -> dict[str, int]:
    """{"tasks": ..., "agents": ..., "schedules": ...}, of those that the template has."""
    tables = {
        name: wanted.tables.get(f"{name.capitalize()}Table") for name in ("tasks", "agents", "schedules")
    }
    return {
        name: dynamodb._tables[table["TableName"]]["ItemCount"] for name, table in tables.items() if table
    }


def show_in_flight(name: str) -> None:
    """Make visible what was received from a queue and not deleted."""
    for message in sqs._queues[sqs._queue_name_to_url[name]]["messages"]:
        if message["receive_count"]:
            message["visible_at"] = min(message["visible_at"], time.time())


def empty(wanted: Plan) -> None:
    """No items, no messages, no queues but the template's."""
    for table in dynamodb._tables.all_values():
        table["items"].clear()
        dynamodb._items_replaced(table)
    dynamodb._txn_idempotency.clear()
    dynamodb._stream_records.clear()
    cloudwatch.reset()
    for url, queue in list(sqs._queues.items()):
        if queue["name"] in wanted.queues:
            queue["messages"] = []
        else:
            sqs._queues.pop(url)
            sqs._queue_name_to_url.pop(queue["name"], None)


def stream_records(table: str, *, limit: int) -> list[dict[str, Any]]:
    """The oldest records of a table's stream."""
    return list((dynamodb._stream_records.get(table) or [])[:limit])


def forget_stream_records(table: str, count: int) -> list[dict[str, Any]]:
    """Drop the oldest, and answer them: whoever reads a stream here is its only reader."""
    forgotten = stream_records(table, limit=count)
    del dynamodb._stream_records[table][:count]
    return forgotten


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
