"""Many slots due in one second, simulated in virtual time: how late, at what cost, how hot."""

from tests.bench.bench import Bench, Table
from tests.bench.measuring import Samples
from tests.budgets.rush import Rush

MANY, FEW = 9_000, 1_000


def measured(bench: Bench) -> Table:
    """Two clients, the larger above its quota of slots a minute; tasks are given to agents that are free."""
    bench.say(f"simulating {MANY + FEW:,} slots due in one second")
    rush = Rush({"many": MANY, "few": FEW})
    rush.run(seconds=60 + 50)
    rows = [_row(rush, client_id, count) for client_id, count in rush.schedules_by_client.items()]
    (table, key), writes = rush.heat.hottest()
    calls = sum(rush.calls.values()) / (MANY + FEW)
    return Table(
        "Slots due in the same second, simulated",
        ("slots", "fired", "late p50", "late p99", "late at most", "put off"),
        rows,
        "In virtual time, over consumers that keep up."
        f" {calls:.1f} AWS calls a slot, with its task's dispatch."
        f" The key that was written most in one second: {writes} times (`{key}` of {table}).",
    )


def _row(rush: Rush, client_id: str, count: int) -> list[str]:
    late = Samples(tuple(rush.lateness(client_id)))
    put_off = rush.put_off[client_id]
    seconds = [f"{value:,.0f} s" for value in (late.p50, late.p99, late.most)]
    return [f"{count:,} of one client", f"{len(late.seconds):,}", *seconds, f"{put_off:,}"]
