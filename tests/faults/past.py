"""An index that lags: the answer to a query or scan of an index from rows as they were."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.calls import Answer, Call

Item = dict[str, Any]
COMPARED = {"=": lambda a, b: a == b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b}
TERM = re.compile(r"\(?\s*([#\w]+)\s*(<=|>=|=)\s*(:\w+)\s*\)?")


@dataclass(frozen=True)
class Past:
    """Rows by table as they once were, and each index's key names: {"<table>/<index>": (hash, range)}."""

    rows: Mapping[str, list[Item]]
    index_keys: Mapping[str, tuple[str, str]]
    table_keys: Mapping[str, list[str]]

    def answer(self, call: Call) -> Answer | None:
        """What the index said then; None for a call that reads no index."""
        asked = json.loads(call.body or b"{}")
        if call.action not in ("Query", "Scan") or "IndexName" not in asked:
            return None
        table = asked["TableName"]
        hash_name, range_name = self.index_keys[f"{table}/{asked['IndexName']}"]
        found = [
            row for row in self.rows[table] if hash_name in row and range_name in row and _matches(row, asked)
        ]
        found.sort(key=lambda row: _value(row[range_name]), reverse=not asked.get("ScanIndexForward", True))
        names = dict.fromkeys((hash_name, range_name, *self.table_keys[table]))
        items = [{name: row[name] for name in names} for row in found[: asked.get("Limit", 1_000)]]
        body = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        return Answer(200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body).encode())


def _matches(row: Item, asked: Item) -> bool:
    condition = asked.get("KeyConditionExpression", "")
    names = asked.get("ExpressionAttributeNames", {})
    terms = TERM.findall(condition)
    assert len(terms) == (condition.count(" AND ") + 1 if condition else 0), condition
    return all(
        COMPARED[sign](_value(row[names.get(name, name)]), _value(asked["ExpressionAttributeValues"][value]))
        for name, sign, value in terms
    )


def _value(attribute: Item) -> Any:
    ((kind, value),) = attribute.items()
    return float(value) if kind == "N" else value
