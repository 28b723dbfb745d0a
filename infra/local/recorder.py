"""Sees what an API call changes inside the engine, as statements for the journal.

Items: every write of the engine goes through _set_item and _remove_item; both are wrapped. Records of a
stream are kept as items of a table of their own until they are forgotten. Messages: the
four functions that move or hide them are wrapped, the rest follows from the call itself (`note_call`).
Not recorded: FIFO deduplication, transaction tokens, metrics, tables (those come from the template).
"""

from __future__ import annotations

import json
import time
from typing import Any

from infra.local import statements as sql
from infra.local.pinned import dynamodb, sqs

VOLATILE = ("receipt_handle", "visible_at", "receive_count", "first_receive_at")
STREAM = "stream:"  # and the table's name: where records stand in the journal
COUNTERS = "ApproximateNumberOfMessages"


class Recorder:
    """Collects between two `take` calls. Runs under the engine's lock."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str, str], Any] = {}
        self._statements: list[sql.Statement] = []
        self._undo: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        self._wrap(dynamodb, "_set_item", self._set_item)
        self._wrap(dynamodb, "_remove_item", self._remove_item)
        self._wrap(dynamodb, "_build_change_record", self._streamed)
        self._wrap(sqs, "_collect_msgs", self._collect)
        self._wrap(sqs, "_dlq_sweep", self._sweep)
        self._wrap(sqs, "_expire_retained", self._sweep)

    def uninstall(self) -> None:
        for module, name, original in reversed(self._undo):
            setattr(module, name, original)
        self._undo.clear()

    def _wrap(self, module: Any, name: str, around: Any) -> None:
        original = getattr(module, name)
        self._undo.append((module, name, original))
        setattr(module, name, lambda *args: around(original, *args))

    def take(self) -> list[sql.Statement]:
        """The statements since the last call, and forget them."""
        statements, self._statements = self._statements, []
        for (table, pk, sk), item in self._items.items():
            if item is None:
                statements.append((sql.DROP_ITEM, (table, pk, sk)))
            else:
                statements.append((sql.PUT_ITEM, (table, pk, sk, json.dumps(item))))
        self._items.clear()
        return statements

    def _set_item(self, original: Any, table: Any, pk: Any, sk: Any, item: Any) -> Any:
        self._items[table["TableName"], str(pk), str(sk)] = item
        return original(table, pk, sk, item)

    def _remove_item(self, original: Any, table: Any, pk: Any, sk: Any) -> Any:
        self._items[table["TableName"], str(pk), str(sk)] = None
        return original(table, pk, sk)

    def _streamed(self, original: Any, table: Any, *change: Any) -> Any:
        record = original(table, *change)
        key = (STREAM + table["TableName"], record["dynamodb"]["SequenceNumber"], "")
        self._items[key] = record
        return record

    def note_forgotten(self, table: str, records: list[dict[str, Any]]) -> None:
        """Records of a table's stream that are done with."""
        for record in records:
            self._items[STREAM + table, record["dynamodb"]["SequenceNumber"], ""] = None

    def _collect(self, original: Any, queue: Any, count: int, visibility: int) -> Any:
        messages = original(queue, count, visibility)
        for m in messages:
            state = tuple(m[key] for key in VOLATILE)
            self._statements.append((sql.TOUCH_MESSAGE, (*state, queue["name"], m["id"])))
        return messages

    def _sweep(self, original: Any, queue: Any) -> None:
        """Dead-lettering and retention replace the list of messages; what left it is what moved."""
        before = queue["messages"]
        original(queue)
        after = queue["messages"]
        if len(after) == len(before):
            return
        kept = {m["id"] for m in after}
        gone = {m["id"] for m in before if m["id"] not in kept}
        self._statements += [(sql.DROP_MESSAGE, (queue["name"], gone_id)) for gone_id in gone]
        dead = self._dead_letters_of(queue)
        for m in dead["messages"][len(dead["messages"]) - len(gone) :] if dead else ():
            if m["id"] in gone:
                self._add(dead, m)

    @staticmethod
    def _dead_letters_of(queue: Any) -> Any:
        policy = queue["attributes"].get("RedrivePolicy")
        return sqs._queue_by_arn(json.loads(policy)["deadLetterTargetArn"]) if policy else None

    def _add(self, queue: Any, m: Any) -> None:
        fixed = {key: value for key, value in m.items() if key not in VOLATILE}
        row = (queue["name"], m["id"], *(m[key] for key in VOLATILE), json.dumps(fixed))
        self._statements.append((sql.ADD_MESSAGE, row))

    def note_call(self, action: str, data: dict[str, Any], result: dict[str, Any], queue: Any) -> None:
        """Record a call of SQS that succeeded; `queue` is the engine's queue, None once it is deleted."""
        name = data["QueueUrl"].rsplit("/", 1)[-1] if queue is None else queue["name"]
        entries = data.get("Entries", [data])
        match action.removesuffix("Batch"):
            case "SendMessage":
                self._sent(queue, {r["MessageId"] for r in result.get("Successful", [result])})
            case "DeleteMessage":
                self._statements += [(sql.DROP_RECEIPT, (name, e.get("ReceiptHandle"))) for e in entries]
            case "ChangeMessageVisibility":
                self._statements += [
                    (sql.HIDE_MESSAGE, (_until(e), name, e.get("ReceiptHandle"))) for e in entries
                ]
            case "PurgeQueue":
                self._statements.append((sql.PURGE_QUEUE, (name,)))
            case "DeleteQueue":
                self._statements += [(sql.DROP_QUEUE, (name,)), (sql.PURGE_QUEUE, (name,))]
            case _:  # whatever else changes a queue changes its attributes or tags
                kept = {k: v for k, v in queue["attributes"].items() if not k.startswith(COUNTERS)}
                self._statements.append((sql.PUT_QUEUE, (name, json.dumps(kept), json.dumps(queue["tags"]))))

    def _sent(self, queue: Any, ids: set[str]) -> None:
        """New messages stand at the end; one that a FIFO queue had already is not among them."""
        for m in queue["messages"][len(queue["messages"]) - len(ids) :]:
            if m["id"] in ids:
                self._add(queue, m)


def _until(entry: dict[str, Any]) -> float:
    return time.time() + int(entry.get("VisibilityTimeout", 30))
