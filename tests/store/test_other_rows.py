"""Agents', schedules' and executions' rows: small, and gone when they are over."""

import json
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

from pynamodb.models import Model

from chalicelib.domain import trust
from chalicelib.domain.agent import Profile
from chalicelib.domain.dead_message import DeadMessage
from chalicelib.domain.execution import ExecutionStatus
from chalicelib.domain.quarantine import Streak
from chalicelib.domain.schedule import ScheduleStatus
from chalicelib.domain.trust import CLIENT_PARTS, TIME
from chalicelib.domain.zones import DAY_MS
from chalicelib.store.agent_rows import to_record
from chalicelib.store.schedule_rows import columns, from_record, run_from_record, run_record
from chalicelib.store.tables import DeadMessageRecord, ExecutionRecord, PayloadRecord, ScheduleRecord
from tests.budgets.counting import item_bytes
from tests.contract.implementations import Stores
from tests.contract.values import NOW, a_run, a_schedule, a_task, an_agent


def row(record: Model) -> dict[str, Any]:
    serialized: dict[str, Any] = record.serialize()
    return serialized


def of_half_a_year() -> str:
    """The digits that DynamoDB keeps of a sum to which something was added each day."""
    weights = (trust.weight(NOW - day * DAY_MS) for day in range(182))
    with localcontext(prec=38):
        return str(sum(Decimal(repr(weight)) for weight in weights))


def test_the_row_of_an_agent_with_three_capabilities_and_all_clients_stays_under_a_kilobyte() -> None:
    names = ("summarize-documents", "translate", "extract-tables")
    profile = Profile(
        display_name="Summarizer",
        capabilities=names,
        tags=("production", "eu"),
        endpoint="https://agents.example/summarizer",
        metadata={"version": "2.1.0", "model": "large"},
    )
    stems = [trust.stem(name) for name in names]
    sums = [f"{stem}{sign}{part}" for stem in stems for sign in "+-" for part in CLIENT_PARTS]
    agent = an_agent(
        "agent-01jd3m8x5v9k2w7q4r6t8y0zaa",
        profile=profile,
        session_id="session-01jd3m8x5v9k2w7q4r6t8y0zbb",
        evidence=dict.fromkeys([*sums, *(f"{stem}{TIME}" for stem in stems)], 1.0),
        streak=Streak(4, 0, NOW),
        ranks=(41, 42, 43, 44),
        in_flight=3,
        seq=123_456,
        acked=123_455,
        last_assigned_at=NOW,
    )
    stored = row(to_record(agent)) | {"cid": {"S": "01jd3m8x5v9k2w7q4r6t8y0zcc"}}
    stored["evidence"]["M"] = {name: {"N": of_half_a_year()} for name in stored["evidence"]["M"]}
    assert len(stored["evidence"]["M"]) == 27
    assert item_bytes(stored) < 1_024


def test_a_typical_schedules_row_stays_under_a_kilobyte(stores: Stores) -> None:
    options = {"timeout_ms": 60_000, "max_retries": 5, "retry": {"strategy": "fixed", "backoff_ms": 1_000}}
    wordy = a_schedule(
        "schedule-01jd3m8x5v9k2w7q4r6t8y0zaa", description="What came in overnight", task_options=options
    )
    stores.schedules.add(wordy)
    assert item_bytes(row(ScheduleRecord.get(wordy.schedule_id))) < 1_024


def test_an_execution_expires_thirty_days_after_its_end(stores: Stores) -> None:
    stores.schedules.add(a_schedule())
    run = a_run()
    stores.schedules.fire(replace(a_schedule(), version=2), was=1, task=a_task(run.task_id), execution=run)
    assert "ttl" not in row(ExecutionRecord.get("schedule-1", NOW))
    stores.schedules.settle(replace(run, status=ExecutionStatus.COMPLETED, ended_at=NOW + 500))
    assert row(ExecutionRecord.get("schedule-1", NOW))["ttl"] == {"N": str(NOW // 1000 + 30 * 24 * 3600)}


def test_a_schedule_expires_thirty_days_after_it_was_completed_and_else_never(stores: Stores) -> None:
    schedule = a_schedule()
    stores.schedules.add(schedule)
    assert "ttl" not in row(ScheduleRecord.get("schedule-1"))
    over = replace(schedule, status=ScheduleStatus.COMPLETED, next_slot=None, version=2, updated_at=NOW)
    stores.schedules.save(over, was=1)
    assert row(ScheduleRecord.get("schedule-1"))["ttl"] == {"N": str(NOW // 1000 + 30 * 24 * 3600)}


def test_a_dead_message_expires_fourteen_days_after_it_was_recorded_first(stores: Stores) -> None:
    message = DeadMessage(message_id="m", body="{}", reason="r", receives=5, first_at=NOW, at=NOW)
    stores.dead_messages.record(message)
    stores.dead_messages.record(replace(message, first_at=NOW + 5_000, at=NOW + 5_000))
    expected = str(NOW // 1000 + 14 * 24 * 3600)
    assert row(DeadMessageRecord.get("2027-01-15", "m"))["ttl"] == {"N": expected}


def test_a_document_expires_when_it_was_told_to_and_else_never(stores: Stores) -> None:
    stores.payloads.put("task-1", "input", "a")
    stores.payloads.put("task-1", "result", "b", ttl=123)
    assert "ttl" not in row(PayloadRecord.get("task-1", "input"))
    assert row(PayloadRecord.get("task-1", "result"))["ttl"] == {"N": "123"}


def test_schedules_and_executions_of_before_there_were_policies_are_read() -> None:
    schedule = row(ScheduleRecord("schedule-1", failed_runs=2, **columns(a_schedule(), cid="c")))
    doc = json.loads(schedule["doc"]["S"])
    run = row(run_record(a_run()))
    run_doc = json.loads(run["doc"]["S"])
    fresh = {"window_ms", "excluded", "waiting", "open_runs", "cancelling", "missed_runs", "is_watched"}
    assert fresh.isdisjoint(doc.keys() | run_doc.keys())
    read = from_record(ScheduleRecord.from_raw_data(schedule))
    assert read == replace(a_schedule(), failed_runs=2)
    assert (read.due_at, read.is_watching) == (read.next_slot, False)
    assert run_from_record(ExecutionRecord.from_raw_data(run)) == a_run()
