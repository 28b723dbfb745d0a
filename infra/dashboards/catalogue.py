"""docs/metrics.md: the metrics, alarms and alerts there are, beside what was decided about them."""

from pathlib import Path
from string import Template

from chalicelib.telemetry import METRICS, Kind, Metric, Origin
from infra.dashboards.alarms import ALARMS, Alarm, Missing
from infra.dashboards.alerts import ALERTS
from infra.dashboards.grafana import DASHBOARDS
from infra.dashboards.widgets import DASHBOARDS as WIDGETS

ORIGINS = {Origin.PROCESS: "process", Origin.STREAM: "stream", Origin.TICK: "tick"}
TYPES = {Kind.COUNTER: "counter", Kind.GAUGE: "gauge", Kind.DISTRIBUTION: "histogram"}
TEXT = Template(Path(__file__).with_name("metrics.md").read_text())


def page() -> str:
    """The page's text."""
    plotted = {series.name for _, widgets in WIDGETS.values() for w in widgets for series in w.series}
    missing = [m.name for m in METRICS if m.in_cloudwatch and m.name not in plotted]
    silent = [m.name for m in METRICS if not m.in_cloudwatch]
    but = f" but {', '.join(missing)}" if missing else ""
    kept_out = ", ".join(f"`{name}`" for name in silent)
    text = (
        f"Every metric that CloudWatch gets is on a dashboard{but}. Not in CloudWatch: {kept_out}; the table"
    )
    text += " of metrics says why of each."
    return TEXT.substitute(
        http=DASHBOARDS[0].title,
        tasks=DASHBOARDS[1].title,
        metrics="\n".join(map(_metric, METRICS)),
        alarms="\n".join(map(_alarm, ALARMS)),
        alerts="\n".join(
            f"| {a.name} | `{a.expression}` | {a.minutes} min | {'page' if a.is_urgent else 'ticket'}"
            f" | [{a.runbook}](runbooks/{a.runbook}.md) |"
            for a in ALERTS
        ),
        unplotted=text,
        cost=_cost(),
    )


def _metric(metric: Metric) -> str:
    cloudwatch = metric.unit if metric.in_cloudwatch else "no"
    cells = [
        f"`{metric.name}`",
        cloudwatch,
        ", ".join(metric.dimensions),
        f"`{metric.prometheus_name}` {TYPES[metric.kind]}",
        ", ".join(metric.labels),
        ORIGINS[metric.origin],
        metric.help,
    ]
    return f"| {' | '.join(cells)} |"


def _alarm(alarm: Alarm) -> str:
    series, sign = alarm.series, "<" if alarm.is_below else ">"
    cells = [
        alarm.name,
        f"{alarm.about}: {series.namespace} {series.name} {series.stat} {sign} {alarm.threshold:g},"
        f" {alarm.bad} of {alarm.of} times {alarm.seconds // 60} min",
        "alarming" if alarm.missing is Missing.ALARMING else "fine",
        "page" if alarm.is_urgent else "",
        f"[{alarm.runbook}](runbooks/{alarm.runbook}.md)",
    ]
    return f"| {' | '.join(cells)} |"


def _cost() -> str:
    count, dollars = len(ALARMS), len(ALARMS) * 0.1 + 0.5
    return (
        f"{count} alarms at $0.10 and a composite at $0.50 are ${dollars:.2f} a month; the two dashboards are"
        " within the three that are free. Each series that is emitted in a month costs $0.30: what a tick"
        " emits by itself is counted in [deploy.md](deploy.md#what-it-costs-idle). A request's"
        " metrics are a line of about 600 bytes, its [log](logs.md) one of 350: $0.48 for a million."
    )
