"""The minute: what is due is announced, then the gauges are taken."""

from collections import Counter

from chalicelib.domain.agent import AgentStatus
from chalicelib.services.usecases import UseCases

MOST_ROWS = 1_000  # a gauge counts so many at most, so that a tick's cost is bounded


def tick(use_cases: UseCases) -> None:
    """Late, doubled or two at once: nothing is lost and nothing fires twice."""
    use_cases.ticking.tick()
    gauges(use_cases)


def gauges(use_cases: UseCases) -> None:
    """Queue depth and age, and agents by status."""
    now = use_cases.clock()
    waiting = use_cases.reading.waiting(limit=MOST_ROWS)
    use_cases.metrics.count("tasks_queue_depth", len(waiting))
    oldest = min((task.created_at for task in waiting), default=now)
    use_cases.metrics.count("tasks_oldest_waiting_ms", now - oldest)
    fleet = use_cases.agent_store.page(limit=MOST_ROWS, cursor=None).items
    by_status = Counter(agent.status(now) for agent in fleet if not agent.left)
    for status in AgentStatus:
        use_cases.metrics.count("agent_status", by_status[status], status=status.value)
