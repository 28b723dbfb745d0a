"""What every section of the benchmark works with: its scale, services to measure, tables to fill."""

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import backlog
from tests.e2e.processes import Service, service

TENANT = "local"  # of everybody, on a service without keys


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is measured. Seconds are per load."""

    seconds: float
    starts: int  # samples for each way of delivery
    slots: int
    slots_over: int  # seconds
    slots_at_once: int
    crons: int  # schedules with seconds, each with a slot in each of
    cron_minutes: int
    backlog: int
    imports: int


FULL = Scale(
    seconds=6,
    starts=40,
    slots=220,
    slots_over=40,
    slots_at_once=60,
    crons=500,
    cron_minutes=3,
    backlog=100_000,
    imports=15,
)
QUICK = Scale(
    seconds=1.5,
    starts=10,
    slots=40,
    slots_over=8,
    slots_at_once=20,
    crons=0,
    cron_minutes=0,
    backlog=5_000,
    imports=3,
)


@dataclass(frozen=True)
class Table:
    """A heading, the rows below its columns, and what a reader must know about them."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self) -> str:
        lines = [f"### {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines.append(f"| {' | '.join(self.columns)} |")
        lines.append("|" + "---|" * len(self.columns))
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        return "\n".join(lines)


@dataclass
class Bench:
    """One run. Services are processes of their own, with their journal, on free ports of the loopback."""

    scale: Scale
    memory: list[tuple[str, float]] = field(default_factory=list)  # what was done, peak in MB
    _began: float = field(default_factory=time.monotonic)

    def say(self, what: str) -> None:
        """Progress, beside the tables."""
        print(f"{time.monotonic() - self._began:6.1f} s  {what}", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def service(self, purpose: str, *, waiting: int = 0) -> Iterator[Service]:
        """A fresh service, with so many tasks waiting in it; its peak memory is noted under `purpose`."""
        with tempfile.TemporaryDirectory(prefix="ains-bench-") as name:
            if waiting:
                self.say(f"writing {waiting:,} waiting tasks")
                now = time.time_ns() // 1_000_000
                backlog.write(Path(name) / "data", waiting, tenant=TENANT, now=now)
            self.say(f"starting a service: {purpose}")
            began = time.monotonic()
            with service(Path(name)) as running:
                self.say(f"it serves after {time.monotonic() - began:.1f} s")
                yield running
                self.memory.append((purpose, _peak_mb(running)))


def _peak_mb(running: Service) -> float:
    """The most memory its process ever held."""
    assert running.process is not None
    status = Path(f"/proc/{running.process.child.pid}/status")
    if not status.exists():
        return 0.0  # not Linux
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
