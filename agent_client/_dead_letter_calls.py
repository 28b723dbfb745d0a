"""The client's calls about tasks that are over: list what failed for good, try again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from agent_client._calls import Call, Calls, present, segment
from agent_client.models import DeadLetter, Task, TaskRedrive

_ROOT = "/aitp/dead-letters"


class DeadLetterFilter(TypedDict, total=False):
    """All that are given must hold; `since` (included) and `until` (not) bound when a task ended."""

    capability_required: str
    task_type: str
    client_id: str
    schedule_id: str
    failure_kind: str
    since: datetime
    until: datetime


class DeadLetterCalls(Calls):
    """Dead letters: tasks that failed for good and were not retried."""

    def retry_task(self, task_id: str, *, input_data: Any = None, idempotency_key: str | None = None) -> Task:
        """The one new task (`retry_of`) in the place of a FAILED or CANCELLED one; with other input if given.

        An Idempotency-Key is always sent, so that a repeated call is answered alike. Raises IllegalMove when
        the task is open or COMPLETED, Conflict when it was retried before.
        """
        headers = {"Idempotency-Key": idempotency_key or self._ports.new_id()}
        body = present({"input_data": input_data})
        return self._fetch(
            Task, Call("POST", f"/aitp/tasks/{segment(task_id)}/retry", body=body, headers=headers)
        )

    def dead_letters(
        self, *, limit: int | None = None, **matching: Unpack[DeadLetterFilter]
    ) -> Iterator[DeadLetter]:
        """All that match, newest end first, page after page; `limit` is the size of a page."""
        query: dict[str, Any] = {**matching, "limit": limit}
        query["capability"] = query.pop("capability_required", None)
        return self._pages(DeadLetter, "dead_letters", Call("GET", _ROOT, query=query))

    def redrive(
        self,
        task_ids: Sequence[str] | None = None,
        *,
        matching: DeadLetterFilter | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        per_second: float | None = None,
        input_data: Any = None,
        idempotency_key: str | None = None,
    ) -> TaskRedrive:
        """Retries the tasks named (at most 100), or the next dead letters that match (`{}`: all, 100 a call).

        New tasks start over one after the other, `per_second` (10 if not given) within one call.
        `input_data` goes with one task id only.
        """
        body = {
            "task_ids": None if task_ids is None else list(task_ids),
            "filter": matching,
            "limit": limit,
            "cursor": cursor,
            "per_second": per_second,
            "input_data": input_data,
        }
        headers = {"Idempotency-Key": idempotency_key or self._ports.new_id()}
        return self._fetch(TaskRedrive, Call("POST", f"{_ROOT}/redrive", body=present(body), headers=headers))
