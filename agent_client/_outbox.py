"""What the service is to be told: reports not yet accepted, tasks to give back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection

from agent_client._jobs import Key, Report

log = logging.getLogger("agent_client")


class Outbox:
    """`changed` guards it and tells of changes."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.has_news = False  # there is something to tell since the transport last looked
        self._reports: dict[Key, Report] = {}
        self._released: dict[Key, None] = {}

    def settle(self, report: Report, *, refusal: str | None = None) -> None:
        """The service took the report, or refused it for good."""
        with self.changed:
            if self._reports.pop((report.task_id, report.lease_token), None) is None:
                return
            self.changed.notify_all()
        if refusal is not None:
            log.warning("Report on task %s refused: %s", report.task_id, refusal)
        elif report.status == "COMPLETED":
            log.info("Task result reported successfully")
        else:
            log.info("Task failure reported")

    def replace(self, report: Report) -> None:
        """Another report in the place of one that cannot be delivered."""
        with self.changed:
            self._reports[(report.task_id, report.lease_token)] = report

    def reports(self) -> list[Report]:
        with self.changed:
            return list(self._reports.values())

    def released(self) -> list[Key]:
        with self.changed:
            return list(self._released)

    def forget_released(self, keys: Collection[Key]) -> None:
        """The service heard."""
        with self.changed:
            for key in keys:
                self._released.pop(key, None)

    def _give_back(self, key: Key) -> None:
        self._released[key] = None
        self.has_news = True
        self.changed.notify_all()
