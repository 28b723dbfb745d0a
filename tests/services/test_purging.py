"""What a task named goes when its row does, and not before whoever else names it."""

from typing import Any

from chalicelib import consumers
from chalicelib.domain.task import Status
from chalicelib.services.retrying import Edited
from chalicelib.store.task_rows import to_record

from .doing import complete, fail, poll, registered, row, scheduled, start, submitted
from .redoing import failed, retry
from .worlds import Watched

LARGE = {"text": "x" * 300}
OTHER = {"text": "y" * 300}


def expired(w: Watched, *task_ids: str) -> None:
    """DynamoDB deletes the rows, and the stream tells of it."""
    records = [
        {
            "eventSourceARN": "arn:the-stream",
            "dynamodb": {"SequenceNumber": str(n), "OldImage": _image(w, task_id)},
        }
        for n, task_id in enumerate(task_ids)
    ]
    gone = {task_id: w.tasks.rows.pop(task_id) for task_id in task_ids}
    for _ in range(2):  # as often as the batch comes
        consumers.count({"Records": records, "shardId": "one"}, w.use_cases)
    w.tasks.rows |= gone  # no month has passed, which the check of invariants would miss


def _image(w: Watched, task_id: str) -> dict[str, Any]:
    image: dict[str, Any] = to_record(row(w, task_id), cid="c").to_dynamodb_dict()
    return image


def kinds(w: Watched, owner: str) -> list[str]:
    """What documents of an owner there are, without the hash that ends their kinds."""
    return sorted(kind.partition("#")[0] for its, kind in w.payloads.texts if its == owner)


def fails_for_good(w: Watched, *, attempts: int) -> str:
    task_id = submitted(w, input_data=LARGE, max_retries=attempts - 1)
    for _ in range(attempts):
        w.clock.advance(seconds=600)
        w.use_cases.ticking.tick()
        w.drain()
        assert poll(w) == [task_id]
        start(w, task_id)
        fail(w, task_id, error="boom")
    assert row(w, task_id).status is Status.FAILED
    return task_id


def test_input_and_attempts_go_with_the_row(w: Watched) -> None:
    registered(w, heartbeat_ms=600_000)
    gone, stays = (fails_for_good(w, attempts=3) for _ in range(2))
    assert kinds(w, gone) == kinds(w, stays) == ["attempt", "attempt", "input"]
    expired(w, gone)
    assert kinds(w, gone) == []
    assert len(kinds(w, stays)) == 3


def test_a_small_task_that_ran_once_costs_nothing_to_forget(w: Watched) -> None:
    registered(w)
    task_id = submitted(w, input_data={"n": 1})
    w.drain()
    start(w, task_id)
    complete(w, task_id)
    asked: list[object] = []
    w.payloads.delete_many = asked.append  # type: ignore[method-assign]
    expired(w, task_id)
    assert asked == []


def test_an_input_goes_with_the_last_of_those_tried_again_with_it(w: Watched) -> None:
    first = failed(w, input_data=LARGE)
    second = retry(w, first).task_id
    expired(w, first)
    assert kinds(w, first) == ["input"]
    expired(w, second)
    assert kinds(w, first) == []


def test_an_input_that_was_edited_goes_with_the_task_it_was_of(w: Watched) -> None:
    first = failed(w, input_data=LARGE)
    second = retry(w, first, edited=Edited(OTHER)).task_id
    expired(w, first)
    assert kinds(w, first) == []
    assert kinds(w, second) == ["input"]


def test_an_input_goes_when_the_one_tried_again_with_it_went_before(w: Watched) -> None:
    first = failed(w, input_data=LARGE)
    expired(w, retry(w, first).task_id, first)
    assert kinds(w, first) == []


def test_the_input_of_a_schedule_stays_with_it(w: Watched) -> None:
    schedule = scheduled(w, input_data=LARGE)
    w.clock.advance(seconds=60)
    w.use_cases.ticking.tick()
    w.drain()
    (run,) = w.tasks.rows
    assert row(w, run).document.owner == schedule.schedule_id
    expired(w, run)
    assert kinds(w, schedule.schedule_id) == ["input"]
