"""What an operation costs on AWS: its calls and its write units, counted on the local cloud.

Write units follow AWS's rules from the rows before and after each write (developer guide, "Read and write
capacity units" and "Global secondary indexes"): a started KB of the larger of the two rows is one unit,
doubled in a transaction; an index entry that appears or goes costs one, one that moves to another key two, an
unchanged one nothing; a refused condition costs what a write of that row would. The engine reports
ConsumedCapacity too, by the same rules, but not for refused writes; a test holds the two together.

    with counted(cloud) as cost:
        use_cases.submission.submit(order, tenant="local")
    cost.calls, cost.write_units, cost.of("TransactWriteItems"), cost.sends
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from infra.local.calls import Answer, Call
from infra.local.engine import Around, LocalCloud

Item = dict[str, Any]
WRITES = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}
SENDS = {"SendMessage", "SendMessageBatch"}


@dataclass
class Cost:
    """What was called and written, of every service; botocore's own retries count."""

    actions: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)  # by table, and "<table>/<index>"
    writes: Counter[tuple[str, str]] = field(default_factory=Counter)  # by table and key: how hot a row is

    @property
    def calls(self) -> int:
        return self.actions.total()

    @property
    def write_units(self) -> int:
        return self.units.total()

    @property
    def sends(self) -> int:
        return sum(self.actions[action] for action in SENDS)

    def of(self, action: str) -> int:
        """How many calls of one action."""
        return self.actions[action]


@contextmanager
def counted(cloud: LocalCloud) -> Iterator[Cost]:
    """Count everything this process asks of the cloud in the block. One thread at a time."""
    cost = Cost()
    outer = cloud.around
    cloud.around = _Counting(cloud, cost, outer)
    try:
        yield cost
    finally:
        cloud.around = outer


class _Counting:
    def __init__(self, cloud: LocalCloud, cost: Cost, outer: Around | None) -> None:
        self._cloud = cloud
        self._cost = cost
        self._outer = outer
        self._looking = False

    def __call__(self, call: Call, run: Any) -> Answer:
        if self._looking:
            answer: Answer = run()
            return answer
        self._cost.actions[call.action] += 1
        written = _written(call, self._key_names)
        before = [self._row(table, key) for table, key in written]
        answer = run() if self._outer is None else self._outer(call, run)
        after = [self._row(table, key) for table, key in written]
        doubled = 2 if call.action == "TransactWriteItems" else 1
        for (table, key), old, new in zip(written, before, after, strict=True):
            self._cost.writes[table, json.dumps(key, sort_keys=True)] += 1
            self._cost.units[table] += doubled * kilobytes(max(item_bytes(old), item_bytes(new)))
            for index, units in self._index_units(table, old, new):
                self._cost.units[f"{table}/{index}"] += units
        return answer

    def _key_names(self, table: str) -> list[str]:
        return next(
            [key["AttributeName"] for key in made["KeySchema"]]
            for made in self._cloud.plan.tables.values()
            if made["TableName"] == table
        )

    def _row(self, table: str, key: Item) -> Item:
        self._looking = True
        try:
            found = self._cloud.request("dynamodb", "GetItem", TableName=table, Key=key, ConsistentRead=True)
        finally:
            self._looking = False
        item: Item = found.get("Item", {})
        return item

    def _index_units(self, table: str, old: Item, new: Item) -> Iterator[tuple[str, int]]:
        made = next(t for t in self._cloud.plan.tables.values() if t["TableName"] == table)
        for index in made.get("GlobalSecondaryIndexes", ()):
            names = [key["AttributeName"] for key in index["KeySchema"]]
            assert index["Projection"]["ProjectionType"] == "KEYS_ONLY", (
                "other projections cost more than counted"
            )
            left, entered = (tuple(str(row.get(name)) for name in names) for row in (old, new))
            is_there = [all(name in row for name in names) for row in (old, new)]
            if left != entered and any(is_there):
                yield index["IndexName"], sum(is_there)


def _written(call: Call, key_names: Any) -> list[tuple[str, Item]]:
    """Table and key of every row that a call writes, or would if its conditions hold."""
    body = json.loads(call.body or b"{}")
    if call.action in WRITES:
        requests = [(body, WRITES[call.action])]
    elif call.action == "TransactWriteItems":
        requests = [
            (request, "Item" if kind == "Put" else "Key")
            for item in body["TransactItems"]
            for kind, request in item.items()
        ]
    elif call.action == "BatchWriteItem":
        requests = [
            (request | {"TableName": table}, "Item" if kind == "PutRequest" else "Key")
            for table, items in body["RequestItems"].items()
            for item in items
            for kind, request in item.items()
        ]
    else:
        return []
    return [
        (request["TableName"], {name: request[where][name] for name in key_names(request["TableName"])})
        for request, where in requests
    ]


def kilobytes(size: int) -> int:
    """Started KB, at least one."""
    return max(1, -(-size // 1024))


def item_bytes(item: Item) -> int:
    """The size DynamoDB bills: names and values in UTF-8, numbers about half a byte a digit."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Item) -> int:
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "N":
            digits = re.sub(r"[eE].*", "", inner).lstrip("-0.").replace(".", "").rstrip("0")
            return 1 + -(-max(1, len(digits)) // 2) + inner.startswith("-")
        case "BOOL" | "NULL":
            return 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(v) for name, v in inner.items())
        case "L":
            return 3 + sum(1 + _value_bytes(v) for v in inner)
    raise AssertionError(f"no row of ours holds a {kind}")
