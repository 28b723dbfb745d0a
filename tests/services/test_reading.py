"""Looking: what you may see, whole or in pages."""

import pytest

from chalicelib.domain.errors import NotFound, StaleLease
from chalicelib.domain.task import Status
from chalicelib.services.reading import MOST_KEYS, TaskFilter

from .doing import TENANT, cancel, complete, registered, row, scheduled, start, submitted
from .worlds import Watched

LARGE = "x" * 1_000
BUSY = {"heartbeat_ms": 6_000_000}


def ids(w: Watched, *, limit: int = 50, cursor: str | None = None, **wanted: object) -> list[str]:
    page = w.use_cases.reading.list_tasks(
        TaskFilter(**wanted),  # type: ignore[arg-type]
        tenant=TENANT,
        limit=limit,
        cursor=cursor,
    )
    return [task.task_id for task in page.items]


def test_a_task_comes_with_its_documents(w: Watched) -> None:
    task_id = submitted(w, input_data={"text": LARGE}, metadata={"m": 1})
    full = w.use_cases.reading.task(task_id, tenant=TENANT)
    assert (full.input_data, full.metadata, full.result, full.attempts) == (
        {"text": LARGE},
        {"m": 1},
        None,
        (),
    )


def test_a_document_that_is_gone_reads_as_none(w: Watched) -> None:
    task_id = submitted(w, input_data=LARGE)
    w.payloads.texts.clear()
    full = w.use_cases.reading.task(task_id, tenant=TENANT)
    assert (full.input_data, full.metadata) == (None, None)
    assert w.use_cases.reading.document(row(w, task_id).document) is None
    assert w.use_cases.reading.document(None) is None


def test_an_attempt_that_was_moved_out_for_a_write_that_failed_is_shown_once(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    w.drain()
    w.use_cases.holding.release(task_id, agent_id="a", token=1, tenant=TENANT)
    w.drain()
    last = row(w, task_id).last
    assert last is not None
    w.use_cases.looking.due_tasks.changing._archive(row(w, task_id), last)  # and there it died
    assert [a["token"] for a in w.use_cases.reading.task(task_id, tenant=TENANT).attempts] == [1]


def test_rows_come_with_their_inputs_in_one_read(w: Watched) -> None:
    tasks = [row(w, submitted(w, input_data=data)) for data in (LARGE, 1, None)]
    assert [full.input_data for full in w.use_cases.reading.with_input(tasks)] == [LARGE, 1, None]
    assert w.use_cases.reading.with_input([]) == []


def test_only_as_many_inputs_as_fit_an_answer_are_given_and_at_least_one(w: Watched) -> None:
    tasks = [row(w, submitted(w, input_data="x" * 250_000)) for _ in range(20)]
    assert 10 < len(w.use_cases.reading.with_input(tasks)) < 20
    assert len(w.use_cases.reading.with_input(tasks[:1])) == 1


def test_the_holder_of_a_task_is_who_has_it_or_had_it_last(w: Watched) -> None:
    registered(w, **BUSY)
    task_id = submitted(w)
    with pytest.raises(StaleLease, match="held by nobody"):
        w.use_cases.reading.holder(task_id, tenant=TENANT)
    w.drain()
    assert w.use_cases.reading.holder(task_id, tenant=TENANT) == "a"
    start(w, task_id)
    complete(w, task_id)
    assert w.use_cases.reading.holder(task_id, tenant=TENANT) == "a"
    with pytest.raises(NotFound):
        w.use_cases.reading.holder("none", tenant=TENANT)


def test_a_clients_tasks_come_newest_first(w: Watched) -> None:
    made = []
    for _ in range(3):
        made.append(submitted(w))
        w.clock.advance(seconds=1)
    submitted(w, client_id="other")
    assert ids(w, client_id="client") == made[::-1]


def test_tasks_are_filtered_by_status_and_type(w: Watched) -> None:
    open_, done = submitted(w), submitted(w)
    cancel(w, done)
    assert ids(w, status=Status.CANCELLED) == [done]
    assert ids(w, status=Status.PENDING, task_type="work") == [open_]
    assert ids(w, task_type="play") == []


def test_a_schedules_tasks_are_anchored_on_its_executions(w: Watched) -> None:
    schedule = scheduled(w)
    submitted(w)
    w.run(seconds=120)
    runs = sorted(w.schedules.runs.values(), key=lambda run: -run.slot)
    assert ids(w, schedule_id=schedule.schedule_id) == [run.task_id for run in runs]


def test_pages_hold_all_tasks_once_whatever_their_size(w: Watched) -> None:
    made = {submitted(w, priority=1 + n % 10) for n in range(25)}
    for limit in (1, 7, 25, 100):
        seen: list[str] = []
        cursor = None
        while True:
            page = w.use_cases.reading.list_tasks(TaskFilter(), tenant=TENANT, limit=limit, cursor=cursor)
            assert len(page.items) <= limit
            seen += [task.task_id for task in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(seen) == sorted(made)


def test_an_offset_skips_the_first_rows(w: Watched) -> None:
    made = []
    for _ in range(5):
        made.append(submitted(w))
        w.clock.advance(seconds=1)
    assert ids(w, client_id="client", offset=2, limit=2) == [made[2], made[1]]


def test_a_page_reads_a_bounded_number_of_keys_however_selective_it_is(w: Watched) -> None:
    w.queue.drop = True
    for _ in range(MOST_KEYS + 5):
        submitted(w)
    cancel(w, list(w.tasks.rows)[-1])
    page = w.use_cases.reading.list_tasks(
        TaskFilter(status=Status.CANCELLED), tenant=TENANT, limit=50, cursor=None
    )
    assert (page.items, page.cursor is None) == ((), False)
    page = w.use_cases.reading.list_tasks(
        TaskFilter(status=Status.CANCELLED), tenant=TENANT, limit=50, cursor=page.cursor
    )
    assert len(page.items) == 1


def test_agents_are_listed_by_capability_or_all_and_without_those_that_left(w: Watched) -> None:
    registered(w, "a", capabilities=("report",))
    registered(w, "b", capabilities=("draw",), session="s1")
    registered(w, "gone", capabilities=("report",))
    w.use_cases.agents.leave("gone", tenant=TENANT)

    def agents(capability: str | None = None, *, picky: bool = False) -> list[str]:
        page = w.use_cases.reading.list_agents(
            lambda agent: not picky or agent.agent_id == "b",
            tenant=TENANT,
            capability=capability,
            limit=10,
            cursor=None,
        )
        return [agent.agent_id for agent in page.items]

    assert (agents(), agents("report"), agents(picky=True)) == (["a", "b"], ["a"], ["b"])


def test_queue_stats_say_what_waits_and_who_is_free(w: Watched) -> None:
    registered(w, slots=3, **BUSY)
    first = submitted(w)
    submitted(w)
    w.drain()
    start(w, first)
    submitted(w, capability="draw", priority=9)
    w.drain()
    w.clock.advance(seconds=4)
    submitted(w, capability="draw")
    assert w.use_cases.reading.queue_stats(tenant=TENANT) == {
        "waiting": 2,
        "waiting_by_capability": {"draw": 2},
        "waiting_by_priority": {"5": 1, "9": 1},
        "oldest_waiting_seconds": 4.0,
        "assigned": 1,
        "active": 1,
        "agents_taking_work": 1,
        "agents_with_free_slots": 1,
        "free_slots": 1,
        "complete": True,
    }


def test_queue_stats_of_nothing(w: Watched) -> None:
    stats = w.use_cases.reading.queue_stats(tenant=TENANT)
    assert (stats["waiting"], stats["oldest_waiting_seconds"]) == (0, None)


def test_waiting_tasks_are_those_in_line_and_not_those_held(w: Watched) -> None:
    registered(w, **BUSY)
    submitted(w)
    w.drain()
    waiting = submitted(w)
    submitted(w, not_before=w.clock() + 60_000)
    assert [task.task_id for task in w.use_cases.reading.waiting(limit=10)] == [waiting]
