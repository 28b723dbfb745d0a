"""What a metric is: one row of the table, and how CloudWatch and Prometheus each call it."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product

from chalicelib.values import dataclass

# All that a dimension can be: CloudWatch bills every combination of values that it was told in a month.
VALUES: Mapping[str, tuple[str, ...]] = {
    "outcome": ("2xx", "4xx", "5xx"),
    "status": ("ACTIVE", "DEGRADED", "DRAINING", "OFFLINE", "SUSPENDED"),
}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Kind(StrEnum):
    """How values of a metric add up."""

    COUNTER = "counter"
    GAUGE = "gauge"
    DISTRIBUTION = "distribution"


class Origin(StrEnum):
    """Where GET /metrics takes a metric from. CloudWatch gets all of them from where they happen."""

    PROCESS = "process"  # counted in the process that serves, so only where one process serves all
    STREAM = "stream"  # the stats table, fed by the tasks table's stream: exact, and one for all processes
    TICK = "tick"  # the stats table, written by the tick each minute


@dataclass(frozen=True)
class Metric:
    """One row of the table. Labels never hold an id: each distinct value costs money every month.

    `dimensions` are the labels that CloudWatch sees too; `buckets` are in the unit that Prometheus shows.
    """

    name: str
    unit: str  # CloudWatch's
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    origin: Origin = Origin.PROCESS
    buckets: tuple[float, ...] = SECONDS
    in_cloudwatch: bool = True

    def check(self, labels: Mapping[str, str]) -> None:
        """AssertionError for other labels than the row's, and for a value that a dimension cannot have."""
        assert set(labels) == set(self.labels), f"{self.name} has labels {self.labels}"
        for name in self.dimensions:
            assert labels[name] in VALUES[name], f"{self.name} knows no {name} {labels[name]!r}"

    def series(self) -> list[tuple[tuple[str, str], ...]]:
        """The dimensions of every series of it that CloudWatch can ever be told."""
        if not self.in_cloudwatch:
            return []
        return list(product(*([(name, value) for value in VALUES[name]] for name in self.dimensions)))

    @property
    def prometheus_name(self) -> str:
        """Prometheus wants base units."""
        return self.name.removesuffix("_ms") + "_seconds" if self.name.endswith("_ms") else self.name

    def in_base_unit(self, value: float) -> float:
        """A value as Prometheus shows it."""
        return value / 1000 if self.name.endswith("_ms") else value
