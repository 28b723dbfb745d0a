"""How fast tasks are taken in, and whether it matters how many wait already."""

from contextlib import ExitStack
from functools import partial

from tests.bench import backlog
from tests.bench.bare_http import BareHttp
from tests.bench.bench import Bench, Table
from tests.bench.cpu import Meter
from tests.bench.measuring import Load, milliseconds, under_load
from tests.e2e.processes import Service

REFERENCE = {("none", 1): "182/s, p50 5 ms", ("many", 1): "72/s"}


def measured(bench: Bench) -> Table:
    """1 and 8 clients, with an empty store and behind a long line of the same capability."""
    rows = []
    for waiting in (0, bench.scale.backlog):
        with bench.service(f"submitting behind {waiting:,} waiting tasks", waiting=waiting) as running:
            for clients in (1, 8):
                bench.say(f"{clients} clients submit for {bench.scale.seconds:g} s")
                load, each = Meter.of(running).charged(
                    partial(_submitting, running, clients, bench.scale.seconds)
                )
                rows.append(_row(waiting, clients, load, each))
    return Table(
        "Submit",
        ("waiting tasks", "clients", "per second", "p50", "p99", "processor time each", "comparable system"),
        rows,
        "`POST /aitp/tasks` with a small input, each client on its own connection, one after"
        " another. The processor time is the service's, with the dispatch that follows each.",
    )


def _submitting(running: Service, clients: int, seconds: float) -> Load:
    with ExitStack() as stack:
        connections = [stack.enter_context(BareHttp(running.url)) for _ in range(clients)]
        return under_load([partial(c.submit, backlog.CAPABILITY) for c in connections], seconds=seconds)


def _row(waiting: int, clients: int, load: Load, each: str) -> list[str]:
    reference = REFERENCE.get(("many" if waiting else "none", clients), "")
    times = [milliseconds(load.samples.p50), milliseconds(load.samples.p99)]
    return [f"{waiting:,}", str(clients), f"{load.per_second:.0f}", *times, each, reference]
