"""The client's calls about dead messages of the work queue; for admins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent_client._calls import Call, Calls
from agent_client._dead_message_models import DeadMessage, MessageRedrive

_ROOT = "/aitp/dead-letters/messages"


class DeadMessageCalls(Calls):
    """What no consumer could handle."""

    def dead_messages(self, *, limit: int | None = None) -> Iterator[DeadMessage]:
        """Those of the last 14 days, newest day first, page after page; `limit` is the size of a page."""
        return self._pages(DeadMessage, "messages", Call("GET", _ROOT, query={"limit": limit}))

    def redrive_messages(
        self,
        message_ids: Sequence[str] | None = None,
        *,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> MessageRedrive:
        """Sends these (at most 100) to the work queue once more; without ids, those of a page.

        Not repeated after a lost answer, which would not tell what the first call redrove; to call again
        is harmless.
        """
        body = None if message_ids is None else {"message_ids": list(message_ids)}
        query = {"limit": limit, "cursor": cursor}
        return self._fetch(MessageRedrive, Call("POST", f"{_ROOT}/redrive", query=query, body=body))
