"""The consumer: one use case per message, and a message that fails holds up no other."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import consumers
from chalicelib.domain.dead_message import MAX_RECEIVES
from chalicelib.domain.task import Status
from chalicelib.services.messages import UnknownMessage, decoded, encoded
from chalicelib.services.ports import Aggregate, Hint, HintKind

from .fakes import FakeDeadMessages
from .services import invariants
from .services.doing import registered, row, scheduled, start, submitted
from .services.worlds import Watched, watched


@pytest.fixture
def w() -> Iterator[Watched]:
    fresh = watched()
    yield fresh
    invariants.check(fresh)


def record(message_id: str, body: str, *, receives: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(receives)}
    return {"messageId": message_id, "body": body, "attributes": attributes}


def work(w: Watched, *records: dict[str, Any]) -> list[str]:
    """Message ids that failed."""
    answer = consumers.work({"Records": list(records)}, w.use_cases, w.log)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def of_queue(w: Watched) -> list[dict[str, Any]]:
    """What the queue holds, as records, in order."""
    hints, w.queue.sent = w.queue.sent, []
    return [record(str(n), encoded(hint)) for n, hint in enumerate(hints)]


def test_a_batch_of_good_messages_fails_nowhere(w: Watched) -> None:
    registered(w, slots=3)
    ids = [submitted(w) for _ in range(3)]
    assert work(w, *of_queue(w)) == []
    assert {row(w, task_id).status for task_id in ids} == {Status.ASSIGNED}
    assert w.log.lines == []


def test_an_empty_batch_is_fine(w: Watched) -> None:
    assert work(w) == []


def test_a_message_that_fails_is_named_logged_counted_and_holds_up_no_other(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    good = of_queue(w)[0]["body"]
    assert work(w, record("bad", "{"), record("good", good), record("worse", '{"v":1,"kind":"x"}')) == [
        "bad",
        "worse",
    ]
    assert row(w, task_id).status is Status.ASSIGNED
    assert [extra["message_id"] for _, extra in w.log.lines] == ["bad", "worse"]
    assert w.metrics.total("work_failures_total") == 2


def test_a_use_case_that_raises_fails_its_message_alone(w: Watched) -> None:
    one, other = submitted(w), submitted(w)
    messages = of_queue(w)

    def throttled() -> None:
        raise ConnectionError("no answer")

    registered(w, slots=2)
    w.tasks.meanwhile.first(throttled)
    assert work(w, *messages) == ["0"]
    assert (row(w, one).status, row(w, other).status) == (Status.PENDING, Status.ASSIGNED)
    assert work(w, messages[0]) == []
    assert row(w, one).status is Status.ASSIGNED


def test_a_message_that_failed_for_the_last_time_is_recorded_and_still_a_failure(w: Watched) -> None:
    for receives in range(1, MAX_RECEIVES):
        assert work(w, record("bad", '{"v":2}', receives=receives)) == ["bad"]
    assert (w.dead_messages.rows, w.metrics.total("work_dead_total")) == ({}, 0)
    for _ in range(2):
        assert work(w, record("bad", '{"v":2}', receives=MAX_RECEIVES)) == ["bad"]
    ((key, dead),) = w.dead_messages.rows.items()
    assert key == ("2027-01-15", "bad")
    assert (dead.body, dead.receives) == ('{"v":2}', MAX_RECEIVES)
    assert dead.reason == "UnknownMessage: message version 2 is not 1"
    assert w.metrics.total("work_dead_total") == 2


def test_a_known_message_that_died_is_recorded_with_what_its_use_case_raised(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    body = of_queue(w)[0]["body"]

    def throttled() -> None:
        raise ConnectionError("no answer")

    w.tasks.meanwhile.first(throttled)
    assert work(w, record("bad", body, receives=MAX_RECEIVES), record("good", body)) == ["bad"]
    (dead,) = w.dead_messages.rows.values()
    assert (dead.message_id, dead.reason) == ("bad", "ConnectionError: no answer")
    assert row(w, task_id).status is Status.ASSIGNED


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        (Hint(kind=HintKind.DISPATCH, row_id="t"), {"kind": "dispatch", "task_id": "t"}),
        (Hint(kind=HintKind.DUE, row_id="t", aggregate=Aggregate.TASK), {"kind": "due", "task_id": "t"}),
        (Hint(kind=HintKind.DUE, row_id="a", aggregate=Aggregate.AGENT), {"kind": "due", "row_id": "a"}),
        (Hint(kind=HintKind.FILL, row_id="a"), {"kind": "fill", "row_id": "a"}),
    ],
)
def test_the_log_names_what_a_message_that_failed_was_about(
    w: Watched, hint: Hint, told: dict[str, str]
) -> None:
    broken = replace(w.use_cases, dispatch=None, looking=None, agent_store=None)  # type: ignore[arg-type]
    consumers.work({"Records": [record("bad", encoded(hint))]}, broken, w.log)
    ((message, line),) = w.log.lines
    stack = line["stack"]
    assert isinstance(stack, list)
    assert message == "work message failed"
    assert {name: line[name] for name in ("message_id", *told)} == {"message_id": "bad", **told}
    assert stack[-1].endswith(" handle")


def test_a_message_that_succeeds_at_its_last_try_is_not_dead(w: Watched) -> None:
    submitted(w)
    assert work(w, record("late", of_queue(w)[0]["body"], receives=MAX_RECEIVES)) == []
    assert w.dead_messages.rows == {}


class Unreachable(FakeDeadMessages):
    """A table that takes nothing."""

    def record(self, message: object) -> None:
        raise ConnectionError("no route to the table")


def test_a_message_that_cannot_be_recorded_is_logged_a_failure_and_holds_up_no_other(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    good = of_queue(w)[0]["body"]
    lettering = replace(w.use_cases.dead_lettering, messages=Unreachable())
    w.use_cases = replace(w.use_cases, dead_lettering=lettering)
    nameless = {"messageId": "nameless", "body": "{"}
    assert work(w, record("bad", "{", receives=MAX_RECEIVES), nameless, record("good", good)) == [
        "bad",
        "nameless",
    ]
    assert row(w, task_id).status is Status.ASSIGNED
    said = [(line, extra["message_id"]) for line, extra in w.log.lines]
    assert said == [
        (line, message_id)
        for message_id in ("bad", "nameless")
        for line in ("work message failed", "dead work message not recorded")
    ]


def test_a_doubled_message_finds_nothing_to_do(w: Watched) -> None:
    registered(w, slots=2)
    task_id = submitted(w)
    (message,) = of_queue(w)
    assert work(w, message, message) == []
    assert (row(w, task_id).token, w.agents.rows["a"].in_flight) == (1, 1)


@pytest.mark.parametrize(
    "lacking",
    [
        Hint(kind=HintKind.DISPATCH, row_id="t"),
        Hint(kind=HintKind.DISPATCH, row_id="t", tenant="acme"),
        Hint(kind=HintKind.DUE, row_id="t"),
        Hint(kind=HintKind.SWEEP, row_id="0", aggregate=Aggregate.TASK),
        Hint(kind=HintKind.SWEEP, row_id="0", until=1),
    ],
)
def test_a_message_that_lacks_what_it_needs_is_refused(w: Watched, lacking: Hint) -> None:
    with pytest.raises(UnknownMessage, match=f"a {lacking.kind} message lacks what it needs"):
        consumers.handle(lacking, w.use_cases)


def test_each_kind_of_message_reaches_its_use_case(w: Watched) -> None:
    registered(w, slots=2, heartbeat_ms=600_000)
    waiting, due = submitted(w), submitted(w, not_before=w.clock() + 1_000)
    scheduled(w, max_runs=1)
    w.queue.sent.clear()
    consumers.handle(Hint(kind=HintKind.FILL, row_id="a"), w.use_cases)
    assert row(w, waiting).status is Status.ASSIGNED
    w.clock.advance(seconds=60)
    for aggregate, row_id in (
        (Aggregate.TASK, due),
        (Aggregate.SCHEDULE, "schedule-0003"),
        (Aggregate.AGENT, "a"),
    ):
        consumers.handle(Hint(kind=HintKind.DUE, row_id=row_id, aggregate=aggregate), w.use_cases)
    assert row(w, due).status is Status.ASSIGNED
    (run,) = w.schedules.runs.values()
    w.queue.sent.clear()
    w.use_cases.cancelling.cancel(run.task_id, tenant="acme", reason=None)
    (settle,) = w.queue.sent
    consumers.handle(settle, w.use_cases)
    assert not row(w, run.task_id).unsettled


def test_a_sweep_goes_on_where_the_page_before_it_ended(w: Watched) -> None:
    submitted(w)
    w.queue.sent.clear()
    sweeps = [
        Hint(kind=HintKind.SWEEP, row_id=str(shard), aggregate=Aggregate.TASK, until=w.clock() + 60_000)
        for shard in range(8)
    ]
    for sweep in sweeps:
        consumers.handle(sweep, w.use_cases)
    assert [hint.kind for hint in w.queue.sent] == [HintKind.DUE]


@pytest.mark.parametrize(
    "hint",
    [
        Hint(kind=HintKind.DISPATCH, row_id="t", tenant="acme", capability="report"),
        Hint(kind=HintKind.DUE, row_id="é", aggregate=Aggregate.AGENT, at=5),
        Hint(kind=HintKind.SWEEP, row_id="7", aggregate=Aggregate.SCHEDULE, cursor="c", until=9, paced=8),
        Hint(kind=HintKind.SETTLE, row_id="t"),
    ],
)
def test_a_message_is_read_as_it_was_written(hint: Hint) -> None:
    assert decoded(encoded(hint)) == hint
    assert "null" not in encoded(hint)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[" * 4_000,
        "[]",
        "7",
        "{}",
        '{"v":2,"kind":"due","id":"t"}',
        '{"v":1,"id":"t"}',
        '{"v":1,"kind":"due"}',
        '{"v":1,"kind":"unheard of","id":"t"}',
        '{"v":1,"kind":"due","id":"t","aggregate":"cow"}',
    ],
)
def test_a_message_of_another_version_or_shape_is_unknown(body: str) -> None:
    with pytest.raises(UnknownMessage):
        decoded(body)


def test_a_task_whose_holder_works_is_left_alone_by_a_hint_about_it(w: Watched) -> None:
    registered(w)
    task_id = submitted(w)
    (dispatch,) = of_queue(w)
    work(w, dispatch)
    before = start(w, task_id)
    due = record("due", encoded(Hint(kind=HintKind.DUE, row_id=task_id, aggregate=Aggregate.TASK)))
    settle = record("settle", encoded(Hint(kind=HintKind.SETTLE, row_id=task_id)))
    assert work(w, dispatch, due, settle) == []
    assert row(w, task_id) is before
