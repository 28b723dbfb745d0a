"""CloudWatch's embedded metric format: JSON lines on stdout that become metrics, at no call to AWS."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .metric import Metric
from .table import METRIC_BY_NAME

NAMESPACE = "AINS"
SERVICE = "ains"
MOST_VALUES = 90  # of one metric in one line; the format allows 100
Dimensions = tuple[tuple[str, str], ...]


class EmfMetrics:
    """services.ports.Metrics as lines on stdout, one per `flush` and set of dimension values.

    Each thread gathers its own: on Lambda there is one, the local service has many.
    """

    def __init__(self, stage: str, clock: Callable[[], int]) -> None:
        self._stage, self._clock = stage, clock
        self._local = threading.local()

    def _gathered(self) -> dict[Dimensions, dict[str, list[float]]]:
        if not hasattr(self._local, "values"):
            self._local.values = {}
        values: dict[Dimensions, dict[str, list[float]]] = self._local.values
        return values

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        metric = METRIC_BY_NAME[name]
        metric.check(labels)
        if not metric.in_cloudwatch:
            return
        dimensions = tuple((label, labels[label]) for label in metric.dimensions)
        values = self._gathered().setdefault(dimensions, {}).setdefault(name, [])
        values.append(float(value))
        if len(values) >= MOST_VALUES:
            self.flush()

    def flush(self) -> None:
        """Print what was gathered; every entry point calls it once, also when it fails."""
        gathered = self._gathered()
        plain = gathered.pop((), {})
        if plain and gathered:  # they ride on another's line: each line is paid for by its bytes
            dimensions, values = next(iter(gathered.items()))
            self._print(dimensions, values, plain)
        elif plain:
            self._print((), plain, {})
        for dimensions, values in list(gathered.items())[1 if plain else 0 :]:
            self._print(dimensions, values, {})
        gathered.clear()

    def _print(
        self,
        dimensions: Dimensions,
        values: Mapping[str, list[float]],
        plain: Mapping[str, list[float]],
    ) -> None:
        directives = [_directive(dimensions, values)]
        if plain:
            directives.append(_directive((), plain))
        document: dict[str, Any] = {
            "_aws": {"Timestamp": self._clock(), "CloudWatchMetrics": directives},
            "stage": self._stage,
            "service": SERVICE,
            **dict(dimensions),
            **values,
            **plain,
        }
        print(json.dumps(document, separators=(",", ":")))  # noqa: T201 - this is the format's way


def _directive(dimensions: Dimensions, names: Iterable[str]) -> dict[str, Any]:
    """Which of a line's fields are metrics, and under which dimensions."""
    metrics: list[Metric] = [METRIC_BY_NAME[name] for name in names]
    return {
        "Namespace": NAMESPACE,
        "Dimensions": [["service", "stage", *(name for name, _ in dimensions)]],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in metrics],
    }
