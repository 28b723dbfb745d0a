"""Limits that several processes move on at once: each remembers where a row stood, and may be wrong."""

from itertools import cycle

import pytest

from chalicelib.domain.errors import LostRace
from chalicelib.store.limits import MOST_REMEMBERED, DynamoLimits
from chalicelib.store.tables import LimitRecord
from infra.local.calls import Answer
from tests.contract.implementations import Stores
from tests.contract.values import NOW
from tests.contract.wire import Send


def another(stores: Stores) -> DynamoLimits:
    """The same table in a process that remembers nothing."""
    assert isinstance(stores.limits, DynamoLimits)
    return DynamoLimits(stores.limits._writes)


def test_two_processes_share_the_time_without_a_gap(stores: Stores) -> None:
    here, there = stores.limits, another(stores)
    begins = [which.reserve("a", 10, since=NOW) for which in (here, there, there, here, here, there)]
    assert begins == [NOW + 10 * n for n in range(6)]


def test_a_memory_that_time_has_passed_by_costs_one_call_and_misleads_nobody(stores: Stores) -> None:
    stores.limits.reserve("a", 10_000, since=NOW)
    another(stores).reserve("a", 10, since=NOW + 20_000)
    assert stores.limits.reserve("a", 10, since=NOW + 5_000) == NOW + 20_010
    stores.wire.seen.clear()
    assert stores.limits.reserve("a", 10, since=NOW + 5_000) == NOW + 20_020
    assert stores.wire.seen == ["UpdateItem"]


def test_one_that_is_overtaken_each_time_says_so(stores: Stores) -> None:
    stands = cycle([NOW + 5, NOW - 5])  # each time on the other side of `since` than it was seen last

    def overtake(action: str, _body: object, send: Send) -> Answer:
        if action == "UpdateItem":
            LimitRecord("a", at=next(stands), ttl=1).save()
        return send()

    with stores.wire.rule(overtake), pytest.raises(LostRace, match="limit a is changing too fast"):
        stores.limits.reserve("a", 10, since=NOW)


def test_what_is_remembered_is_bounded(stores: Stores) -> None:
    limits = another(stores)
    limits._ends = {f"id-{n}": NOW for n in range(MOST_REMEMBERED)}
    limits.reserve("a", 10, since=NOW)
    assert limits._ends == {"a": NOW + 10}


def test_a_row_is_gone_a_day_after_its_last_piece(stores: Stores) -> None:
    stores.limits.reserve("a", 10_000, since=NOW)
    assert int(LimitRecord.get("a").ttl) == (NOW + 10_000) // 1000 + 24 * 3600
