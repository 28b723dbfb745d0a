"""How much memory services held at most: those of the other sections, or two of its own."""

from tests.bench import backlog
from tests.bench.bare_http import BareHttp
from tests.bench.bench import Bench, Table


def measured(bench: Bench) -> Table:
    """Peak resident memory of each service that this run started."""
    if not bench.memory:
        for waiting in (0, bench.scale.backlog):
            with bench.service(f"one task, {waiting:,} waiting", waiting=waiting) as running:
                with BareHttp(running.url) as http:
                    http.submit(backlog.CAPABILITY)
    rows = [[purpose, f"{peak:,.0f} MB"] for purpose, peak in bench.memory]
    return Table("Peak memory of the local service", ("used for", "peak"), rows)
