"""What stands behind /metrics: counters that count each batch once, and the gauges."""

from chalicelib.domain import gauges
from tests.contract.implementations import Stores
from tests.contract.values import NOW, a_task, an_agent

LONG = 10**39  # as long as a stream's numbers may be, longer than DynamoDB's own


def added(stores: Stores, first: int, last: int, *, shard: str = "one", **counts: int) -> int | None:
    return stores.stats.add(counts, shard=shard, first=first, last=last, now=NOW)


def test_counts_add_up_by_name(stores: Stores) -> None:
    assert stores.stats.counters() == {}
    assert added(stores, 1, 5, tasks_created_total=3) is None
    assert added(stores, 6, 6, tasks_created_total=1, tasks_failed_total=2) is None
    assert stores.stats.counters() == {"tasks_created_total": 4, "tasks_failed_total": 2}


def test_a_batch_that_comes_again_is_told_how_far_its_shard_was_counted(stores: Stores) -> None:
    added(stores, LONG, LONG + 5, tasks_created_total=3)
    for first, last in ((LONG, LONG + 5), (LONG + 5, LONG + 9), (1, 9)):
        assert added(stores, first, last, tasks_created_total=3) == LONG + 5
    assert stores.stats.counters() == {"tasks_created_total": 3}


def test_each_shard_has_numbers_of_its_own(stores: Stores) -> None:
    added(stores, 5, 9, shard="one", tasks_created_total=1)
    assert added(stores, 1, 3, shard="two", tasks_created_total=1) is None
    assert added(stores, 9, 9, shard="one", tasks_created_total=1) == 9
    assert stores.stats.counters() == {"tasks_created_total": 2}


def test_the_last_gauges_are_kept_whole(stores: Stores) -> None:
    assert stores.stats.gauges() is None
    stores.stats.keep(gauges.taken([], [], now=NOW))
    newest = gauges.taken([a_task()], [an_agent(f"agent-{n}") for n in range(12)], now=NOW + 60_000)
    stores.stats.keep(newest)
    assert stores.stats.gauges() == newest
    assert stores.stats.counters() == {}
