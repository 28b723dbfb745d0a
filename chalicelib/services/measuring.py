"""The gauges: taken once a minute from bounded reads, told to CloudWatch, and kept for GET /metrics."""

from collections.abc import Sequence

from chalicelib.domain import gauges
from chalicelib.domain.gauges import Gauges
from chalicelib.values import dataclass

from .ports import AgentStore, Clock, Metrics, StatsStore
from .reading import Reading

MOST_ROWS = 1_000  # a gauge counts so many at most, so that a tick's cost is bounded
MOST_SCORES = 90  # what one line of the metric format holds; more agents are sampled evenly


@dataclass(frozen=True, eq=False, repr=False)
class Measuring:
    """Reads, decides, and writes one row."""

    reading: Reading
    agents: AgentStore
    stats: StatsStore
    clock: Clock
    metrics: Metrics

    def measure(self) -> Gauges:
        """How things stand now."""
        waiting = self.reading.waiting(limit=MOST_ROWS)
        fleet = self.agents.page(limit=MOST_ROWS, cursor=None).items
        now = self.clock()
        found = gauges.taken(waiting, fleet, now=now)
        self._tell(found)
        scores = sorted(agent.trust(None, now=now).mean for agent in fleet if not agent.left)
        for score in spread(scores, most=MOST_SCORES):
            self.metrics.count("agent_trust_score", score)
        self.stats.keep(found)
        return found

    def _tell(self, found: Gauges) -> None:
        count = self.metrics.count
        count("tasks_queue_depth", found.waiting)
        count("tasks_oldest_waiting_ms", found.oldest_waiting_ms)
        count("tasks_waiting_without_agent", found.waiting_without_agent)
        count("doctor_findings", found.findings)
        for status, number in found.agents_by_status.items():
            count("agent_status", number, status=status)


def spread(values: Sequence[float], *, most: int) -> list[float]:
    """At most so many of them, evenly through their order."""
    if len(values) <= most:
        return list(values)
    return [values[index * (len(values) - 1) // (most - 1)] for index in range(most)]
