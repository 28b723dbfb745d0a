"""A stage's stores, with the credentials that this machine has; a local service takes any."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib import telemetry, wiring
from chalicelib.services.ports import ScheduleStore, TaskStore
from chalicelib.settings import Settings
from chalicelib.store import connection

from .examination import Examination, Progress
from .rows import Rows
from .second_look import SecondLook

LOCAL = "local"
LOCAL_ENDPOINT = "http://127.0.0.1:4566"  # of `make run`
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ANY_KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


@dataclass(frozen=True)
class Deployment:
    """What is read of it."""

    rows: Rows
    tasks: TaskStore
    schedules: ScheduleStore

    def examination(self, progress: Progress) -> Examination:
        """A walk through its tables."""
        return Examination(self.rows, wiring.wall_clock, progress)

    def second_look(
        self,
        examination: Examination,
        *,
        settle_seconds: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> SecondLook:
        """At what that walk found."""
        return SecondLook(
            rows=self.rows,
            tasks=self.tasks,
            schedules=self.schedules,
            held=examination.held.values,
            clock=wiring.wall_clock,
            settle=lambda: pause(settle_seconds),
        )


def point_at(endpoint: str | None) -> None:
    """Lead this process's AWS calls there. What listens on this machine is never shown a real key."""
    if endpoint is None:
        return
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    if urlsplit(endpoint).hostname in _LOOPBACK and "AWS_ACCESS_KEY_ID" not in os.environ:
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            os.environ.pop(name, None)
        os.environ.update(_ANY_KEYS, AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
        os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")


def deployment(stage: str) -> Deployment:
    """Of that stage; nothing is called yet. Raises botocore's errors for what the environment lacks."""
    ports = wiring.aws(Settings(stage=stage), telemetry.EmfMetrics(stage, wiring.wall_clock))
    return Deployment(Rows(connection.connect()), ports.tasks, ports.schedules)
