"""The counters behind /metrics are those of what was written, however the stream's batches come."""

import random
from collections.abc import Sequence

import pytest

from chalicelib.domain.counting import Countable
from chalicelib.domain.errors import LostRace
from chalicelib.services.ports import Change
from tests.contract.values import a_task

from .doing import complete, fail, registered, start, submitted
from .worlds import Watched

SHARD = "shard-1"


def history(w: Watched) -> list[Change]:
    """All that was written of tasks, as the stream tells it."""
    return [
        Change(number=number, before=before and Countable.of(before), after=Countable.of(after))
        for number, (_, before, after) in enumerate(w.tasks.history, 1)
    ]


def lived(w: Watched) -> list[Change]:
    registered(w, heartbeat_ms=600_000, slots=3)
    for end in (complete, fail, complete):
        task_id = submitted(w, max_retries=0)
        w.drain()
        start(w, task_id)
        end(w, task_id)
    return history(w)


def test_what_the_stream_counts_is_what_was_counted_where_it_happened(w: Watched) -> None:
    w.use_cases.counting.count(SHARD, lived(w))
    counters = w.stats.counters()
    assert counters == {
        "tasks_created_total": 3,
        "tasks_assigned_total": 3,
        "tasks_completed_total": 2,
        "tasks_failed_total": 1,
    }
    assert counters == {name: w.metrics.total(name) for name in counters}


@pytest.mark.parametrize("seed", range(20))
def test_batches_that_come_again_however_they_are_cut_count_once(w: Watched, seed: int) -> None:
    changes, chance, done = lived(w), random.Random(seed), 0
    while done < len(changes):
        begin = chance.randint(max(0, done - 4), done)
        end = chance.randint(begin + 1, len(changes))
        w.use_cases.counting.count(SHARD, changes[begin:end])
        done = max(done, end)
    w.use_cases.counting.count(SHARD, changes)
    assert w.stats.counters()["tasks_created_total"] == 3
    assert w.stats.counters()["tasks_completed_total"] == 2


def test_a_batch_of_no_interest_is_not_written(w: Watched) -> None:
    task = Countable.of(a_task())
    assert w.use_cases.counting.count(SHARD, [Change(number=1, before=task, after=task)]) == 1
    assert w.use_cases.counting.count(SHARD, []) == 0
    assert w.stats.counted_up_to == {}


def test_it_says_how_many_of_a_batch_were_new(w: Watched) -> None:
    changes = lived(w)
    assert w.use_cases.counting.count(SHARD, changes[:4]) == 4
    assert w.use_cases.counting.count(SHARD, changes) == len(changes) - 4
    assert w.use_cases.counting.count(SHARD, changes) == 0


def test_a_batch_whose_shard_others_count_all_the_time_has_to_come_again(w: Watched) -> None:
    numbers = iter(range(1, 100))
    w.stats.add = lambda *_args, **_how: next(numbers)  # type: ignore[method-assign]
    made: Sequence[Change] = [
        Change(number=n, before=None, after=Countable.of(a_task())) for n in range(1, 50)
    ]
    with pytest.raises(LostRace, match="shard-1 is counted by others"):
        w.use_cases.counting.count(SHARD, made)
