"""Turns the metric lines that handlers print (EMF) into CloudWatch metrics, and keeps them off the terminal.

Points are summed up by minute before they reach the engine: it keeps every point it is given and walks
all of them at each call.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any, TextIO

MARK = '"_aws"'
Series = tuple[str, str, tuple[tuple[str, str], ...], str, int]


class MetricBuffer:
    """Sums of what was printed, by series and minute, until somebody takes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Series, Counter[float]] = {}

    def add_line(self, line: str) -> bool:
        """True when `line` was EMF (and was counted)."""
        try:
            document = json.loads(line)
            points = list(_points(document))
        except (ValueError, KeyError, TypeError):
            return False
        with self._lock:
            for series, value in points:
                self._values.setdefault(series, Counter())[value] += 1
        return True

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """(namespace, datum of PutMetricData) for everything since the last call."""
        with self._lock:
            values, self._values = self._values, {}
        return [(series[0], _datum(series, counts)) for series, counts in values.items()]


def _points(document: dict[str, Any]) -> Iterator[tuple[Series, float]]:
    """Every (series, value) of one EMF document: each metric under each of its sets of dimensions."""
    minute = int(document["_aws"]["Timestamp"]) // 60_000 * 60
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"] or [[]]:
            dimensions = tuple((name, str(document[name])) for name in names)
            for metric in directive["Metrics"]:
                found = document[metric["Name"]]
                series = (
                    directive["Namespace"],
                    metric["Name"],
                    dimensions,
                    metric.get("Unit", "None"),
                    minute,
                )
                for value in found if isinstance(found, list) else [found]:
                    yield series, float(value)


def _datum(series: Series, counts: Counter[float]) -> dict[str, Any]:
    _, name, dimensions, unit, minute = series
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
        "Unit": unit,
        "Timestamp": minute,
        "Values": list(counts),
        "Counts": [float(count) for count in counts.values()],
    }


class Stdout(io.TextIOBase):
    """In place of sys.stdout: whole lines, each thread its own; EMF goes to the buffer, the rest through."""

    def __init__(self, through: TextIO, metrics: MetricBuffer) -> None:
        self._through, self._metrics = through, metrics
        self._partial = threading.local()

    def write(self, text: str) -> int:
        whole, newline, rest = (getattr(self._partial, "text", "") + text).rpartition("\n")
        self._partial.text = rest
        if newline:
            for line in whole.split("\n"):
                if not (MARK in line and self._metrics.add_line(line)):
                    self._through.write(f"{line}\n")
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(ValueError):  # closed underneath us while the interpreter ends
            self._through.flush()

    def isatty(self) -> bool:
        return self._through.isatty()
