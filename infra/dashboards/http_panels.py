"""The dashboard "HTTP & Core Metrics"."""

from infra.dashboards.panel import Dashboard, Panel, Query, mean, quantile, rate, shown

_ALL = rate("http_requests_total")


def _share(outcome: str) -> Query:
    failed = rate("http_requests_total", where=f'{{outcome="{outcome}"}}')
    return Query(f"({failed} or vector(0)) / ({_ALL} > 0) or vector(0)", outcome)


HTTP = Dashboard(
    "ains-http",
    "AINS: HTTP & Core Metrics",
    (
        Panel(
            "Request rate",
            "By route template; `other` is a method that a path does not have.",
            "reqps",
            (Query(rate("http_requests_total", "route"), "{{route}}"),),
        ),
        Panel(
            "Latency",
            "From the request's arrival in the handler to its answer.",
            "s",
            (
                Query(quantile(0.5, "http_request_duration_seconds"), "p50"),
                Query(quantile(0.95, "http_request_duration_seconds"), "p95"),
                Query(quantile(0.99, "http_request_duration_seconds"), "p99"),
            ),
        ),
        Panel("Error rate", "Share of all requests.", "percentunit", (_share("5xx"), _share("4xx"))),
        Panel(
            "Active connections",
            "Requests being answered at the moment of the scrape, that one included.",
            "short",
            (Query(shown("http_connections_active"), "under way"),),
        ),
        Panel(
            "Response size",
            "Bodies, uncompressed.",
            "bytes",
            (
                Query(quantile(0.95, "http_response_size_bytes"), "p95"),
                Query(mean("http_response_size_bytes"), "mean"),
            ),
        ),
        Panel(
            "Work messages",
            "Messages of the work queue that failed, that failed for good, and that could not be sent.",
            "cps",
            (
                Query(rate("work_failures_total"), "failed, to be tried again"),
                Query(rate("work_dead_total"), "failed for good"),
                Query(rate("announcements_lost_total"), "not sent; the clock makes them up"),
            ),
        ),
        Panel(
            "Age of the last tick",
            "The clock that everything hangs on: a minute at most, when all is well.",
            "s",
            (Query(f"time() - {shown('tick_last_run_timestamp_ms')}", "age"),),
        ),
        Panel(
            "Ticks",
            "From one tick to the next, and the rows each announced.",
            "short",
            (
                Query(mean("tick_gap_ms"), "seconds between two"),
                Query(mean("tick_rows"), "due rows announced"),
            ),
        ),
        Panel(
            "Behind time",
            "How overdue the most overdue row of a tick was: zero when nothing was.",
            "s",
            (Query(mean("clock_lateness_ms"), "mean"),),
        ),
    ),
)
