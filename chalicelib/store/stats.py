"""What stands behind /metrics: counters that only grow, how far each shard was counted, the gauges."""

import json
from collections.abc import Mapping
from typing import Any

from pynamodb.connection import Connection
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.gauges import Gauges

from .adapters import adapter
from .tables import StatsRecord
from .writes import Refused, Writes

_COUNTERS, _GAUGES = "counters", "gauges"
_DIGITS = 40  # of a stream's sequence numbers, at most; DynamoDB's own numbers have only 38
_KEPT_S = 7 * 24 * 3600  # a stream forgets its shards after one day


class DynamoStats:
    """services.ports.StatsStore over the stats table."""

    def __init__(self, writes: Writes) -> None:
        self._writes = writes

    def add(self, counts: Mapping[str, int], *, shard: str, first: int, last: int, now: int) -> int | None:
        shards, cid = StatsRecord(f"shard#{shard}"), self._writes.new_call_id()
        seen = StatsRecord.counted_up_to
        mark: list[Action] = [
            seen.set(_padded(last)),
            StatsRecord.cid.set(cid),
            StatsRecord.ttl.set(now // 1000 + _KEPT_S),
        ]
        grown: list[Action] = [Path(name).add(number) for name, number in counts.items()]

        def fill(transaction: TransactWrite) -> None:
            unseen = seen.does_not_exist() | (seen < _padded(first))
            transaction.update(shards, actions=mark, condition=unseen, return_values="ALL_OLD")
            transaction.update(StatsRecord(_COUNTERS), actions=grown)

        try:
            self._writes.together(fill, cid=cid)
        except Refused as refused:
            return int((refused.item or {})["counted_up_to"]["S"])  # the condition holds where there is none
        return None

    def counters(self) -> dict[str, int]:
        item = _row(self._writes.connection, _COUNTERS)
        return {name: int(value["N"]) for name, value in item.items() if "N" in value}

    def keep(self, gauges: Gauges) -> None:
        text = json.dumps(adapter(Gauges).dump_python(gauges, mode="json"), separators=(",", ":"))
        StatsRecord(_GAUGES, doc=text).save()

    def gauges(self) -> Gauges | None:
        item = _row(self._writes.connection, _GAUGES)
        return adapter(Gauges).validate_json(item["doc"]["S"]) if item else None


def _row(connection: Connection, name: str) -> Mapping[str, Any]:
    """Eventually consistent: half the price, and a scrape comes again."""
    answer = connection.get_item(StatsRecord.Meta.table_name, name, consistent_read=False)
    item: Mapping[str, Any] = answer.get("Item", {})
    return item


def _padded(number: int) -> str:
    return f"{number:0{_DIGITS}d}"
