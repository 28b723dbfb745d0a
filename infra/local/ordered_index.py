"""Keeps large partitions of the engine's indexes in order, so that a page of a query costs a page.

The engine sorts and filters the whole partition at every query: with 100,000 tasks in one line that takes a
second, under the lock that everybody waits for. Here it is handed the rows of the page alone, which it then
sorts, filters and cuts as always; so a query that is not understood here costs more and answers the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from typing import Any

from infra.local.pinned import dynamodb

LARGE = 200  # rows in a partition; below, the engine's own way is as fast
ORDERS = "_ains_orders"  # kept on the engine's table, beside its own members and as short-lived
CONDITION = re.compile(r"\(?\s*#?\w+\s*=\s*:\w+(?:\s+AND\s+#?\w+\s*(<=|<|>=|>)\s*(:\w+))?\s*\)?")
Keys = Collection[tuple[str, str]]
Place = tuple[tuple[Any, ...], str, str]  # the engine's order of a row, then its key


class OrderedIndexes:
    """`install` and `uninstall` it around the engine. Runs under the engine's lock."""

    def __init__(self) -> None:
        self._asked: Mapping[str, Any] | None = None
        self._originals: dict[str, Any] = {}

    def install(self) -> None:
        ours = {
            "_query": self._query,
            "_index_members": self._index_members,
            "_index_item": self._index_item,
            "_items_replaced": self._items_replaced,
        }
        for name, replacement in ours.items():
            self._originals[name] = getattr(dynamodb, name)
            setattr(dynamodb, name, replacement)

    def uninstall(self) -> None:
        for name, original in self._originals.items():
            setattr(dynamodb, name, original)
        self._originals.clear()

    def _query(self, data: Mapping[str, Any]) -> Any:
        self._asked = data
        try:
            return self._originals["_query"](data)
        finally:
            self._asked = None

    def _index_members(self, table: Any) -> Any:
        members = self._originals["_index_members"](table)
        if self._asked is None:
            return members
        return {name: _Partitions(table, name, found, self._asked) for name, found in members.items()}

    def _index_item(self, table: Any, pk: str, sk: str, item: Any, add: bool) -> None:
        self._originals["_index_item"](table, pk, sk, item, add=add)
        for orders in table.get(ORDERS, {}).values():
            orders.change(pk, sk, item, add=add)

    def _items_replaced(self, table: Any) -> None:
        table.pop(ORDERS, None)
        self._originals["_items_replaced"](table)


class _Partitions:
    """Stands where the engine looks an index's partition up: a large one shrinks to the page asked for."""

    def __init__(
        self, table: Any, index: str, partitions: Mapping[Any, Keys], asked: Mapping[str, Any]
    ) -> None:
        self._table, self._index, self._partitions, self._asked = table, index, partitions, asked

    def get(self, partition: Any, default: Keys = ()) -> Keys:
        keys = self._partitions.get(partition, default)
        if len(keys) < LARGE or not self._asked.get("Limit") or self._asked.get("KeyConditions"):
            return keys
        condition = CONDITION.fullmatch(self._asked.get("KeyConditionExpression", "").strip())
        orders = self._orders()
        if condition is None or len(orders.ranges) != 1:
            return keys
        return orders.page(partition, keys, self._asked, *condition.groups())

    def _orders(self) -> _Orders:
        by_index = self._table.setdefault(ORDERS, {})
        if self._index not in by_index:
            by_index[self._index] = _Orders(self._table, self._index)
        orders: _Orders = by_index[self._index]
        return orders


class _Orders:
    """The large partitions of one index that were asked for, each a sorted list."""

    def __init__(self, table: Any, index: str) -> None:
        self._table = table
        schemas = {name: (hashes, ranges) for name, hashes, ranges in dynamodb._index_key_schemas(table)}
        self._hashes, self.ranges = schemas[index]
        self._sort = dynamodb._index_order_keys(table, self.ranges)
        self._places: dict[Any, list[Place]] = {}

    def _order(self, item: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(dynamodb._index_order_value(item, name, kind) for name, kind in self._sort)

    def change(self, pk: str, sk: str, item: Mapping[str, Any], *, add: bool) -> None:
        """A row entered its partition, or left it."""
        partition = dynamodb._index_partition(item, self._hashes, self.ranges)
        places = self._places.get(partition)
        if places is None:
            return
        place = (self._order(item), pk, sk)
        at = bisect_left(places, place)
        if add:
            places.insert(at, place)
        elif at < len(places) and places[at] == place:
            del places[at]
        else:
            del self._places[partition]  # changed behind our back: sorted anew when asked for

    def page(
        self, partition: Any, keys: Keys, asked: Mapping[str, Any], operator: str | None, value: str | None
    ) -> list[tuple[str, str]]:
        """At least the rows that a query's page holds: `Limit` of them and one, from where it begins."""
        places = self._places.get(partition)
        if places is None:
            items = self._table["items"]
            places = sorted((self._order(items[pk][sk]), pk, sk) for pk, sk in keys)
            self._places[partition] = places
        low, high = self._bounds(places, asked, operator, value)
        wanted = int(asked["Limit"]) + 1
        if asked.get("ScanIndexForward", True):
            found = places[low : min(high, low + wanted)]
        else:
            found = places[max(low, high - wanted) : high]
        return [(pk, sk) for _, pk, sk in found]

    def _bounds(
        self, places: list[Place], asked: Mapping[str, Any], operator: str | None, value: str | None
    ) -> tuple[int, int]:
        low, high = 0, len(places)
        if operator is not None:
            bound = self._order({self.ranges[0]: asked["ExpressionAttributeValues"][value]})[0]
            cut = bisect_left if operator in ("<", ">=") else bisect_right
            at = cut(places, bound, key=lambda place: place[0][0])
            low, high = (0, at) if operator in ("<", "<=") else (at, len(places))
        if cursor := asked.get("ExclusiveStartKey"):
            passed = self._order(cursor)
            if asked.get("ScanIndexForward", True):
                low = max(low, bisect_right(places, passed, key=lambda place: place[0]))
            else:
                high = min(high, bisect_left(places, passed, key=lambda place: place[0]))
        return low, high
