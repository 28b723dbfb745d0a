"""What anybody can see of the service: GET, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.gateway import Api

# Metadata is null in lists where it is large.
ONLY_IN_DETAIL = frozenset({"input_data", "result_data", "attempts", "routing_explanation", "metadata"})


@dataclass
class Eyes:
    """Lists are read to their end."""

    api: Api

    def _all(self, url: str, name: str) -> Iterator[dict[str, Any]]:
        cursor = ""
        while cursor is not None:
            answer = self.api.get(f"{url}limit=100{cursor and f'&cursor={cursor}'}")
            assert answer.status == 200, (url, answer.text)
            yield from answer.body[name]
            cursor = answer.body["next_cursor"]

    def tasks_of(self, client_id: str) -> dict[str, dict[str, Any]]:
        rows = list(self._all(f"/aitp/tasks?client_id={client_id}&", "tasks"))
        assert rows == sorted(rows, key=lambda row: row["created_at"], reverse=True), "not newest first"
        return {row["task_id"]: row_of(row) for row in rows}

    def task(self, task_id: str) -> dict[str, Any]:
        return self._one(f"/aitp/tasks/{task_id}")

    def _one(self, url: str) -> dict[str, Any]:
        answer = self.api.get(url)
        assert answer.status == 200, f"acknowledged, and now: {url} {answer.text}"
        return dict(answer.body)

    def agents(self) -> dict[str, dict[str, Any]]:
        return {row["agent_id"]: row for row in self._all("/ains/agents?", "agents")}

    def schedules(self) -> dict[str, dict[str, Any]]:
        return {row["schedule_id"]: row for row in self._all("/aitp/tasks/schedule?", "schedules")}

    def executions(self, schedule_id: str) -> list[dict[str, Any]]:
        return list(self._all(f"/aitp/tasks/schedule/{schedule_id}/executions?", "executions"))


def row_of(detail: dict[str, Any]) -> dict[str, Any]:
    """The part of it that lists show."""
    return {name: value for name, value in detail.items() if name not in ONLY_IN_DETAIL}
