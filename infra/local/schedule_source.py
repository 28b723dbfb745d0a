"""An EventBridge rule with a rate: the minute tick."""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from datetime import UTC, datetime

from chalice.app import ScheduledEventConfig

from infra.local.invocation import LambdaContext
from infra.local.pinned import ACCOUNT, REGION
from infra.local.problems import CannotStart
from infra.local.sqs_source import Handler

LOG = logging.getLogger(__name__)
SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


class ScheduleSource:
    """Invokes a handler at the start and every `seconds`; a run that takes longer delays the next one."""

    def __init__(self, name: str, handler: Handler, seconds: float) -> None:
        self._name, self._handler, self._seconds = name, handler, seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            self.fire()
            due = max(due + self._seconds, time.monotonic())

    def fire(self) -> None:
        """One scheduled event, in this thread. A failure is logged; the next one comes anyway."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{self._name}"],
            "detail": {},
        }
        try:
            self._handler(event, LambdaContext(self._name))
        except Exception:  # Lambda's boundary; a tick is not tried again
            LOG.exception("the handler %s failed", self._name)


def rate_of(config: ScheduledEventConfig) -> float:
    """Seconds between two events. Raises CannotStart for a cron expression."""
    expression = config.schedule_expression
    text = expression if isinstance(expression, str) else expression.to_string()
    if match := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text):
        return int(match[1]) * SECONDS[match[2]]
    raise CannotStart(f"the local cloud fires rates, not {text!r} (handler {config.name!r})")
