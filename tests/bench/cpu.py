"""The processor time of a service: what its work costs, whoever else keeps the machine busy."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measuring import Load, milliseconds
from tests.e2e.processes import Service

LOOK_S = 0.25
QUIET = 0.06  # of a core: what an idle service with a few waiting agents uses
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Meter:
    """Reads what the kernel charges one process. 0 where there is no /proc."""

    file: Path

    @classmethod
    def of(cls, running: Service) -> "Meter":
        assert running.process is not None
        return cls(Path(f"/proc/{running.process.child.pid}/stat"))

    def seconds(self) -> float:
        """Since the process began, user and system, all threads."""
        if not self.file.exists():
            return 0.0
        fields = self.file.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def charged(self, work: Callable[[], Load]) -> tuple[Load, str]:
        """The load, and the processor time that each of its actions cost the service, for a table.

        All of it: also what the service does after its answers.
        """
        before = self.settled()
        load = work()
        each = (self.settled() - before) / len(load.samples.seconds)
        return load, milliseconds(each)

    def settled(self) -> float:
        """Wait until the service has nothing left to do, then as `seconds`."""
        deadline = time.monotonic() + PATIENCE_S
        before = self.seconds()
        while time.monotonic() < deadline:
            time.sleep(LOOK_S)
            now = self.seconds()
            if now - before <= QUIET * LOOK_S:
                return now
            before = now
        return before
