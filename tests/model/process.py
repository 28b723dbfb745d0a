"""An agent's process as it sees itself."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Process:
    """It names what it was given, until it reported or was told otherwise."""

    session: str | None
    ack: int = 0
    held: dict[str, int] = field(default_factory=dict)  # token by task
    past: list[tuple[str, int]] = field(default_factory=list)  # what it once held, for late reports
    said: list[dict[str, Any]] = field(default_factory=list)  # syncs, to be repeated
    unread: list[dict[str, Any]] = field(default_factory=list)  # answers that may come late

    def ends(self, task_id: str) -> None:
        """It holds the task no more; it may still speak of it."""
        token = self.held.pop(task_id, None)
        if token is not None:
            self.past.append((task_id, token))

    def forget(self) -> None:
        """All it holds, as after a crash."""
        for task_id in list(self.held):
            self.ends(task_id)

    def reads(self, answer: dict[str, Any]) -> None:
        """An answer to a sync; one that is older than the last it read says nothing any more."""
        if answer["seq"] <= self.ack:
            return
        self.ack = answer["seq"]
        for task_id in (*answer["cancelled"], *answer["lost"]):
            self.ends(task_id)
        self.held |= {given["task_id"]: given["lease_token"] for given in answer["assignments"]}
