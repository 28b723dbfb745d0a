"""The dashboard "Tasks & Agents"."""

from infra.dashboards.panel import Dashboard, Panel, Query, mean, quantile, rate, shown

_ENDS = ("completed", "failed", "cancelled")
TASKS = Dashboard(
    "ains-tasks",
    "AINS: Tasks & Agents",
    (
        Panel(
            "Throughput",
            "Tasks taken in, leases given for them, and claims that lost against another's.",
            "cps",
            (
                Query(rate("tasks_created_total"), "created"),
                Query(rate("tasks_assigned_total"), "assigned"),
                Query(rate("claims_lost_total"), "claims lost"),
            ),
        ),
        Panel(
            "Completion",
            "How tasks end.",
            "cps",
            tuple(Query(rate(f"tasks_{end}_total"), end) for end in _ENDS),
        ),
        Panel(
            "Failure",
            "Attempts that went wrong, and tasks made in the place of failed ones.",
            "cps",
            (
                Query(rate("tasks_retried_total"), "retried"),
                Query(rate("tasks_timed_out_total"), "timed out"),
                Query(rate("tasks_agent_lost_total"), "agent lost"),
                Query(rate("tasks_redriven_total"), "redriven"),
            ),
        ),
        Panel(
            "Queue depth",
            "At the last tick; at most 1,000 are counted.",
            "short",
            (
                Query(shown("tasks_queue_depth"), "waiting"),
                Query(shown("tasks_waiting_without_agent"), "of these with no live agent"),
            ),
        ),
        Panel(
            "Oldest waiting",
            "At the last tick.",
            "s",
            (Query(shown("tasks_oldest_waiting_ms"), "age"),),
        ),
        Panel(
            "Time to start and to finish",
            "From runnable to assigned, and from submission to the end.",
            "s",
            (
                Query(quantile(0.95, "dispatch_lateness_ms"), "p95 to assigned"),
                Query(quantile(0.95, "task_duration_ms"), "p95 to the end"),
            ),
        ),
        Panel(
            "Schedules",
            "Slots by what became of them.",
            "cps",
            (
                Query(rate("schedule_slots_fired_total"), "fired"),
                Query(rate("schedule_slots_missed_total"), "missed"),
                Query(rate("schedule_slots_skipped_total"), "skipped"),
                Query(rate("schedule_slots_deferred_total"), "put off"),
                Query(rate("schedules_paused_total"), "schedules paused"),
            ),
        ),
        Panel(
            "Slot lateness",
            "From a slot's time to its task.",
            "s",
            (Query(quantile(0.95, "slot_lateness_ms"), "p95"), Query(mean("slot_lateness_ms"), "mean")),
        ),
        Panel(
            "Heartbeats",
            "Heartbeats and syncs.",
            "cps",
            (Query(rate("agent_heartbeats_total"), "heartbeats"),),
        ),
        Panel(
            "Agent status",
            "Agents by status, at the last tick.",
            "short",
            (Query(f"sum by (status) ({shown('agent_status')})", "{{status}}"),),
            kind="piechart",
        ),
        Panel(
            "Trust distribution",
            "Agents by the mean of their trust; a bar counts those above the bound before it.",
            "short",
            (Query(f"sum by (le) ({shown('agent_trust_score')}_bucket)", "{{le}}"),),
            kind="bargauge",
        ),
        Panel(
            "Top 10 agents by trust",
            "At the last tick.",
            "percentunit",
            (Query(f"topk(10, {shown('agent_trust_top')})", "{{agent}}"),),
            kind="bargauge",
        ),
        Panel(
            "Doctor's findings",
            "Broken invariants among what the last tick saw. Anything above zero is worth a look.",
            "short",
            (Query(shown("doctor_findings"), "findings"),),
            kind="stat",
        ),
    ),
)
