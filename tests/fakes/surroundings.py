"""Time that only tests move, ids in a row, metrics and logs that are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.telemetry import METRIC_BY_NAME

START_MS = 1_800_000_000_000  # 2027-01-15 08:00:00 UTC, a whole minute


class FakeClock:
    """A time that only tests move."""

    def __init__(self, now: int = START_MS) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, *, ms: int = 0, seconds: float = 0) -> None:
        self.now += ms + round(seconds * 1000)


class Ids:
    """task-0001, task-0002, ..."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}-{self._count:04d}"


@dataclass
class FakeMetrics:
    """Takes only what the table of metrics has, so that no test counts what would cost a series more."""

    counted: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        METRIC_BY_NAME[name].check(labels)
        self.counted.append((name, value, labels))

    def total(self, name: str) -> float:
        return sum(value for counted, value, _ in self.counted if counted == name)


class SilentLog:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Mapping[str, object]]] = []

    def error(self, msg: object, *, extra: Mapping[str, object]) -> None:
        self.lines.append((str(msg), extra))

    warning = info = error
