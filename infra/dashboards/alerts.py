"""Prometheus' alert rules: a value and a threshold each, so that a test can see that the value exists."""

from dataclasses import dataclass
from typing import Any

import yaml

from infra.dashboards.panel import shown

RUNBOOKS = "docs/runbooks"


@dataclass(frozen=True)
class Alert:
    """Fires when `value` was above the threshold for so many minutes."""

    name: str
    value: str
    above: float
    minutes: int
    summary: str
    runbook: str
    is_urgent: bool = False

    @property
    def expression(self) -> str:
        """As the rule has it."""
        return f"({self.value}) > {self.above:g}"


def _grown(name: str, minutes: int = 10) -> str:
    return f"increase({shown(name)}[{minutes}m])"


_FAILED = f'sum (rate({shown("http_requests_total")}{{outcome="5xx"}}[5m])) or vector(0)'
ALERTS = (
    Alert("AinsDown", '1 - up{job="ains"}', 0, 1, "The service is not scraped", "tick", is_urgent=True),
    Alert(
        "AinsTickMissing",
        f"time() - {shown('tick_last_run_timestamp_ms')}",
        180,
        0,
        "No tick for three minutes: nothing that time is to change changes",
        "tick",
        is_urgent=True,
    ),
    Alert(
        "AinsTasksWait",
        shown("tasks_oldest_waiting_ms"),
        300,
        5,
        "A task waits for more than five minutes",
        "waiting-tasks",
    ),
    Alert(
        "AinsNoLiveAgent",
        shown("tasks_waiting_without_agent"),
        0,
        10,
        "Tasks wait and no live agent has their capability",
        "no-live-agent",
        is_urgent=True,
    ),
    Alert("AinsServerErrors", _FAILED, 0.02, 5, "Requests fail with 5xx", "server-errors", is_urgent=True),
    Alert(
        "AinsSlow",
        f"histogram_quantile(0.99, sum by (le) (rate({shown('http_request_duration_seconds')}_bucket[5m])))",
        2,
        10,
        "One request of a hundred takes more than two seconds",
        "function-duration",
    ),
    Alert(
        "AinsDeadLetters",
        _grown("work_dead_total"),
        0,
        0,
        "Work messages failed for the last time",
        "dead-letters",
    ),
    Alert(
        "AinsOverdueSlots",
        _grown("schedule_slots_missed_total"),
        0,
        0,
        "Slots of schedules were given up",
        "overdue-slots",
    ),
    Alert(
        "AinsStuckTasks",
        f"increase({shown('clock_lateness_ms')}_count[10m])",
        5,
        5,
        "Tick after tick finds rows that are overdue",
        "stuck-tasks",
    ),
    Alert(
        "AinsLeasesExpire",
        _grown("tasks_agent_lost_total"),
        5,
        0,
        "Agents are lost while they hold tasks",
        "leases-expired",
    ),
    Alert(
        "AinsFindings", shown("doctor_findings"), 0, 15, "Stored rows break what must always hold", "doctor"
    ),
)


def rules() -> str:
    """infra/prometheus/rules.yml."""
    group = {"name": "ains", "rules": [_rule(alert) for alert in ALERTS]}
    head = "# Written by `python -m infra.dashboards`; do not edit.\n"
    return head + yaml.safe_dump({"groups": [group]}, sort_keys=False, width=120)


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expression,
        "for": f"{alert.minutes}m",
        "labels": {"severity": "page" if alert.is_urgent else "ticket"},
        "annotations": {"summary": alert.summary, "runbook": f"{RUNBOOKS}/{alert.runbook}.md"},
    }
