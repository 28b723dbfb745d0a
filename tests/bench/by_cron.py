"""Schedules with seconds over a few minutes: every slot of each is looked for, and how late it was."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from agent_client import Client
from agent_client.models import Execution
from tests.bench.bare_http import BareHttp
from tests.bench.bench import Bench
from tests.bench.measuring import Samples, milliseconds
from tests.e2e.processes import Service

MINUTE = timedelta(minutes=1)
LEAD = timedelta(seconds=20)  # so long making them may take
REST_S = 10.0  # after the last slot, for the last to be written
PROMISED_S = 2.0  # what p99 may be


class Broken(SystemExit):
    """A slot was missed, early or twice, or too many were late: nothing that a table should hide."""


def measured(bench: Bench, running: Service, http: BareHttp) -> list[str]:
    """A row of the table. Raises Broken."""
    count, minutes = bench.scale.crons, bench.scale.cron_minutes
    soon = datetime.now(UTC) + LEAD
    since = soon.replace(second=0, microsecond=0) + MINUTE
    bench.say(f"{count} schedules with seconds; {minutes} minutes from {since:%H:%M}")
    second_by_id = {_schedule(http, n % 60): n % 60 for n in range(count)}
    late_by = datetime.now(UTC) - since
    if late_by > timedelta(0):
        raise Broken(f"making the schedules took {late_by} too long: measure on a quieter machine")
    time.sleep((since - datetime.now(UTC) + minutes * MINUTE).total_seconds() + REST_S)
    late = Samples(tuple(_lateness(running, second_by_id, since, minutes)))
    if late.p99 > PROMISED_S:
        raise Broken(f"p99 lateness is {milliseconds(late.p99)}, above {PROMISED_S:g} s")
    found = (late.p50, late.at(0.95), late.p99, late.most)
    what = f"{len(late.seconds):,} of {count} schedules with seconds over {minutes * 60} s, none missed"
    return [what, *map(milliseconds, found)]


def _schedule(http: BareHttp, second: int) -> str:
    wanted = {
        "client_id": "bench",
        "task_type": "bench",
        "capability_required": "bench-slots",
        "cron_expression": f"{second} * * * * *",
        "cron_format": "seconds",
        "input_data": {},
    }
    return str(http.call("POST", "/aitp/tasks/schedule", wanted)["schedule_id"])


def _lateness(
    running: Service, second_by_id: dict[str, int], since: datetime, minutes: int
) -> Iterator[float]:
    """Of every slot from then on, each of which has one run, not before its time."""
    with Client(running.url) as client:
        for schedule_id, second in second_by_id.items():
            slots = [since + n * MINUTE + timedelta(seconds=second) for n in range(minutes)]
            runs = [run for run in client.executions(schedule_id) if slots[0] <= run.slot <= slots[-1]]
            yield from _of_each(schedule_id, slots, runs)


def _of_each(schedule_id: str, slots: Sequence[datetime], runs: Sequence[Execution]) -> Iterator[float]:
    fired = sorted(run.slot for run in runs if run.task_id is not None)
    if fired != list(slots):
        raise Broken(f"{schedule_id} fired {len(fired)} of {len(slots)} slots: {fired}, not {slots}")
    for run in runs:
        assert run.executed_at is not None
        late = (run.executed_at - run.slot).total_seconds()
        if late < 0:
            raise Broken(f"{schedule_id} fired its slot {run.slot} {-late} s early")
        yield late
