"""How late slots fire: single runs over a while, many in one second, and schedules with seconds by cron."""

import time
from datetime import UTC, datetime, timedelta

from agent_client import Client
from tests.bench import by_cron
from tests.bench.bare_http import BareHttp
from tests.bench.bench import Bench, Table
from tests.bench.measuring import Samples, milliseconds
from tests.e2e.processes import Service, until

CAPABILITY = "bench-slots"  # nobody serves it: the slot is what is measured
LEAD_S = 10.0  # making the schedules must be over before the first slot
PATIENCE_S = 60.0


def measured(bench: Bench) -> Table:
    """Lateness as the service itself records it: from the slot's time to its task."""
    scale = bench.scale
    with bench.service("slots") as running, BareHttp(running.url) as http:
        first = datetime.now(UTC) + timedelta(seconds=LEAD_S)
        every = scale.slots_over / scale.slots
        spread = [first + timedelta(seconds=n * every) for n in range(scale.slots)]
        burst = [
            (first + timedelta(seconds=scale.slots_over + 3)).replace(microsecond=0)
        ] * scale.slots_at_once
        bench.say(f"{len(spread)} slots over {scale.slots_over} s, then {len(burst)} in one second")
        made = [[_schedule(http, at) for at in times] for times in (spread, burst)]
        time.sleep(max(0.0, (burst[0] - datetime.now(UTC)).total_seconds()))
        rows = [
            _row(f"{len(slots)} {how}", _lateness(running, slots))
            for how, slots in zip((f"over {scale.slots_over} s", "in one second"), made, strict=True)
        ]
        if scale.crons:
            rows.append(by_cron.measured(bench, running, http))
    return Table(
        "Lateness of slots",
        ("slots", "p50", "p95", "p99", "max"),
        rows,
        "One-off schedules (`run_at`) at any millisecond, then schedules with `cron_format: seconds`, each"
        " once a minute at a second of its own: none of their slots may be missed or early, nor their p99 be"
        " above 2 s, or the run ends with exit code 1. SQS delays by whole seconds and a slot never fires"
        " early, so up to a second of this is by design.",
    )


def _row(what: str, late: Samples) -> list[str]:
    return [what, *(milliseconds(seconds) for seconds in (late.p50, late.at(0.95), late.p99, late.most))]


def _schedule(http: BareHttp, at: datetime) -> str:
    wanted = {
        "client_id": "bench",
        "task_type": "bench",
        "capability_required": CAPABILITY,
        "run_at": at.isoformat(),
        "input_data": {},
    }
    return str(http.call("POST", "/aitp/tasks/schedule", wanted)["schedule_id"])


def _lateness(running: Service, schedule_ids: list[str]) -> Samples:
    with Client(running.url) as client:
        return Samples(tuple(_of_one(client, schedule_id) for schedule_id in schedule_ids))


def _of_one(client: Client, schedule_id: str) -> float:
    def fired() -> list[float]:
        return [
            run.lateness_seconds for run in client.executions(schedule_id) if run.lateness_seconds is not None
        ]

    return until(lambda: fired() or None, timeout=PATIENCE_S, what=f"{schedule_id} did not fire")[0]
