"""A row that makes no sense any more: its schedule is FAILED with the reason, and holds up nobody."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.ids import CLOCK_SHARDS, clock_shard
from chalicelib.domain.schedule import ScheduleStatus
from chalicelib.services.ports import Aggregate, Hint
from chalicelib.services.usecases import UseCases
from chalicelib.store.tables import ScheduleRecord
from tests import fakes
from tests.contract.implementations import Stores
from tests.contract.values import NOW, TENANT, a_schedule

BAD = "schedule-bad"
DUE = NOW + 60_000
Wound = Callable[[dict[str, Any]], object]
UNREADABLE: dict[str, Wound | str] = {
    "cut off": '{"tenant":"acme","cli',
    "no object": "[1, 2]",
    "nested beyond reading": "[" * 100_000,
    "of a policy that nobody knows": lambda doc: doc.update(overlap="sometimes"),
    "of a time that is none": lambda doc: doc.update(start_at="soon"),
    "without its client": lambda doc: doc.pop("client_id"),
    "with a field that nobody knows": lambda doc: doc.update(document=7),
}
SENSELESS: dict[str, tuple[Wound, str]] = {
    "zone": (lambda doc: doc.update(timezone="Mars/Base"), "Mars/Base"),
    "expression": (lambda doc: doc.update(cron="* * *"), "fields"),
    "options": (lambda doc: doc.update(task_options={"timeout": 1}), "timeout"),
    "retry": (lambda doc: doc.update(task_options={"retry": {"strategy": "x"}}), "x"),
    "retry without a strategy": (lambda doc: doc.update(task_options={"retry": {}}), "strategy"),
}


@pytest.fixture
def clock() -> fakes.FakeClock:
    return fakes.FakeClock(NOW)


@pytest.fixture
def use_cases(stores: Stores, clock: fakes.FakeClock) -> UseCases:
    """Over the engine, where one schedule is to be hurt and another, of its shard, is sound."""
    stores.schedules.add(a_schedule(BAD))
    stores.schedules.add(a_schedule(neighbour()))
    names = set(wiring.Ports.__dataclass_fields__) - {"clock", "new_id", "chance"}
    shared = {name: getattr(stores, name) for name in names}
    return wiring.assemble(wiring.Ports(**shared, clock=clock, new_id=fakes.Ids(), chance=random.Random(7)))


def neighbour() -> str:
    return next(f"s-{n}" for n in range(99) if clock_shard(f"s-{n}") == clock_shard(BAD))


def hurt(wound: Wound | str) -> str:
    """What its document is from now on."""
    record = ScheduleRecord.get(BAD)
    if callable(wound):
        doc = json.loads(record.doc)
        wound(doc)
        wound = json.dumps(doc)
    record.update(actions=[ScheduleRecord.doc.set(wound)])
    return wound


def minute(stores: Stores, use_cases: UseCases, clock: fakes.FakeClock) -> None:
    """The tick, and every hint soon after its time, as those of one second are spread over it."""
    with stores.at(NOW):
        use_cases.ticking.tick()
    clock.now = DUE + 2_000
    hints: list[Hint] = stores.heard(clock.now)
    for hint in hints:
        if hint.aggregate is Aggregate.SCHEDULE:
            use_cases.looking.look(Aggregate.SCHEDULE, hint.row_id, at=hint.at)


def in_the_clock(stores: Stores) -> set[str]:
    pages = [stores.schedules.due(shard, until=DUE, limit=9) for shard in range(CLOCK_SHARDS)]
    return {row.row_id for page in pages for row in page.items}


@pytest.mark.parametrize("wound", UNREADABLE.values(), ids=UNREADABLE)
def test_one_that_cannot_be_read_fails_with_the_reason_and_keeps_its_document(
    stores: Stores, use_cases: UseCases, clock: fakes.FakeClock, wound: Wound | str
) -> None:
    doc = hurt(wound)
    minute(stores, use_cases, clock)
    bad = use_cases.schedules.get(BAD, tenant=TENANT)
    assert bad.status is ScheduleStatus.FAILED
    assert (bad.reason or "").startswith("its row cannot be read: ")
    record = ScheduleRecord.get(BAD)
    assert (record.doc, record.status, record.due_at) == (doc, "FAILED", None)
    assert [run.slot for run in stores.schedules.executions(neighbour(), limit=9, cursor=None).items] == [DUE]
    assert BAD not in in_the_clock(stores)


@pytest.mark.parametrize(("wound", "why"), SENSELESS.values(), ids=SENSELESS)
def test_one_that_says_what_cannot_be_fails_with_the_reason(
    stores: Stores, use_cases: UseCases, clock: fakes.FakeClock, wound: Wound, why: str
) -> None:
    hurt(wound)
    minute(stores, use_cases, clock)
    bad = use_cases.schedules.get(BAD, tenant=TENANT)
    assert (bad.status, bad.due_at) == (ScheduleStatus.FAILED, None)
    assert (bad.reason or "").startswith("cannot be fired: ")
    assert why in (bad.reason or "")
    assert stores.schedules.executions(neighbour(), limit=9, cursor=None).items


def test_one_that_cannot_be_read_stands_in_lists_and_can_be_deleted_but_not_changed(
    stores: Stores, use_cases: UseCases
) -> None:
    hurt("{")
    page = use_cases.schedules.list_schedules(
        tenant=TENANT, client_id="client-1", status=None, limit=9, cursor=None
    )
    assert {schedule.schedule_id for schedule in page.items} == {BAD, neighbour()}
    asked: list[Callable[[], object]] = [
        lambda: use_cases.schedules.pause(BAD, tenant=TENANT, reason=None),
        lambda: use_cases.schedules.resume(BAD, tenant=TENANT),
        lambda: use_cases.schedules.change(BAD, {"cron": "0 * * * *"}, tenant=TENANT),
        lambda: use_cases.firing.run_now(BAD, tenant=TENANT),
        lambda: use_cases.backfilling.backfill(BAD, since=NOW - 1, until=NOW, tenant=TENANT),
    ]
    for ask in asked:
        with pytest.raises(IllegalMove, match="can only be deleted, and made anew"):
            ask()
    assert ScheduleRecord.get(BAD).doc == "{"
    use_cases.schedules.delete(BAD, tenant=TENANT)
    assert stores.schedules.get(BAD) is None
